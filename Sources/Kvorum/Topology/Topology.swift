/// What a client knows of its cluster's nodes, learned from `KV.STATUS` and kept in the cache.
public struct Topology: Codable, Hashable, Sendable {
  /// A node and where it was last seen.
  public struct Node: Codable, Hashable, Sendable {
    /// Sixteen hexadecimal digits.
    public var id: String
    /// What people call it.
    public var name: String
    /// host:port.
    public var address: String
  }

  /// The cluster's identity, thirty-two hexadecimal digits.
  public var cluster: String
  /// The number of slaves that vote, n.
  public var n: Int
  /// The masters.
  public var masters: [Node]
  /// The slaves, learners included.
  public var slaves: [Node]

  /// What a status says of the nodes; nil before the cluster's birth, when there is nothing to know.
  init?(_ status: ClusterStatus) {
    guard let cluster = status.cluster else { return nil }
    self.cluster = cluster
    n = status.n
    let members = status.nodes.filter { $0.state != .removed && (try? Endpoint($0.address)) != nil }
    func nodes(_ chosen: (NodeStatus) -> Bool) -> [Node] {
      members.filter(chosen).map { Node(id: $0.id, name: $0.name, address: $0.address) }
        .sorted { ($0.id, $0.address) < ($1.id, $1.address) }
    }
    masters = nodes { $0.role != "slave" }
    slaves = nodes { $0.role == "slave" }
  }
}
