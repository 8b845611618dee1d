import Commands
import DequeModule
import Logging
import NIOCore
import Replication
import Storage

// What waits for an answer, and what becomes of it when the lead, the time or the connection ends (design 4.12).

extension NodeLoop {
  // MARK: Waiting requests

  func list(_ session: ClientSession) {
    guard !session.isListed else { return }
    session.isListed = true
    waitingSessions.append(session)
  }

  /// Tries the requests that had to wait once more, in the order in which they came on each connection.
  func retryWaiting() {
    guard !waitingSessions.isEmpty else { return }
    let listed = waitingSessions
    waitingSessions = []
    for session in listed { session.isListed = false }
    for session in listed { advance(session) }
  }

  private func advance(_ session: ClientSession) {
    while !session.isClosing, var request = session.waiting.first {
      guard execute(&request, for: session) else {
        session.waiting[0] = request
        list(session)
        break
      }
      session.waiting.removeFirst()
    }
    session.drain()
    session.throttle()
  }

  func forgetConfirmations(of session: ClientSession) {
    for position in session.waiting.indices { session.waiting[position].confirmation = nil }
  }

  /// Answers requests that have waited for too long; nothing was done for them.
  func expireWaiting() {
    let now = BootClock.now()
    let writes = now - .milliseconds(configuration.writeTimeoutMilliseconds)
    let reads = now - .milliseconds(configuration.readTimeoutMilliseconds)
    var touched: [ClientSession] = []
    for session in waitingSessions {
      guard let first = session.waiting.first, first.arrived < max(writes, reads) else { continue }
      let isWrite = table.command(named: first.arguments[0])?.flags.contains(.write) == true
      guard first.arrived < (isWrite ? writes : reads) else { continue }
      session.waiting.removeFirst()
      session.answer(
        .error(
          isWrite
            ? Self.noReplicas
            : Self.unconfirmed))
      touched.append(session)
    }
    if !touched.isEmpty { retryWaiting() }
  }

  /// Answers what waits on a connection that is about to close; nothing was done for it.
  func failWaiting(_ session: ClientSession) {
    while let request = session.waiting.popFirst() {
      let isWrite = table.command(named: request.arguments[0])?.flags.contains(.write) == true
      session.answer(departureRefusal(isWrite: isWrite))
    }
  }

  // MARK: Replies that wait for a commit

  func answerCommitted(upTo index: LogIndex) {
    var touched: [ClientSession] = []
    func touch(_ session: ClientSession) {
      guard !session.needsDrain else { return }
      session.needsDrain = true
      touched.append(session)
    }
    while let pending = pendingWrites.first, pending.index <= index {
      touch(pending.session)
      pendingWrites.removeFirst()
    }
    if !pendingReads.isEmpty {
      for pending in pendingReads where pending.index <= index { touch(pending.session) }
      pendingReads.removeAll { $0.index <= index }
    }
    for session in touched {
      session.needsDrain = false
      session.drain()
      session.throttle()
    }
  }

  private func inDoubt(_ index: LogIndex, _ reason: String) -> Reply {
    .error(
      "INDOUBT epoch=\(core.epoch(at: index) ?? core.epoch) index=\(index) the write may or may not be kept: "
        + "\(reason); read the key to see")
  }

  /// Writes that were appended but not committed in time are in doubt; the socket stays open, because a closed one
  /// makes many clients send the write again (design 4.12).
  func expireReplies() {
    let now = BootClock.now()
    while let pending = pendingWrites.first, pending.deadline < now {
      pendingWrites.removeFirst()
      fail(pending, inDoubt(pending.index, "too few slaves answered in time"))
    }
    for pending in pendingReads where pending.deadline < now {
      fail(pending, .error("CLUSTERDOWN The write that this read saw was not committed in time; try again."))
    }
    pendingReads.removeAll { $0.deadline < now }
    expireMajorityReads(at: now)
    if let change = awaitedChange, now > change.deadline {
      endAwaitedChange("ERR the change was begun but has not come to its end; see 'kvorum status'")
    }
  }

  /// Answers every write from an index on as in doubt.
  func failPendingWrites(_ reason: String, from first: LogIndex = 0) {
    let kept = pendingWrites.prefix { $0.index < first }
    let failed = pendingWrites.dropFirst(kept.count)
    let reads = pendingReads.filter { $0.index >= first }
    pendingReads.removeAll { $0.index >= first }
    let replies = failed.map { (pending: $0, reply: inDoubt($0.index, reason)) }
    pendingWrites = Deque(kept)
    for (pending, reply) in replies { fail(pending, reply) }
    for pending in reads { fail(pending, standbyRefusal(isWrite: false, active: core.knownLeader)) }
  }

  private func fail(_ pending: PendingReply, _ reply: Reply) {
    if case .error(let text) = reply, text.hasPrefix("INDOUBT") { statistics.inDoubt += 1 }
    pending.session.replies.fulfil(pending.ticket, with: reply)
    pending.session.drain()
  }

  // MARK: Sessions

  func sessionOpened(_ session: ClientSession) {
    sessions[session.id] = session
    statistics.connections += 1
  }

  func sessionClosed(_ session: ClientSession) {
    sessions[session.id] = nil
    session.waiting.removeAll()
    waitingSessions.removeAll { $0 === session }
    if awaitedChange?.session === session { awaitedChange = nil }
  }

  /// The closed socket is the signal to look for the active master, for most clients (design 4.12).
  func closeClients(_ reason: String) {
    let open = sessions.values.filter { $0.consistency != .stale }
    if !open.isEmpty { logger.info("closes \(open.count) client connections: \(reason)") }
    for session in open {
      failWaiting(session)
      session.leave()
    }
  }
}
