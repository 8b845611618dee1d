import Commands
import DequeModule
import Logging
import NIOCore
import Replication
import Storage

// From a client's request to its reply (design 3).

extension NodeLoop {
  /// More than this waits for the applier: new writes wait too, so that memory stays bounded.
  private var unappliedLimit: Int { 128 << 20 }
  /// A command is evaluated in one go on the event loop, which must not be late for a heartbeat.
  private static let argumentLimit = 20_001

  func handle(_ request: Request, from session: ClientSession) {
    statistics.commands += 1
    var request = request
    if session.waiting.isEmpty, execute(&request, for: session) { return }
    if session.waiting.isEmpty { list(session) }
    session.waiting.append(request)
  }

  /// Answers a request, or returns false if it must wait.
  func execute(_ request: inout Request, for session: ClientSession) -> Bool {
    if let refusal = stripConsistency(&request) {
      session.answer(refusal)
      return true
    }
    switch table.resolve(request.arguments) {
    case .refused(let reply): session.answer(reply)
    case .command(let command):
      if command.kind == .session {
        session.lastCommand = command.name
        execute(command, request, for: session)
        return true
      }
      return execute(command, &request, session: session)
    }
    return true
  }

  /// `KV.CONSISTENCY level command…` is the command with its own level.
  private func stripConsistency(_ request: inout Request) -> Reply? {
    guard request.arguments.count > 2, request.arguments[0].count == 14,
      String(decoding: request.arguments[0], as: UTF8.self).lowercased() == "kv.consistency"
    else { return nil }
    let word = String(decoding: request.arguments[1], as: UTF8.self).lowercased()
    guard let level = Consistency(rawValue: word) else {
      return .error("ERR unknown consistency '\(word.prefix(64))': use linearizable, majority or stale")
    }
    request.consistency = level
    request.arguments.removeFirst(2)
    return nil
  }

  // MARK: Commands on data

  private func execute(_ command: Command, _ request: inout Request, session: ClientSession) -> Bool {
    guard request.arguments.count <= Self.argumentLimit else {
      session.answer(
        .error(
          "ERR '\(command.name)' has \(request.arguments.count - 1) arguments, more than the limit of "
            + "\(Self.argumentLimit - 1): a longer one would keep the node from its peers; send several"))
      return true
    }
    let isWrite = command.flags.contains(.write)
    if isWrite, session.openReads > 0 { return false }
    let consistency = request.consistency ?? session.consistency
    if !isWrite, consistency == .stale {
      session.answer(staleReply(command, request))
      return true
    }
    guard configuration.role.isMaster else {
      session.answer(slaveRefusal(isWrite: isWrite))
      return true
    }
    guard !session.isLeaving else {
      session.answer(departureRefusal(isWrite: isWrite))
      return true
    }
    switch core.admission(at: BootClock.now()) {
    case .standby(let active):
      session.answer(standbyRefusal(isWrite: isWrite, active: active))
      return true
    case .paused:
      // A write waits for the end of the handover; a read can go on while this master still has its lease.
      guard !isWrite, core.isActive else { return false }
    case .diskFull:
      if isWrite {
        session.answer(.error(Self.diskFull))
        return true
      }
    case .noQuorum:
      if isWrite {
        guard !waitsForLease(&request) else { return false }
        session.answer(.error(Self.noReplicas))
        return true
      }
    case .open:
      isSuspended = false
      if isWrite, unappliedBytes > unappliedLimit { return false }
    }
    if !isWrite, consistency == .majority { return startMajorityRead(command, &request, for: session) }
    return evaluate(command, &request, for: session)
  }

  /// Evaluates a command at the active master.
  private func evaluate(_ command: Command, _ request: inout Request, for session: ClientSession) -> Bool {
    view.beginEvaluation()
    view.needsVersions = command.name.utf8.first == UInt8(ascii: "k")
    let outcome: Outcome
    do {
      if command.flags.contains(.readonly) { try shareSnapshot() }
      outcome = try command.evaluate(
        request.arguments, view: view,
        context: CommandContext(now: BootClock.wallMilliseconds(), limits: limits))
    } catch {
      session.answer(.error("ERR \(error)"))
      end(.storage("\(error)"))
      return true
    }
    if outcome.mutations.isEmpty {
      let reply = completed(outcome.reply, of: command, applied: core.appliedIndex)
      return answerRead(reply, &request, for: session)
    }
    // A read that meets a key past its expiry writes its delete: that needs admission like any write.
    switch core.admission(at: BootClock.now()) {
    case .open: break
    case .noQuorum:
      guard !waitsForLease(&request) else { return false }
      session.answer(.error(Self.noReplicas))
      return true
    case .diskFull:
      session.answer(.error(Self.diskFull))
      return true
    case .paused, .standby: return false
    }
    let index = core.propose(outcome.mutations, time: BootClock.wallMilliseconds())
    view.overlay.add(outcome.mutations, at: index)
    let ticket = session.replies.add(outcome.reply, afterCommitOf: index)
    pendingWrites.append(
      PendingReply(
        index: index, session: session, ticket: ticket, deadline: deadline(of: outcome.mutations, request)))
    statistics.writes += 1
    if logsOperations { logOperation(command, request, index: index) }
    planFlush()
    return true
  }

  /// A lease that ran out while W slaves still have their links is most likely a moment's stall, here or there: the
  /// write waits for fresh acks rather than fail. Where slaves are gone there is nothing to wait for.
  private func waitsForLease(_ request: inout Request) -> Bool {
    guard !isSuspended, let configuration = core.configuration else { return false }
    let hasLinks = configuration.sets.allSatisfy { set in
      set.slaves.count { links[$0.id] != nil } >= set.quorum.write
    }
    guard hasLinks else { return false }
    if request.confirmation.map({ $0 <= confirmedRound }) ?? true {
      request.confirmation = core.requestConfirmation()
      planConfirmation()
    }
    return true
  }

