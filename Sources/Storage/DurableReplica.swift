import Replication

/// What a replica has on disk for certain. Only the replica's writer can make one, so that no log is trimmed on a
/// guess.
public struct DurableReplica: Hashable, Sendable {
  /// The index up to which everything is applied and fsynced.
  public let applied: LogIndex

  init(applied: LogIndex) { self.applied = applied }
}
