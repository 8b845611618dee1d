import NIOCore
import RESP

extension KvorumClient {
  /// How long a read waits for a master before it turns to the slaves.
  private static let masterPatience = Duration.milliseconds(1_400)
  /// How long one slave may take.
  private static let slavePatience = TimeAmount.milliseconds(500)

  /// Reads a key at this level; if no master can be reached and the level is not `linearizable`, directly
  /// from the slaves, and says so in the result.
  ///
  /// - Throws: `KvorumError.notEnoughSlaves` if neither could answer.
  public func read(_ key: [UInt8], consistency: ReadConsistency) async throws(KvorumError) -> ReadResult {
    let arguments = [Array("KV.CONSISTENCY".utf8), Array(consistency.rawValue.utf8), Array("GET".utf8), key]
    let kind = CommandKind.of(arguments)
    guard consistency != .linearizable else {
      return ReadResult(value: try Self.value(of: await send(arguments, kind: kind)), source: .master)
    }
    do {
      let patience = min(Self.masterPatience, configuration.timeout)
      let answer = try await send(arguments, kind: kind, timeout: patience, failsFast: true)
      return ReadResult(value: try Self.value(of: answer), source: .master)
    } catch {
      switch error {
      case .noActiveMaster, .timedOut:
        return try await readFromSlaves(key, needsMajority: consistency == .majority, noMaster: error)
      default:
        throw error
      }
    }
  }

  /// Reads a key directly from the slaves: of at least R answers the one that has applied most.
  ///
  /// The slaves are those of the configuration and those that this or an earlier client learned of. No master
  /// says up to where the log is committed, so the answer may miss acknowledged writes.
  ///
  /// - Throws: `KvorumError.notEnoughSlaves` with what each slave said.
  public func readFromSlaves(_ key: [UInt8]) async throws(KvorumError) -> ReadResult {
    try await readFromSlaves(key, needsMajority: true, noMaster: nil)
  }

  private func readFromSlaves(
    _ key: [UInt8], needsMajority: Bool, noMaster: KvorumError?
  ) async throws(KvorumError) -> ReadResult {
    let known = memory.recall()
    // Addresses that the user named are believed before what an earlier client learned there.
    let isNamed = !configuration.slaves.isEmpty
    var quorum = SlaveQuorum(
      n: isNamed ? 0 : known?.n ?? 0, cluster: isNamed ? nil : known?.cluster, needsMajority: needsMajority)
    var trouble: [Endpoint: String] = [:]
    var asked: Set<Endpoint> = []
    var next = configuration.slaves + (known?.slaves ?? []).compactMap { try? Endpoint($0.address) }
    // A second round asks those of whom the first round's answers told.
    for _ in 0..<2 {
      next.removeAll { asked.contains($0) }
      asked.formUnion(next)
      var learned: [Endpoint] = []
      if let result = await ask(Set(next), key, &quorum, &trouble, &learned) { return result }
      next = learned
    }
    throw Self.shortage(quorum, trouble, noMaster: noMaster)
  }

  /// Asks slaves at once and stops as soon as the quorum is complete.
  private func ask(
    _ endpoints: Set<Endpoint>, _ key: [UInt8], _ quorum: inout SlaveQuorum,
    _ trouble: inout [Endpoint: String],
    _ learned: inout [Endpoint]
  ) async -> ReadResult? {
    let eventLoop = engine.eventLoop
    let access = access
    let (replies, inbox) = AsyncStream<(Endpoint, Result<SlaveReply, KvorumError>)>.makeStream()
    // Tasks of their own, because nobody waits for the slow ones once there are enough answers.
    for endpoint in endpoints {
      Task {
        do throws(KvorumError) {
          inbox.yield(
            (
              endpoint,
              .success(try await SlaveReply.ask(endpoint, key, access, eventLoop, Self.slavePatience))
            ))
        } catch {
          inbox.yield((endpoint, .failure(error)))
        }
      }
    }
    var outstanding = endpoints.count
    guard outstanding > 0 else { return nil }
    for await (endpoint, result) in replies {
      do throws(KvorumError) {
        let reply = try result.get()
        try quorum.take(reply.answer)
        learned += reply.slaves
      } catch {
        trouble[endpoint] = error.description
      }
      if let result = quorum.result { return result }
      outstanding -= 1
      if outstanding == 0 { return nil }
    }
    return nil
  }

  private static func shortage(
    _ quorum: SlaveQuorum, _ trouble: [Endpoint: String], noMaster: KvorumError?
  ) -> KvorumError {
    let told = trouble.map { "\($0.key) \($0.value)" }.sorted().joined(separator: "; ")
    let masters = noMaster.map { "\($0) " } ?? ""
    guard quorum.n > 0 || !trouble.isEmpty else {
      return .notEnoughSlaves(
        message: masters + "No slave is known to ask instead; name them with --slaves HOST:PORT,HOST:PORT.")
    }
    let needed = quorum.n > 0 ? " of the \(quorum.needed) answers needed" : ""
    return .notEnoughSlaves(
      message: masters + "The slaves were asked instead and gave \(quorum.answers.count)\(needed)"
        + (told.isEmpty ? "." : ": \(told)."))
  }
}

/// What one slave said: its answer, and the other slaves it knows.
private struct SlaveReply: Sendable {
  var answer: SlaveQuorum.Answer
  var slaves: [Endpoint]

  static func ask(
    _ endpoint: Endpoint, _ key: [UInt8], _ access: ClientAccess, _ eventLoop: any EventLoop,
    _ timeout: TimeAmount
  ) async throws(KvorumError) -> SlaveReply {
    let read = [Array("KV.CONSISTENCY".utf8), Array("stale".utf8), Array("KV.GET".utf8), key]
    let answers = try await NodeQuestion.ask(
      endpoint, [[Array("KV.STATUS".utf8)], read], access, on: eventLoop, timeout: timeout)
    guard let status = answers[0].clusterStatus else {
      throw .unexpectedAnswer(message: "is not a Kvorum node")
    }
    // Only slaves that vote are counted in n, so only they may answer for it.
    let countsForNothing: Set<NodeState> = [.learner, .joining, .quarantined, .removed]
    guard status.reporter.role == "slave", !countsForNothing.contains(status.state) else {
      throw .unexpectedAnswer(message: "is a \(status.reporter.role) and \(status.state), not a voting slave")
    }
    if let error = answers[1].errorText { throw .server(message: "said: \(error)") }
    guard let applied = answers[1]["applied_index"]?.integer, let value = answers[1]["value"],
      let slaves = answers[1]["slaves"]?.integer, let cluster = answers[1]["cluster"]?.text
    else { throw .unexpectedAnswer(message: "answered KV.GET without the fields that a read needs") }
    return SlaveReply(
      answer: SlaveQuorum.Answer(
        node: status.reporter.id, cluster: cluster, value: value.bytes, appliedIndex: UInt64(max(0, applied)),
        slaves: max(Int(slaves), status.n)),
      slaves: (Topology(status)?.slaves ?? []).compactMap { try? Endpoint($0.address) })
  }
}