  /// Whether this master has shown that it leads since the request came: by its lease, or by a confirmation round,
  /// which is asked for if there is none yet. If not, the request waits.
  func mayAnswer(_ request: inout Request) -> Bool {
    if request.confirmation.map({ $0 <= confirmedRound }) ?? false { return true }
    if core.mayRead(at: BootClock.now()) { return true }
    if request.confirmation == nil {
      request.confirmation = core.requestConfirmation()
      planConfirmation()
    }
    return false
  }

  private func answerRead(_ reply: Reply, _ request: inout Request, for session: ClientSession) -> Bool {
    // The clock is read now, after the request's bytes came and the value was looked up: a lease that had run
    // out in between must not count (design 4.6).
    guard mayAnswer(&request) else { return false }
    if logsOperations { logger.debug("\(text(of: request.arguments))") }
    if view.newestSeen > core.commitIndex {
      let index = view.newestSeen
      let ticket = session.replies.add(reply, afterCommitOf: index)
      pendingReads.append(
        PendingReply(
          index: index, session: session, ticket: ticket, deadline: deadline(of: [], request)))
    } else {
      session.answer(reply)
    }
    return true
  }

  private func staleReply(_ command: Command, _ request: Request) -> Reply {
    do {
      let outcome = try replica.snapshot { replica in
        let applied = try replica.appliedIndex()
        var outcome = try command.evaluate(
          request.arguments, view: ReplicaView(replica: replica),
          context: CommandContext(now: BootClock.wallMilliseconds(), limits: limits))
        outcome.reply = completed(outcome.reply, of: command, applied: applied)
        return outcome
      }
      return outcome.reply
    } catch {
      end(.storage("\(error)"))
      return .error("ERR \(error)")
    }
  }

  /// Adds to the reply of KV.GET what a reader from several slaves must know of the node.
  func completed(_ reply: Reply, of command: Command, applied: LogIndex) -> Reply {
    guard command.name == "kv.get", case .map(let pairs) = reply else { return reply }
    let slaves = core.configuration?.sets.map(\.slaves.count).max() ?? 0
    return .map(
      pairs + [
        Reply.Pair(.text("applied_index"), .integer(Int64(clamping: applied))),
        Reply.Pair(.text("slaves"), .integer(Int64(slaves))),
        Reply.Pair(.text("cluster"), .text(core.cluster?.description ?? "")),
      ])
  }

  /// When a reply that waits for its commit is given up. Large values take their time on every disk: a second more
  /// for each 16 MiB.
  private func deadline(of mutations: [Mutation], _ request: Request) -> Instant {
    let bytes = mutations.reduce(0) { $0 + $1.value.count }
    return request.arrived + .milliseconds(configuration.writeTimeoutMilliseconds)
      + Nanoseconds(bytes) * 1_000_000_000 / (16 << 20)
  }

  /// A follower sees no commands but what they came to; the active master logs each command itself.
  func logOperations(of entries: [Entry]) {
    for entry in entries {
      guard case .mutations(let mutations) = entry.payload else { continue }
      let texts = mutations.prefix(8).map { mutation in
        text(
          of: [Array("\(mutation.operation)".utf8), mutation.key]
            + (mutation.operation == .put ? [mutation.value] : []))
      }
      logger.debug("\(texts.joined(separator: ", "))", metadata: ["index": "\(entry.index)"])
    }
  }

  private func logOperation(_ command: Command, _ request: Request, index: LogIndex) {
    logger.debug("\(text(of: request.arguments))", metadata: ["index": "\(index)"])
  }

  private func text(of words: [[UInt8]]) -> String {
    words.prefix(8).map { argument in
      let text = String(decoding: argument.prefix(64), as: UTF8.self)
      return argument.count > 64 ? text + "…" : text
    }.joined(separator: " ")
  }

  // MARK: Refusals

  static let noReplicas =
    "NOREPLICAS Not enough good slaves to write: nothing was done. Bring slaves back, or see 'kvorum status'."

  static let diskFull =
    "MISCONF The disk of the active master is full: nothing was done. Make room; reads go on, and so will writes."

  static let unconfirmed =
    "CLUSTERDOWN Too few slaves confirmed in time that this master still leads; try again."

  private func slaveRefusal(isWrite: Bool) -> Reply {
    let active = core.knownLeader.flatMap(address(of:)).map { " active=\($0)" } ?? ""
    if isWrite { return .error("READONLY You can't write against a slave.\(active)") }
    return .error(
      "READONLY This is a slave: send READONLY or KV.CONSISTENCY stale first to read what it has.\(active)")
  }

  func standbyRefusal(isWrite: Bool, active: NodeID?) -> Reply {
    guard let address = active.flatMap(address(of:)) else {
      return .error(
        (isWrite ? "NOREPLICAS" : "CLUSTERDOWN")
          + " No master is active now: an election is under way, or too few slaves can be reached. Nothing was done."
      )
    }
    return .error(
      isWrite
        ? "READONLY You can't write against a standby master. active=\(address)"
        : "READONLY This master is on standby. active=\(address)")
  }

  /// Why nothing is done any more for a client that is to look for the active master.
  func departureRefusal(isWrite: Bool) -> Reply {
    guard core.isActive else { return standbyRefusal(isWrite: isWrite, active: core.knownLeader) }
    return .error(isWrite ? Self.noReplicas : Self.unconfirmed)
  }

  /// Where clients reach a node, as it says itself or as the configuration has it.
  func address(of id: NodeID) -> String? {
    links[id]?.peer.address ?? core.configuration?.member(id)?.address
  }
}
