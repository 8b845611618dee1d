import Replication

extension Message {
  /// A line for people; nil for what comes all the time and tells nothing.
  var transcript: String? {
    switch self {
    case .poll: "would you promise?"
    case .pollReply(let reply):
      reply.wouldPromise ? "would promise" : "would not promise for \(reply.wait / 1_000_000) ms"
    case .prepare(let prepare): "prepare \(prepare.epoch)\(prepare.token == nil ? "" : ", with a token")"
    case .prepareReply(let reply):
      reply.granted
        ? "promises \(reply.epoch), holds up to \(reply.last.index) of \(reply.last.epoch)"
        : "refuses \(reply.epoch): promised \(reply.promised), waits \(reply.wait / 1_000_000) ms"
    case .pull(let pull): "pull after \(pull.previous.index) of \(pull.previous.epoch)"
    case .pullReply(let reply):
      reply.matched
        ? "lends \(reply.entries.count) entries after \(reply.previous.index)"
        : "has another entry \(reply.previous.index), try \(reply.hint)"
    case .append(let append):
      append.entries.isEmpty
        ? nil
        : "append \(append.epoch) no. \(append.number): \(append.entries.count) after "
          + "\(append.previous.index), commit \(append.commit)"
    case .appendReply(let reply):
      switch reply.outcome {
      case .accepted: nil
      case .mismatched(let hint): "differs (no. \(reply.number)), try \(hint)"
      case .refused(let promised): "refuses append of \(reply.epoch): promised \(promised)"
      }
    case .handoverRequest: "hand over to me"
    case .handover(let token): "handover after \(token.epoch) at \(token.lastIndex)"
    case .installSnapshot(let part):
      "\(part.bytes.count) bytes at \(part.offset) of \(part.snapshot.size) of a snapshot up to "
        + "\(part.snapshot.base.index)"
    case .snapshotReply(let reply):
      reply.isInstalled ? "holds the snapshot" : "holds \(reply.next) bytes of the snapshot"
    case .dismissal(let dismissal): "dismissal: \(dismissal.explanation)"
    }
  }
}
