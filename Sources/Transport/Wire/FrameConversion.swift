import Replication

extension WirePeerMessage {
  /// The frames that the generated code writes; the hand-written codec has the others.
  init(_ frame: PeerFrame) {
    switch frame {
    case .core(.poll(let poll)): kind = .poll(WirePoll(poll))
    case .core(.pollReply(let reply)): kind = .pollReply(WirePollReply(reply))
    case .core(.prepare(let prepare)): kind = .prepare(WirePrepare(prepare))
    case .core(.prepareReply(let reply)): kind = .prepareReply(WirePrepareReply(reply))
    case .core(.pull(let pull)): kind = .pull(WirePull(pull))
    case .core(.appendReply(let reply)): kind = .appendReply(WireAppendReply(reply))
    case .core(.handoverRequest(let request)): kind = .handoverRequest(WireHandoverRequest(request))
    case .core(.handover(let token)): kind = .handover(WireHandoverToken(token))
    case .core(.dismissal(let dismissal)): kind = .dismissal(WireDismissal(dismissal))
    case .core(.installSnapshot(let part)): kind = .snapshot(WireSnapshot(part))
    case .core(.snapshotReply(let reply)): kind = .snapshot(WireSnapshot(reply))
    case .report(let report): kind = .report(WireNodeReport(report))
    case .core(.append), .core(.pullReply), .readRequest, .readReply:
      preconditionFailure("The hand-written codec writes this frame.")
    }
  }

  /// The checked frame.
  func frame() throws -> PeerFrame {
    switch kind {
    case .poll(let poll): .core(.poll(Message.Poll(number: poll.number)))
    case .pollReply(let reply): .core(.pollReply(try reply.reply()))
    case .prepare(let prepare): .core(.prepare(try prepare.prepare()))
    case .prepareReply(let reply): .core(.prepareReply(try reply.reply()))
    case .pull(let pull): .core(.pull(try pull.pull()))
    case .appendReply(let reply): .core(.appendReply(try reply.reply()))
    case .handoverRequest(let request): .core(.handoverRequest(try request.request()))
    case .handover(let token): .core(.handover(try token.handoverToken("handover")))
    case .dismissal(let dismissal): .core(.dismissal(try dismissal.dismissal()))
    case .snapshot(let snapshot): .core(try snapshot.message())
    case .report(let report): .report(try report.report())
    case .append, .pullReply, .readRequest, .readReply, nil:
      throw PeerProtocolError("A frame holds no message that this release knows.")
    }
  }
}
