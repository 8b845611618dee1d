import Replication

/// Promises, acks and rounds leave a node only once they are on its disk, and no restart takes one back.
struct PromiseChecker {
  /// What a node has on its disk when a message leaves it.
  struct Disk {
    var hardState: HardState
    var lastIndex: LogIndex
  }

  /// The highest epoch that a node said it has promised or accepted.
  private var said: [NodeID: Epoch] = [:]

  /// A node says something; returns what is wrong with that, or nil.
  ///
  /// - Parameter agrees: Whether its durable log agrees with the leader's at an index; nil if nobody can tell.
  mutating func send(
    _ message: Message, from node: NodeID, holding disk: Disk, agrees: (LogIndex, Epoch) -> Bool?
  ) -> Broken? {
    switch message {
    case .prepareReply(let reply) where reply.granted:
      return promised(reply.epoch, by: node, holding: disk)
    case .appendReply(let reply):
      guard case .accepted(let upTo) = reply.outcome else { return nil }
      if let wrong = promised(reply.epoch, by: node, holding: disk) { return wrong }
      // Who has gone on to a higher epoch may have cut what this ack speaks of; the promise that comes first keeps
      // the lower epoch from a commit.
      guard disk.hardState.promised == reply.epoch else { return nil }
      guard upTo <= disk.lastIndex, agrees(upTo, reply.epoch) != false else {
        return Broken(
          .acks,
          "acks entry \(upTo) of epoch \(reply.epoch) and holds \(disk.lastIndex) entries on disk, "
            + "or another one there")
      }
    case .prepare(let prepare) where disk.hardState.highestRound < prepare.epoch.round:
      return Broken(
        .roundFirst,
        "prepares epoch \(prepare.epoch) with round \(disk.hardState.highestRound) on disk")
    case .snapshotReply(let reply) where disk.hardState.promised < reply.promised:
      return Broken(
        .promises, "says that it has promised \(reply.promised) with \(disk.hardState.promised) on disk")
    case .installSnapshot(let part) where part.epoch.master != node && disk.hardState.promised != part.epoch:
      return Broken(
        .pulls, "lends a snapshot in epoch \(part.epoch) and has promised \(disk.hardState.promised)")
    case .pullReply(let reply) where disk.hardState.promised != reply.epoch:
      return Broken(
        .pulls, "lends its log in epoch \(reply.epoch) and has promised \(disk.hardState.promised)")
    default: break
    }
    return nil
  }

  private mutating func promised(_ epoch: Epoch, by node: NodeID, holding disk: Disk) -> Broken? {
    guard disk.hardState.promised >= epoch else {
      return Broken(.promises, "promises epoch \(epoch) with \(disk.hardState.promised) on disk")
    }
    if said[node].map({ $0 < epoch }) ?? true { said[node] = epoch }
    return nil
  }

  /// A node starts; returns what it has forgotten, or nil.
  func start(_ node: NodeID, holding hardState: HardState) -> Broken? {
    guard let said = said[node], hardState.promised < said else { return nil }
    return Broken(.promises, "starts with promise \(hardState.promised) and had promised \(said)")
  }

  /// A node replaces its hard state; returns what it takes back, or nil.
  func write(_ new: HardState, over old: HardState) -> Broken? {
    if new.promised < old.promised || new.highestRound < old.highestRound {
      return Broken(.promises, "takes back promise \(old.promised), round \(old.highestRound)")
    }
    if let cluster = old.cluster, new.cluster != cluster {
      return Broken(.oneBirth, "leaves cluster \(cluster)")
    }
    return nil
  }
}
