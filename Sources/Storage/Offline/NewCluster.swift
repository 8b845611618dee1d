import Foundation
import Replication

/// The files of a cluster that is born offline, from data: a primary master and its slaves, each with all of it.
///
/// A cluster has a slave from its first moment on (design 4.1), so one is made with the master. The files are those
/// that the nodes of a young cluster have when all of them were stopped: the newest configuration names just them, the
/// slaves have promised the epoch of the primary's reign, and everything is committed.
public final class NewCluster {
  /// What the nodes of a new cluster are told.
  public struct Options: Sendable {
    /// How many slaves there are from the start.
    public var slaves = 1
    /// Where the primary will listen.
    public var primaryAddress = "127.0.0.1:12345"
    /// The lease length in milliseconds.
    public var leaseMilliseconds: Int64 = 500

    /// The options of a release.
    public init() {}
  }

  /// The cluster.
  public let cluster: ClusterID
  /// The epoch of the reign in which the new entries are written.
  public let epoch: Epoch
  /// The members from the start.
  public let configuration: ClusterConfiguration
  /// The primary's log.
  public let log: LogBuilder
  /// The primary's replica.
  public let replica: ReplicaBuilder
  private let directory: NewDirectory
  private let now: Int64
  private let primary: NodeIdentity
  private let slaves: [NodeIdentity]
  private let primaryPath: String

  /// Begins a cluster.
  ///
  /// - Parameters:
  ///   - target: Where the nodes' directories will stand, `primary`, `slave1` and so on.
  ///   - base: The entry after which the log begins.
  ///   - round: The highest round that was ever used in the history before; the new reign's is above it.
  ///   - removed: Nodes whose ids can never take part.
  public init(
    in target: String, after base: LogBase = .zero, aboveRound round: UInt64 = 0, removed: [NodeID] = [],
    _ options: Options = Options()
  ) throws {
    directory = try NewDirectory(target)
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    self.now = now
    func identity(_ name: String, _ role: NodeRole) -> NodeIdentity {
      NodeIdentity(id: NodeID(.random(in: 1 ... .max)), name: name, role: role, createdAt: now)
    }
    primary = identity("primary", .primary)
    slaves = (1...options.slaves).map { identity("slave\($0)", .slave) }
    cluster = ClusterID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
    epoch = Epoch(round: round + 1, master: primary.id)
    let master = Member(
      id: primary.id, name: primary.name, address: options.primaryAddress, role: .primary)
    configuration = ClusterConfiguration(
      cluster: cluster, leaseMilliseconds: options.leaseMilliseconds,
      current: MemberSet(
        masters: [master],
        slaves: slaves.map { Member(id: $0.id, name: $0.name, address: "", role: .slave) }),
      removed: removed)
    primaryPath = try directory.makeDirectory(primary.name)
    var base = base
    if let known = base.configuration {
      base.configuration = IndexedConfiguration(index: known.index, configuration: configuration)
    }
    log = try LogBuilder(directory: primaryPath, after: base)
    replica = try ReplicaBuilder(directory: primaryPath, node: primary.id)
  }

  /// Where the nodes' directories will stand, the primary's first.
  public var directories: [String] { ([primary] + slaves).map { "\(directory.target)/\($0.name)" } }

  /// Takes an entry of the history before into the log. The configurations of the cluster before become the new one's,
  /// so that a node that follows this log from its start never belongs to the other cluster.
  public func adopt(_ entry: Entry) throws -> Entry {
    var entry = entry
    if case .configuration = entry.payload { entry.payload = .configuration(configuration) }
    try log.append(entry)
    return entry
  }

  /// Appends an entry to the log, in the new reign.
  public func append(_ payload: Entry.Payload, time: Int64? = nil) throws -> Entry {
    let entry = Entry(index: log.standing.index + 1, epoch: epoch, time: time ?? now, payload: payload)
    try log.append(entry)
    return entry
  }

  /// Makes all files durable and puts them in their place. The replica must stand at the end of the log.
  public func complete() throws {
    let last = log.standing.index
    let promised = HardState(cluster: cluster, promised: epoch, highestRound: epoch.round)
    try log.complete(primary, promised, commit: last)
    try replica.complete()
    for slave in slaves {
      let path = try directory.makeDirectory(slave.name)
      try NodeCopy.make(
        in: path, of: primaryPath, as: slave, HardState(cluster: cluster, promised: epoch))
    }
    _ = try directory.complete()
  }
}
