import Replication

/// Everything that a node is told when it starts. `validate` holds every rule about it.
public struct NodeConfiguration: Sendable {
  /// What the node is started as.
  public var role: NodeRole
  /// What people call it; nil keeps the name it has, or makes one at the first start.
  public var name: String?
  /// The directory of its files, made if absent.
  public var dataDirectory: String
  /// Where it listens. Port 0 chooses a free one at the first start and keeps it.
  public var listen: HostAndPort
  /// Who may connect, and how.
  public var security: SecurityOptions
  /// What others are told to connect to; nil means where it listens.
  public var announce: HostAndPort?
  /// The masters to connect to: for a slave all of them, for a master all the others.
  public var masters: [HostAndPort]
  /// The lease length of a cluster that is born here, in milliseconds.
  public var leaseMilliseconds: Int64
  /// Whether reads may rest on the lease.
  public var useLease: Bool
  /// How long a write may wait for its quorum before it is answered as in doubt, in milliseconds.
  public var writeTimeoutMilliseconds: Int64
  /// How long a read may wait for a confirmation, in milliseconds.
  public var readTimeoutMilliseconds: Int64
  /// The longest key, in bytes.
  public var maxKeyBytes: Int
  /// The longest value, in bytes.
  public var maxValueBytes: Int
  /// How many bytes all clients together may make the node hold; above it the one that holds most is closed.
  public var maxClientBytes: Int
  /// Which entries the log keeps.
  public var trimPolicy: TrimPolicy
  /// Where what is trimmed from the log is kept; nil if nowhere.
  public var archiveDirectory: String?
  /// How many entries the log keeps at most for a connected slave that lags; one further behind is sent a snapshot.
  public var maxSlaveLag: UInt64
  /// How many bytes of a snapshot leave in a second at most.
  public var snapshotBytesPerSecond: Int64

  /// How many bytes of the replica are read in a second to find rows that have decayed.
  public var scrubBytesPerSecond: Int64
  /// How many seconds lie between two such passes.
  public var scrubInterval: Double

  /// A configuration with the defaults of a release.
  public init(
    role: NodeRole, name: String? = nil, dataDirectory: String, listen: HostAndPort,
    security: SecurityOptions = SecurityOptions(), announce: HostAndPort? = nil, masters: [HostAndPort],
    leaseMilliseconds: Int64 = 500,
    useLease: Bool = true, writeTimeoutMilliseconds: Int64 = 2_000,
    readTimeoutMilliseconds: Int64 = 1_000, maxKeyBytes: Int = 64 << 10, maxValueBytes: Int = 64 << 20,
    maxClientBytes: Int = 1 << 30, trimPolicy: TrimPolicy = TrimPolicy(), archiveDirectory: String? = nil,
    maxSlaveLag: UInt64 = 1_000_000,
    snapshotBytesPerSecond: Int64 = 64 << 20, scrubBytesPerSecond: Int64 = 8 << 20,
    scrubInterval: Double = 600
  ) {
    self.role = role
    self.name = name
    self.dataDirectory = dataDirectory
    self.listen = listen
    self.security = security
    self.announce = announce
    self.masters = masters
    self.leaseMilliseconds = leaseMilliseconds
    self.useLease = useLease
    self.writeTimeoutMilliseconds = writeTimeoutMilliseconds
    self.readTimeoutMilliseconds = readTimeoutMilliseconds
    self.maxKeyBytes = maxKeyBytes
    self.maxValueBytes = maxValueBytes
    self.maxClientBytes = maxClientBytes
    self.trimPolicy = trimPolicy
    self.archiveDirectory = archiveDirectory
    self.maxSlaveLag = maxSlaveLag
    self.snapshotBytesPerSecond = snapshotBytesPerSecond
    self.scrubBytesPerSecond = scrubBytesPerSecond
    self.scrubInterval = scrubInterval
  }

  /// Throws the first rule that is broken, as a sentence that names the option.
  public func validate() throws {
    if dataDirectory.isEmpty { throw NodeError.configuration("--data is empty: name a directory") }
    try security.validate(listen: listen)
    if archiveDirectory?.isEmpty == true {
      throw NodeError.configuration("--archive is empty: name a directory, or leave it out")
    }
    if role == .slave, masters.isEmpty {
      throw NodeError.configuration("--masters is empty: a slave needs at least one master's address")
    }
    if role.isMaster, masters.contains(listen) {
      throw NodeError.configuration(
        "--peers names \(listen), which is where this node listens: name the other masters")
    }
    if let name,
      name.isEmpty || name.utf8.count > 128 || name.utf8.contains(where: { $0 < 0x21 || $0 == 0x7f })
    {
      throw NodeError.configuration("--name must be 1 to 128 characters without spaces")
    }
    guard (50...60_000).contains(leaseMilliseconds) else {
      throw NodeError.configuration("--lease must be from 50 to 60000 ms")
    }
    guard (1...(1 << 20)).contains(maxKeyBytes) else {
      throw NodeError.configuration("--max-key-bytes must be from 1 to 1048576")
    }
    guard (1...(256 << 20)).contains(maxValueBytes) else {
      throw NodeError.configuration("--max-value-bytes must be from 1 to 268435456")
    }
    guard maxClientBytes >= 4 * maxValueBytes, maxClientBytes >= 16 << 20 else {
      throw NodeError.configuration(
        "--max-client-bytes must be at least 16777216, and four times --max-value-bytes")
    }
    guard snapshotBytesPerSecond >= 1 << 16 else {
      throw NodeError.configuration("--snapshot-rate must be at least 64K (bytes a second)")
    }
    guard scrubBytesPerSecond >= 1 << 16 else {
      throw NodeError.configuration("--scrub-rate must be at least 64K (bytes a second)")
    }
    guard trimPolicy.bytes.map({ $0 >= 1 << 20 }) ?? true else {
      throw NodeError.configuration("--log-bytes must be at least 1M, or 0 for no limit")
    }
    guard writeTimeoutMilliseconds > 0, readTimeoutMilliseconds > 0 else {
      throw NodeError.configuration("timeouts must be above 0 ms")
    }
  }
}
