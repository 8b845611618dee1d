/// One node of a `ClusterStatus`, as the reporter sees it. What the reporter cannot know is nil.
public struct NodeStatus: Codable, Hashable, Sendable {
  /// Sixteen hexadecimal digits.
  public var id: String
  /// What people call it.
  public var name: String
  /// `primary`, `backup` or `slave`.
  public var role: String
  /// Where it listens for clients and peers, as host:port; the newest address that the reporter has seen.
  public var address: String
  /// What it is doing.
  public var state: NodeState
  /// Whether the reporter has a link to it now; true for the reporter itself.
  public var connected: Bool
  /// The last index of its log that the reporter knows of.
  public var lastIndex: UInt64
  /// The highest index that it knows to be committed.
  public var commitIndex: UInt64?
  /// The highest index in its replica.db.
  public var appliedIndex: UInt64
  /// How many entries its log is behind the active master's.
  public var lagEntries: UInt64
  /// How long ago its log was last level with the active master's, in milliseconds.
  public var lagMilliseconds: Int64?
  /// How many committed entries are not yet in its replica.db.
  public var applyLagEntries: UInt64?
  /// Milliseconds until the lease that it granted ends.
  public var leaseRemainingMilliseconds: Int64?
  /// The version of its program.
  public var version: String?
  /// Its data directory, on its own machine.
  public var dataDirectory: String?
  /// The size of log.db in bytes, without its -wal file.
  public var logBytes: UInt64?
  /// The size of replica.db in bytes, without its -wal file.
  public var replicaBytes: UInt64?
  /// The size of both -wal files in bytes; it grows while a long reader holds an old snapshot.
  public var walBytes: UInt64?
  /// The entry after which its log begins; those up to it were trimmed.
  public var logBaseIndex: UInt64?
  /// How many bytes it has of the snapshot that it is sent; nil if it is sent none.
  public var fillBytes: UInt64?
  /// The size of that snapshot in bytes.
  public var fillSize: UInt64?
  /// Why it is quarantined, or what else is wrong with it, as a sentence.
  public var trouble: String?

  /// Makes a node's status from its parts.
  public init(
    id: String, name: String, role: String, address: String, state: NodeState, connected: Bool,
    lastIndex: UInt64, commitIndex: UInt64? = nil, appliedIndex: UInt64, lagEntries: UInt64,
    lagMilliseconds: Int64? = nil, applyLagEntries: UInt64? = nil,
    leaseRemainingMilliseconds: Int64? = nil, version: String? = nil, dataDirectory: String? = nil,
    logBytes: UInt64? = nil, replicaBytes: UInt64? = nil, walBytes: UInt64? = nil,
    logBaseIndex: UInt64? = nil,
    fillBytes: UInt64? = nil, fillSize: UInt64? = nil, trouble: String? = nil
  ) {
    self.id = id
    self.name = name
    self.role = role
    self.address = address
    self.state = state
    self.connected = connected
    self.lastIndex = lastIndex
    self.commitIndex = commitIndex
    self.appliedIndex = appliedIndex
    self.lagEntries = lagEntries
    self.lagMilliseconds = lagMilliseconds
    self.applyLagEntries = applyLagEntries
    self.leaseRemainingMilliseconds = leaseRemainingMilliseconds
    self.version = version
    self.dataDirectory = dataDirectory
    self.logBytes = logBytes
    self.replicaBytes = replicaBytes
    self.walBytes = walBytes
    self.logBaseIndex = logBaseIndex
    self.fillBytes = fillBytes
    self.fillSize = fillSize
    self.trouble = trouble
  }

  private enum CodingKeys: String, CodingKey {
    case id, name, role, address, state, connected, version
    case lastIndex = "last_index"
    case commitIndex = "commit_index"
    case appliedIndex = "applied_index"
    case lagEntries = "lag_entries"
    case lagMilliseconds = "lag_milliseconds"
    case applyLagEntries = "apply_lag_entries"
    case leaseRemainingMilliseconds = "lease_remaining_milliseconds"
    case dataDirectory = "data_directory"
    case logBytes = "log_bytes"
    case replicaBytes = "replica_bytes"
    case walBytes = "wal_bytes"
    case logBaseIndex = "log_base_index"
    case fillBytes = "fill_bytes"
    case fillSize = "fill_size"
    case trouble
  }
}
