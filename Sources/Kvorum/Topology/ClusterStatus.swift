/// What one node knows of its cluster: the answer of `KV.STATUS` and of `kvorum status --json`.
///
/// The JSON keys are the property names in snake_case. A later version may add keys; readers skip what
/// they do not know.
public struct ClusterStatus: Codable, Hashable, Sendable {
  /// The cluster's identity, thirty-two hexadecimal digits; nil before the cluster's birth.
  public var cluster: String?
  /// The node that reports.
  public var reporter: NodeReference
  /// What the reporter is doing now.
  public var state: NodeState
  /// The master that the reporter believes to be active; nil if it knows none.
  public var active: NodeReference?
  /// The epoch in which that master leads, as `round-master`; nil if the reporter knows none.
  public var epoch: String?
  /// The number of slaves that vote, n; the larger of the two during a change of membership.
  public var n: Int
  /// W, how many slaves must hold an entry on disk before it is committed.
  public var writeQuorum: Int
  /// R, how many slaves must promise before a master leads.
  public var electionQuorum: Int
  /// How many more slaves may be lost now with writes going on and a failover still possible.
  public var toleratedFailures: Int
  /// The reporter's lease.
  public var lease: LeaseStatus
  /// The last index of the reporter's log.
  public var lastIndex: UInt64
  /// The highest index that the reporter knows to be committed.
  public var commitIndex: UInt64
  /// The highest index in the reporter's replica.db.
  public var appliedIndex: UInt64
  /// The change of membership under way, as a sentence; nil if none.
  public var membershipChange: String?
  /// Every node of the configuration in force and every learner, masters first.
  public var nodes: [NodeStatus]

  /// Makes a status from its parts.
  public init(
    cluster: String?, reporter: NodeReference, state: NodeState, active: NodeReference?, epoch: String?,
    n: Int, writeQuorum: Int, electionQuorum: Int, toleratedFailures: Int, lease: LeaseStatus,
    lastIndex: UInt64, commitIndex: UInt64, appliedIndex: UInt64, membershipChange: String? = nil,
    nodes: [NodeStatus]
  ) {
    self.cluster = cluster
    self.reporter = reporter
    self.state = state
    self.active = active
    self.epoch = epoch
    self.n = n
    self.writeQuorum = writeQuorum
    self.electionQuorum = electionQuorum
    self.toleratedFailures = toleratedFailures
    self.lease = lease
    self.lastIndex = lastIndex
    self.commitIndex = commitIndex
    self.appliedIndex = appliedIndex
    self.membershipChange = membershipChange
    self.nodes = nodes
  }

  private enum CodingKeys: String, CodingKey {
    case cluster, reporter, state, active, epoch, n, lease, nodes
    case writeQuorum = "write_quorum"
    case electionQuorum = "election_quorum"
    case toleratedFailures = "tolerated_failures"
    case lastIndex = "last_index"
    case commitIndex = "commit_index"
    case appliedIndex = "applied_index"
    case membershipChange = "membership_change"
  }
}

/// A node's name and address in a status.
public struct NodeReference: Codable, Hashable, Sendable {
  /// Sixteen hexadecimal digits.
  public var id: String
  /// `primary`, `backup` or `slave`.
  public var role: String
  /// What people call it.
  public var name: String
  /// Where it listens, as host:port.
  public var address: String

  /// Makes a reference from its parts.
  public init(id: String, role: String, name: String, address: String) {
    self.id = id
    self.role = role
    self.name = name
    self.address = address
  }
}

/// A master's lease as its reporter sees it.
public struct LeaseStatus: Codable, Hashable, Sendable {
  /// Whether the reporter may answer a linearizable read by lease now.
  public var valid: Bool
  /// Milliseconds until it ends; 0 if it is not valid.
  public var remainingMilliseconds: Int64
  /// L, the length of a lease in milliseconds.
  public var lengthMilliseconds: Int64

  /// Makes a lease status from its parts.
  public init(valid: Bool, remainingMilliseconds: Int64, lengthMilliseconds: Int64) {
    self.valid = valid
    self.remainingMilliseconds = remainingMilliseconds
    self.lengthMilliseconds = lengthMilliseconds
  }

  private enum CodingKeys: String, CodingKey {
    case valid
    case remainingMilliseconds = "remaining_milliseconds"
    case lengthMilliseconds = "length_milliseconds"
  }
}
