/// What a core is told about itself and its surroundings when it starts.
public struct ReplicationOptions: Sendable {
  /// The node's identity, as its log.db holds it.
  public var id: NodeID
  /// What it was started as.
  public var role: NodeRole
  /// What people call it.
  public var name: String
  /// Where it can be reached, as host:port.
  public var address: String
  /// The addresses of the other masters that must answer before a cluster is born (design 4.1).
  public var peers: [String]
  /// The lease length L, in milliseconds, of a cluster that is born here; later the configuration's counts.
  public var leaseMilliseconds: Int64
  /// Whether reads may rest on the lease; without it each read waits for a fresh confirmation of W slaves.
  public var useLease: Bool
  /// Whether a primary asks for the lead by itself once it is in sync.
  public var automaticFailback: Bool
  /// How many bytes of applied entries stay in memory for followers that lag a little.
  public var cacheBytes: Int
  /// How many entries the log keeps at most for a follower that has a link and lags; one that is being filled gets
  /// four times as many.
  public var followerLag: LogIndex
  /// How many bytes of a snapshot go into one message.
  public var snapshotChunkBytes: Int
  /// Seeds every random choice of the core.
  public var seed: UInt64

  /// Makes options with the defaults of a release.
  public init(
    id: NodeID, role: NodeRole, name: String, address: String, peers: [String] = [],
    leaseMilliseconds: Int64 = 500, useLease: Bool = true, automaticFailback: Bool = true,
    cacheBytes: Int = 8 << 20, followerLag: LogIndex = 1_000_000, snapshotChunkBytes: Int = 256 << 10,
    seed: UInt64
  ) {
    self.id = id
    self.role = role
    self.name = name
    self.address = address
    self.peers = peers
    self.leaseMilliseconds = leaseMilliseconds
    self.useLease = useLease
    self.automaticFailback = automaticFailback
    self.cacheBytes = cacheBytes
    self.followerLag = followerLag
    self.snapshotChunkBytes = snapshotChunkBytes
    self.seed = seed
  }
}
