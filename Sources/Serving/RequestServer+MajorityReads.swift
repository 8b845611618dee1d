import Commands
import Replication

// Reads by majority: the master's side, and the slave's (design 4.6).

extension RequestServer {
  /// A key's position is the lower part of the number that comes back, the read's id the upper.
  static let keyBits: UInt64 = 16

  /// Starts a read by majority, or returns false if it must wait for a confirmed commit index.
  func startMajorityRead(_ command: Command, _ request: inout Request, for session: Session) -> Bool {
    guard mayAnswer(&request) else { return false }
    let keys = command.keys(in: request.arguments)
    guard !keys.isEmpty, keys.count < 1 << Self.keyBits, !command.readsMembers else {
      session.answer(
        .error(
          "ERR '\(command.name)' cannot be read by majority, only commands on 1 to 65535 strings can; "
            + "see KV.CONSISTENCY"))
      return true
    }
    session.openReads += 1
    // A read of a key with an uncommitted effect waits for it, here as at the master (design 4.6).
    let minimum = keys.reduce(core.commitIndex) { max($0, view.overlay.newestIndex(of: $1) ?? 0) }
    ask(
      MajorityRead(
        command: command, request: request, session: session, ticket: session.answerLater(), keys: keys,
        minimum: minimum, deadline: host.now + options.readTimeout))
    return true
  }

  /// Asks every slave for every key, under a number that no earlier answer bears.
  private func ask(_ read: MajorityRead) {
    let id = nextMajorityRead
    nextMajorityRead += 1
    majorityReads[id] = read
    let peers = core.connectedPeers
    for slave in core.configuration?.slaves ?? [] where peers[slave.id] != nil {
      for (position, key) in read.keys.enumerated() {
        let number = id << Self.keyBits | UInt64(position)
        host.send(ReadRequest(number: number, minimumAppliedIndex: read.minimum, key: key), to: slave.id)
      }
    }
    host.flushLinks()
  }

  /// A slave has answered.
  public func received(_ reply: ReadReply, from node: NodeID) {
    let id = reply.number >> Self.keyBits
    guard majorityReads[id] != nil, let configuration = core.configuration else { return }
    majorityReads[id]?.add(reply, from: node, forKey: Int(reply.number & (1 << Self.keyBits - 1)))
    guard var read = majorityReads[id] else { return }
    switch read.gathered(in: configuration) {
    case .incomplete: break
    case .torn:
      majorityReads[id] = nil
      read.restart(from: 0)
      ask(read)
    case .values(let values):
      majorityReads[id] = nil
      do {
        try conclude(read, with: values)
      } catch {
        finish(read, with: .error("ERR \(error)"))
        host.failed(error)
      }
    }
  }

  private func conclude(_ read: MajorityRead, with values: [[UInt8]: StoredValue]) throws {
    let outcome = try read.command.evaluate(
      read.request.arguments, view: GatheredView(values: values), context: context)
    guard !outcome.mutations.isEmpty else {
      return finish(read, with: completed(outcome.reply, of: read.command, applied: core.appliedIndex))
    }
    // A key past its end is gone only once its delete is committed (design 4.6), and what the slaves answered may be
    // older than a write that took the end away: the delete is decided here, and they are asked again from there on.
    view.beginEvaluation()
    let own = try read.command.evaluate(read.request.arguments, view: view, context: context)
    var index = max(core.commitIndex, view.newestSeen)
    if !own.mutations.isEmpty {
      guard core.admission(at: host.now) == .open else {
        return finish(read, with: departureRefusal(isWrite: false))
      }
      index = append(own)
    }
    var again = read
    again.restart(from: index)
    ask(again)
  }

  private func finish(_ read: MajorityRead, with reply: Reply) {
    read.session.openReads -= 1
    read.session.fulfil(read.ticket, with: reply)
    retryWaiting()
  }

  func expireMajorityReads(at now: Instant) {
    guard !majorityReads.isEmpty else { return }
    let late = majorityReads.filter { $0.value.deadline < now }.sorted { $0.key < $1.key }
    for (id, read) in late {
      majorityReads[id] = nil
      finish(read, with: .error("CLUSTERDOWN Too few slaves answered a read by majority in time; try again."))
    }
  }

  // MARK: The slave's side

  /// A master asks for a key; the answer goes once this node has applied as much as the master wants.
  public func received(_ request: ReadRequest, from master: NodeID) {
    slaveReads.append(SlaveRead(request: request, master: master))
    if request.minimumAppliedIndex > core.appliedIndex { host.urgeApply() }
    answerSlaveReads()
  }

  /// The link to a master is gone: what it asked need not be answered.
  public func forgetQuestions(from master: NodeID) { slaveReads.removeAll { $0.master == master } }

  func answerSlaveReads() {
    guard !slaveReads.isEmpty else { return }
    let due = slaveReads.filter { $0.request.minimumAppliedIndex <= core.appliedIndex }
    slaveReads.removeAll { $0.request.minimumAppliedIndex <= core.appliedIndex }
    do {
      // The keys of one read come together: in one snapshot their answers mostly have one applied index.
      if !due.isEmpty { try stored.shareSnapshot() }
      for read in due { host.send(try answer(to: read.request), to: read.master) }
    } catch {
      host.failed(error)
    }
    host.flushLinks()
  }

  private func answer(to request: ReadRequest) throws -> ReadReply {
    // Value and applied index of one snapshot: a value newer than its index could lose against an older answer.
    try stored.snapshot {
      let applied = try stored.appliedIndex()
      guard let value = try stored.value(for: request.key) else {
        return ReadReply(number: request.number, notFoundAt: applied)
      }
      return ReadReply(
        number: request.number, type: value.type, value: value.value, memberCount: value.memberCount,
        modifiedIndex: value.modifiedIndex,
        version: value.version, expiresAt: value.expiresAt, appliedIndex: applied)
    }
  }
}
