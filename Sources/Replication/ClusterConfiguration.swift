/// What a node is started as.
public enum NodeRole: String, Hashable, Sendable, CaseIterable {
  /// The master that leads whenever it can.
  case primary
  /// A master that leads while no primary can.
  case backup
  /// A node that stores and votes.
  case slave

  /// Whether a node of this role can lead.
  public var isMaster: Bool { self != .slave }
}

/// A node as the configuration lists it.
public struct Member: Hashable, Sendable {
  /// The node's identity.
  public var id: NodeID
  /// What people call it; a slave of the same name replaces an unreachable one (design 4.10).
  public var name: String
  /// Where it listens, as host:port; for a slave only where it listened when it joined.
  public var address: String
  /// What it was started as.
  public var role: NodeRole

  /// Makes a member from its parts.
  public init(id: NodeID, name: String, address: String, role: NodeRole) {
    self.id = id
    self.name = name
    self.address = address
    self.role = role
  }
}

/// The masters and slaves of one side of a configuration.
public struct MemberSet: Hashable, Sendable {
  /// The nodes that can lead, in the order in which they joined.
  public var masters: [Member]
  /// The nodes that vote, in the order in which they joined.
  public var slaves: [Member]

  /// Makes a set from its parts.
  public init(masters: [Member], slaves: [Member]) {
    self.masters = masters
    self.slaves = slaves
  }

  /// The write and election quorums over these slaves.
  public var quorum: Quorum { Quorum(slaves: slaves.count) }

  /// Masters, then slaves.
  public var all: [Member] { masters + slaves }
}

/// Who belongs to the cluster. While `incoming` is set, each quorum is needed in both sets (design 4.8).
public struct ClusterConfiguration: Hashable, Sendable {
  /// The cluster's identity.
  public var cluster: ClusterID
  /// The length L of a lease in milliseconds; fixed at birth.
  public var leaseMilliseconds: Int64
  /// The members in force, C_old of a change.
  public var current: MemberSet
  /// C_new of a change under way.
  public var incoming: MemberSet?
  /// Nodes that were removed; their ids can never return.
  public var removed: [NodeID]

  /// Makes a configuration from its parts.
  public init(
    cluster: ClusterID, leaseMilliseconds: Int64, current: MemberSet, incoming: MemberSet? = nil,
    removed: [NodeID] = []
  ) {
    self.cluster = cluster
    self.leaseMilliseconds = leaseMilliseconds
    self.current = current
    self.incoming = incoming
    self.removed = removed
  }

  /// The one or two sets whose quorums are needed.
  public var sets: [MemberSet] {
    guard let incoming else { return [current] }
    if Mutant.isPlanted(.jointWithOldQuorumOnly) { return [current] }
    if Mutant.isPlanted(.jointWithNewQuorumOnly) { return [incoming] }
    return [current, incoming]
  }

  /// Every slave of either set, once.
  public var slaves: [Member] { union(\.slaves) }
  /// Every master of either set, once.
  public var masters: [Member] { union(\.masters) }

  /// The member with this id, in either set.
  public func member(_ id: NodeID) -> Member? {
    for set in [current, incoming].compactMap(\.self) {
      if let member = set.masters.first(where: { $0.id == id }) { return member }
      if let member = set.slaves.first(where: { $0.id == id }) { return member }
    }
    return nil
  }

  /// About how many bytes it takes in memory and on the wire.
  public var approximateSize: Int { 64 * (masters.count + slaves.count + 1) + 8 * removed.count }

  private func union(_ side: KeyPath<MemberSet, [Member]>) -> [Member] {
    guard let incoming else { return current[keyPath: side] }
    let known = current[keyPath: side]
    return known + incoming[keyPath: side].filter { new in !known.contains { $0.id == new.id } }
  }
}
