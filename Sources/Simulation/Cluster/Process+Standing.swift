import Replication

// What the checkers ask at each step. Asked through `inout`, because a question to a stored value copies all of it.

extension Process {
  struct Standings {
    var applied: LogIndex
    var commit: LogIndex
    var last: LogIndex
    var standing: Standing
  }

  var standings: Standings { Self.standings(&core) }
  var deadline: Instant { Self.deadline(&core) }

  func leaseRemaining(at now: Instant) -> Nanoseconds { Self.leaseRemaining(&core, now) }

  private static func standings(_ core: inout ReplicationCore) -> Standings {
    Standings(
      applied: core.appliedIndex, commit: core.commitIndex, last: core.lastIndex,
      standing: core.isActive ? .active : core.isCandidate ? .candidate : .follower)
  }

  private static func deadline(_ core: inout ReplicationCore) -> Instant { core.nextDeadline }

  private static func leaseRemaining(_ core: inout ReplicationCore, _ now: Instant) -> Nanoseconds {
    core.leaseRemaining(at: now)
  }
}
