import Replication

/// How a node is, for `kvorum status`; never used for a decision.
public struct NodeReport: Hashable, Sendable {
  /// The last entry of its log.
  public var last: LogPosition
  /// Its commit index.
  public var commit: LogIndex
  /// Its applied index.
  public var applied: LogIndex
  /// Size of log.db in bytes.
  public var logBytes: UInt64
  /// Size of replica.db in bytes.
  public var replicaBytes: UInt64
  /// Size of the -wal files of both in bytes.
  public var walBytes: UInt64
  /// What it does, in a few words for people.
  public var state: String

  /// Makes a report.
  public init(
    last: LogPosition, commit: LogIndex, applied: LogIndex, logBytes: UInt64, replicaBytes: UInt64,
    walBytes: UInt64, state: String
  ) {
    self.last = last
    self.commit = commit
    self.applied = applied
    self.logBytes = logBytes
    self.replicaBytes = replicaBytes
    self.walBytes = walBytes
    self.state = state
  }
}
