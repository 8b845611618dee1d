import Commands
import DequeModule
import Replication

// Replies that wait for a commit, and what becomes of them when it does not come (design 4.12).

extension RequestServer {
  func answerCommitted(upTo index: LogIndex) {
    var touched: [Session] = []
    func touch(_ session: Session) {
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
    while let events = pendingEvents.first, events.index <= index {
      pendingEvents.removeFirst()
      host.publishKeyEvents(events.events)
    }
    for session in touched {
      session.needsDrain = false
      session.drain()
    }
  }

  /// Answers what has waited for too long.
  public func expire() {
    let now = host.now
    expireReplies(at: now)
    expireMajorityReads(at: now)
    expireWaiting(at: now)
    deleteExpired()
  }

  /// Writes that were appended but not committed in time are in doubt; the socket stays open, because a closed one
  /// makes many clients send the write again (design 4.12).
  private func expireReplies(at now: Instant) {
    while let pending = pendingWrites.first, pending.deadline < now {
      pendingWrites.removeFirst()
      fail(pending, inDoubt(pending.index, "too few slaves answered in time"))
    }
    let late = pendingReads.filter { $0.deadline < now }
    pendingReads.removeAll { $0.deadline < now }
    for pending in late {
      fail(pending, .error("CLUSTERDOWN The write that this read saw was not committed in time; try again."))
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

  private func inDoubt(_ index: LogIndex, _ reason: String) -> Reply {
    statistics.inDoubt += 1
    return .error(
      "INDOUBT epoch=\(core.epoch(at: index) ?? core.epoch) index=\(index) the write may or may not be kept: "
        + "\(reason); read the key to see")
  }

  private func fail(_ pending: PendingReply, _ reply: Reply) {
    pending.session.fulfil(pending.ticket, with: reply)
  }
}
