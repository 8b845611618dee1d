import Replication

/// Who a node is for as long as its log.db lives.
public struct NodeIdentity: Hashable, Sendable {
  /// Never used by another log.db.
  public var id: NodeID
  /// What people call it; empty as long as the role is undecided.
  public var name: String
  /// What it was first started as; nil in a directory that was made offline, until it is started.
  public var role: NodeRole?
  /// Where it listens, as host:port, so that it comes back at the same place; nil until it is known.
  public var listenAddress: String?
  /// When the log.db was made, in milliseconds of Unix time.
  public var createdAt: Int64

  /// Makes an identity from its parts.
  public init(id: NodeID, name: String, role: NodeRole?, listenAddress: String? = nil, createdAt: Int64) {
    self.id = id
    self.name = name
    self.role = role
    self.listenAddress = listenAddress
    self.createdAt = createdAt
  }
}
