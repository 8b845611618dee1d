import Commands
import DequeModule
import Replication
import Storage
import Transport

extension NodeLoop {
  /// A key's position is the lower part of the number that comes back, the read's id the upper.
  private var keyBits: UInt64 { 16 }

  /// Starts a read by majority, or returns false if it must wait for a confirmed commit index.
  func startMajorityRead(_ command: Command, _ request: inout Request, for session: ClientSession) -> Bool {
    guard mayAnswer(&request) else { return false }
    let keys = command.keys(in: request.arguments)
    guard !keys.isEmpty, keys.count < 1 << keyBits else {
      session.answer(.error("ERR '\(command.name)' cannot be read by majority: it must name 1 to 65535 keys"))
      return true
    }
    session.openReads += 1
    let id = nextMajorityRead
    nextMajorityRead += 1
    majorityReads[id] = MajorityRead(
      command: command, request: request, session: session, ticket: session.replies.addOpen(), keys: keys,
      deadline: BootClock.now() + .milliseconds(configuration.readTimeoutMilliseconds))
    // A read of a key with an uncommitted effect waits for it, here as at the master (design 4.6).
    let minimum = keys.reduce(core.commitIndex) { max($0, view.overlay[$1]?.index ?? 0) }
    for slave in core.configuration?.slaves ?? [] {
      guard let link = links[slave.id] else { continue }
      for (position, key) in keys.enumerated() {
        let question = ReadRequest(
          number: id << keyBits | UInt64(position), minimumAppliedIndex: minimum, key: key)
        write(.readRequest(question), to: link)
      }
    }
    flushLinks()
    return true
  }

  func received(_ reply: ReadReply, from node: NodeID) {
    let id = reply.number >> keyBits
    guard majorityReads[id] != nil, let configuration = core.configuration else { return }
    majorityReads[id]?.add(reply, from: node, forKey: Int(reply.number & (1 << keyBits - 1)))
    guard let read = majorityReads[id], let values = read.values(in: configuration) else { return }
    majorityReads[id] = nil
    let reply: Reply
    do {
      let outcome = try read.command.evaluate(
        read.request.arguments, view: GatheredView(values: values),
        context: CommandContext(now: BootClock.wallMilliseconds(), limits: limits))
      reply = completed(outcome.reply, of: read.command, applied: core.appliedIndex)
    } catch {
      reply = .error("ERR \(error)")
    }
    finish(read, with: reply)
  }

  private func finish(_ read: MajorityRead, with reply: Reply) {
    read.session.openReads -= 1
    read.session.replies.fulfil(read.ticket, with: reply)
    read.session.drain()
    retryWaiting()
  }

  func expireMajorityReads(at now: Instant) {
    for (id, read) in majorityReads where read.deadline < now {
      majorityReads[id] = nil
      finish(read, with: .error("CLUSTERDOWN Too few slaves answered a read by majority in time; try again."))
    }
  }

  // MARK: The slave's side

  func received(_ request: ReadRequest, from master: NodeID) {
    slaveReads.append(SlaveRead(request: request, master: master))
    if request.minimumAppliedIndex > core.appliedIndex { applier.urge() }
    answerSlaveReads()
  }

  func answerSlaveReads() {
    guard !slaveReads.isEmpty else { return }
    let due = slaveReads.filter { $0.request.minimumAppliedIndex <= core.appliedIndex }
    slaveReads.removeAll { $0.request.minimumAppliedIndex <= core.appliedIndex }
    for read in due {
      guard let link = links[read.master] else { continue }
      do {
        write(.readReply(try answer(to: read.request)), to: link)
      } catch {
        end(.storage("\(error)"))
      }
    }
    flushLinks()
  }

  private func answer(to request: ReadRequest) throws -> ReadReply {
    // Value and applied index of one snapshot: a value newer than its index could lose against an older answer.
    try replica.snapshot { replica in
      let applied = try replica.appliedIndex()
      guard let stored = try replica.value(for: request.key) else {
        return ReadReply(number: request.number, notFoundAt: applied)
      }
      return ReadReply(
        number: request.number, value: stored.value, modifiedIndex: stored.modifiedIndex,
        version: UInt64(stored.version), expiresAt: stored.expiresAt, appliedIndex: applied)
    }
  }
}
