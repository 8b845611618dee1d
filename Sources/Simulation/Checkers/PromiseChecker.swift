import Replication

/// What a node has promised or accepted aloud binds it for ever: it accepts nothing lower (design 4.2, 4.3).
///
/// It goes by what leaves the node, and so across crashes: a promise that was said and forgotten is seen.
struct PromiseChecker {
  private var highest: [NodeID: Epoch] = [:]

  /// A node says something; returns what is wrong with that, or nil.
  mutating func says(_ message: Message, by node: NodeID) -> String? {
    let epoch: Epoch
    switch message {
    case .prepareReply(let reply) where reply.granted: epoch = reply.epoch
    case .appendReply(let reply):
      guard case .accepted = reply.outcome else { return nil }
      epoch = reply.epoch
    default: return nil
    }
    if let known = highest[node], known > epoch {
      return "accepts epoch \(epoch) after it has joined epoch \(known)"
    }
    highest[node] = epoch
    return nil
  }
}
