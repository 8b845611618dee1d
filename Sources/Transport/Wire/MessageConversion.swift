import Replication

extension WireEpoch {
  init(_ epoch: Epoch) {
    round = epoch.round
    master = epoch.master.rawValue
  }

  var epoch: Epoch { Epoch(round: round, master: NodeID(master)) }
}

extension WireLogPosition {
  init(_ position: LogPosition) {
    if position.epoch != .zero { epoch = WireEpoch(position.epoch) }
    index = position.index
  }

  func position(_ what: @autoclosure () -> String) throws -> LogPosition {
    try Checks.position(LogPosition(epoch: epoch.epoch, index: index), what())
  }
}

extension WireHandoverToken {
  init(_ token: HandoverToken) {
    epoch = WireEpoch(token.epoch)
    target = token.target.rawValue
    lastIndex = token.lastIndex
  }

  func handoverToken(_ what: @autoclosure () -> String) throws -> HandoverToken {
    HandoverToken(
      epoch: try Checks.reign(epoch.epoch, what()),
      target: try Checks.node(target, "target of the \(what())"),
      lastIndex: try Checks.index(lastIndex, "last index of the \(what())"))
  }
}

extension WirePoll {
  init(_ poll: Message.Poll) { number = poll.number }
}

extension WirePollReply {
  init(_ reply: Message.PollReply) {
    number = reply.number
    wouldPromise = reply.wouldPromise
    waitNanoseconds = reply.wait
    promised = WireEpoch(reply.promised)
  }

  func reply() throws -> Message.PollReply {
    Message.PollReply(
      number: number, wouldPromise: wouldPromise, wait: try waitTime(waitNanoseconds, "poll reply"),
      promised: try Checks.epochOrZero(promised.epoch, "poll reply"))
  }
}

extension WirePrepare {
  init(_ prepare: Message.Prepare) {
    epoch = WireEpoch(prepare.epoch)
    if let token = prepare.token { self.token = WireHandoverToken(token) }
  }

  func prepare() throws -> Message.Prepare {
    Message.Prepare(
      epoch: try Checks.reign(epoch.epoch, "prepare"),
      token: hasToken ? try token.handoverToken("token of the prepare") : nil)
  }
}

extension WirePrepareReply {
  init(_ reply: Message.PrepareReply) {
    epoch = WireEpoch(reply.epoch)
    granted = reply.granted
    promised = WireEpoch(reply.promised)
    waitNanoseconds = reply.wait
    last = WireLogPosition(reply.last)
  }

  func reply() throws -> Message.PrepareReply {
    guard hasLast else { throw PeerProtocolError("The prepare reply does not tell its sender's last entry.") }
    return Message.PrepareReply(
      epoch: try Checks.reign(epoch.epoch, "prepare reply"), granted: granted,
      promised: try Checks.epochOrZero(promised.epoch, "prepare reply"),
      wait: try waitTime(waitNanoseconds, "prepare reply"), last: try last.position("prepare reply"))
  }
}

extension WirePull {
  init(_ pull: Message.Pull) {
    epoch = WireEpoch(pull.epoch)
    previous = WireLogPosition(pull.previous)
  }

  func pull() throws -> Message.Pull {
    guard hasPrevious else { throw PeerProtocolError("The pull does not tell where it begins.") }
    return Message.Pull(
      epoch: try Checks.reign(epoch.epoch, "pull"), previous: try previous.position("pull"))
  }
}

extension WireAppendReply {
  init(_ reply: Message.AppendReply) {
    epoch = WireEpoch(reply.epoch)
    number = reply.number
    outcome =
      switch reply.outcome {
      case .accepted(let index): .acceptedUpTo(index)
      case .mismatched(let hint): .mismatchedHint(hint)
      case .refused(let promised): .refusedPromised(WireEpoch(promised))
      }
    applied = reply.applied
  }

  func reply() throws -> Message.AppendReply {
    let outcome: Message.AppendReply.Outcome =
      switch self.outcome {
      case .acceptedUpTo(let index):
        .accepted(upTo: try Checks.index(index, "accepted index of the append reply"))
      case .mismatchedHint(let hint): .mismatched(hint: try Checks.index(hint, "hint of the append reply"))
      case .refusedPromised(let promised):
        .refused(promised: try Checks.reign(promised.epoch, "refusal of an append"))
      case nil:
        throw PeerProtocolError("The append reply has no outcome that this release knows.")
      }
    return Message.AppendReply(
      epoch: try Checks.reign(epoch.epoch, "append reply"), number: number, outcome: outcome,
      applied: try Checks.index(applied, "applied index of the append reply"))
  }
}

extension WireHandoverRequest {
  init(_ request: Message.HandoverRequest) { epoch = WireEpoch(request.epoch) }

  func request() throws -> Message.HandoverRequest {
    Message.HandoverRequest(epoch: try Checks.reign(epoch.epoch, "handover request"))
  }
}

extension WireDismissal {
  init(_ dismissal: Message.Dismissal) {
    reason =
      switch dismissal.reason {
      case .removed: .removed
      case .nameInUse: .nameInUse
      }
    explanation = dismissal.explanation
  }

  func dismissal() throws -> Message.Dismissal {
    let reason: Message.Dismissal.Reason
    switch self.reason {
    case .removed: reason = .removed
    case .nameInUse: reason = .nameInUse
    case .unspecified, .UNRECOGNIZED:
      throw PeerProtocolError("The dismissal has a reason that this release does not know: \(explanation)")
    }
    return Message.Dismissal(reason: reason, explanation: explanation)
  }
}

extension WireNodeReport {
  init(_ report: NodeReport) {
    last = WireLogPosition(report.last)
    commit = report.commit
    applied = report.applied
    logBytes = report.logBytes
    replicaBytes = report.replicaBytes
    walBytes = report.walBytes
    state = report.state
    base = report.base
    filledBytes = report.filledBytes
    fillSize = report.fillSize
    archived = report.archived
    trouble = report.trouble
    content = report.content.map { point in
      var wire = WireContentPoint()
      wire.index = point.index
      wire.checksum = point.checksum
      return wire
    }
    diverged = report.diverged.map(\.rawValue)
  }

  /// What is more says nothing new.
  private static let longestList = 256

  func report() throws -> NodeReport {
    guard hasLast else { throw PeerProtocolError("The report does not tell its sender's last entry.") }
    return NodeReport(
      last: try last.position("report"), commit: try Checks.index(commit, "commit index of the report"),
      applied: try Checks.index(applied, "applied index of the report"), logBytes: logBytes,
      replicaBytes: replicaBytes, walBytes: walBytes, state: state,
      base: try Checks.index(base, "base of the report"), filledBytes: filledBytes, fillSize: fillSize,
      archived: try Checks.index(archived, "archived index of the report"), trouble: trouble,
      content: try content.prefix(Self.longestList).map {
        ContentPoint(index: try Checks.index($0.index, "content of the report"), checksum: $0.checksum)
      }, diverged: diverged.prefix(Self.longestList).map { NodeID($0) })
  }
}

private func waitTime(_ nanoseconds: Int64, _ what: String) throws -> Nanoseconds {
  guard nanoseconds >= 0 else { throw PeerProtocolError("The \(what) asks for a wait of \(nanoseconds) ns.") }
  return nanoseconds
}
