import Replication

/// Rounds that confirm a lead: W slaves accepted them in that very epoch, and a read joins only one that is sent after
/// it came (design 4.6).
struct ConfirmationChecker {
  /// The number of the newest append of an epoch.
  private var sent: [Epoch: UInt64] = [:]
  /// The newest append of an epoch that each slave has accepted.
  private var accepted: [Epoch: [NodeID: UInt64]] = [:]

  mutating func send(_ message: Message, from node: NodeID) {
    switch message {
    case .append(let append): sent[append.epoch] = max(sent[append.epoch] ?? 0, append.number)
    case .appendReply(let reply):
      guard case .accepted = reply.outcome else { return }
      accepted[reply.epoch, default: [:]][node] = max(accepted[reply.epoch]?[node] ?? 0, reply.number)
    default: break
    }
  }

  /// A leader takes a round for confirmed; returns what is wrong with that, or nil.
  func confirm(_ number: UInt64, in epoch: Epoch, under configuration: ClusterConfiguration) -> Broken? {
    for set in configuration.sets {
      let count = set.slaves.count { (accepted[epoch]?[$0.id] ?? 0) >= number }
      if count < set.quorum.write {
        return Broken(
          .confirmed,
          "takes round \(number) of epoch \(epoch) for confirmed, which \(count) of \(set.slaves.count) slaves accepted"
        )
      }
    }
    return nil
  }

  /// A read that has just come joins a round; returns what is wrong with that, or nil.
  func join(_ number: UInt64, in epoch: Epoch) -> Broken? {
    guard let sent = sent[epoch], sent >= number else { return nil }
    return Broken(
      .confirmed, "lets a read join round \(number) of epoch \(epoch), which was sent before the read came")
  }
}
