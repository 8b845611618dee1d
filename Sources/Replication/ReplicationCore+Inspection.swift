// What people are shown; nothing here is used for a decision.

/// What a leader knows of a node that follows it.
public struct FollowerStatus: Hashable, Sendable {
  /// Whether there is a link.
  public var connected: Bool
  /// Its log agrees with the leader's up to here, on its disk.
  public var match: LogIndex
  /// How far it had applied when it last answered.
  public var applied: LogIndex
  /// When it last accepted an append.
  public var lastAccepted: Instant
  /// When its lease ends, by the leader's count.
  public var leaseUntil: Instant
}

extension ReplicationCore {
  /// The nodes that follow this leader; empty on a node that does not lead.
  public var followers: [NodeID: FollowerStatus] {
    guard let leadership else { return [:] }
    var followers: [NodeID: FollowerStatus] = [:]
    for (id, progress) in zip(leadership.progress.ids, leadership.progress.values) {
      followers[id] = FollowerStatus(
        connected: progress.connected, match: progress.match, applied: progress.applied,
        lastAccepted: progress.lastAccepted, leaseUntil: progress.leaseBasis + lease)
    }
    return followers
  }

  /// How long reads may still rest on this leader's lease, in nanoseconds; 0 if they may not.
  public func leaseRemaining(at now: Instant) -> Nanoseconds {
    guard let leadership, leadership.serving else { return 0 }
    return max(0, leadership.leaseUntil - now)
  }

  /// The lease length L in force, in nanoseconds.
  public var leaseLength: Nanoseconds { lease }

  /// The master that may be named to clients: this one while its lease runs, or the leader of the epoch that this
  /// node has promised, while it has a link to it, has heard from it within a lease, and knows that an entry of that
  /// epoch is committed, without which no master serves.
  public func confirmedLeader(at now: Instant) -> NodeID? {
    if let leadership { return leadership.serving && now < leadership.leaseUntil ? options.id : nil }
    guard candidacy == nil, let leader, hard.promised.master == leader, peers[leader] != nil,
      now - lastHeard < lease, log.epoch(at: commit) == hard.promised
    else { return nil }
    return leader
  }

  /// Whether the lead is being handed over.
  public var isHandingOver: Bool { leadership?.handover != nil }

  /// Whether entries of this leader are on their way to be committed.
  public var isCommitting: Bool { (leadership?.submittedIndex ?? 0) > commit }
}
