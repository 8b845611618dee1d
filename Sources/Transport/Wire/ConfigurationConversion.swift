import Replication
import SwiftProtobuf

extension ClusterConfiguration {
  /// The configuration as a message on the wire.
  func wireBytes() throws -> [UInt8] { try WireClusterConfiguration(self).serializedBytes() }

  /// Reads the configuration of an entry; throws `PeerProtocolError` if it is none.
  init(wireBytes: [UInt8], entry index: LogIndex) throws {
    do {
      self = try WireClusterConfiguration(serializedBytes: wireBytes).configuration()
    } catch {
      throw PeerProtocolError("Entry \(index) holds a configuration that is not valid: \(error)")
    }
  }
}

extension WireClusterConfiguration {
  init(_ configuration: ClusterConfiguration) {
    cluster = WireClusterId(configuration.cluster)
    leaseMilliseconds = configuration.leaseMilliseconds
    current = WireMemberSet(configuration.current)
    if let incoming = configuration.incoming { self.incoming = WireMemberSet(incoming) }
    removed = configuration.removed.map(\.rawValue)
  }

  func configuration() throws -> ClusterConfiguration {
    guard hasCluster else { throw PeerProtocolError("It has no cluster id.") }
    guard (1...86_400_000).contains(leaseMilliseconds) else {
      throw PeerProtocolError("Its lease is \(leaseMilliseconds) ms; allowed are 1 ms to a day.")
    }
    guard hasCurrent else { throw PeerProtocolError("It has no members.") }
    return ClusterConfiguration(
      cluster: cluster.clusterID, leaseMilliseconds: leaseMilliseconds, current: try current.memberSet(),
      incoming: hasIncoming ? try incoming.memberSet() : nil,
      removed: try removed.map { try Checks.node($0, "list of removed nodes") })
  }
}

extension WireClusterId {
  init(_ cluster: ClusterID) {
    high = cluster.high
    low = cluster.low
  }

  var clusterID: ClusterID { ClusterID(high: high, low: low) }
}

extension WireMemberSet {
  init(_ set: MemberSet) {
    masters = set.masters.map(WireMember.init)
    slaves = set.slaves.map(WireMember.init)
  }

  func memberSet() throws -> MemberSet {
    let set = MemberSet(
      masters: try masters.map { try $0.member() }, slaves: try slaves.map { try $0.member() })
    guard !set.masters.isEmpty, !set.slaves.isEmpty else {
      throw PeerProtocolError("It has no master or no slave.")
    }
    guard set.masters.allSatisfy(\.role.isMaster), !set.slaves.contains(where: \.role.isMaster) else {
      throw PeerProtocolError("It lists a slave as a master or a master as a slave.")
    }
    guard Set(set.all.map(\.id)).count == set.all.count else {
      throw PeerProtocolError("It lists the same node twice.")
    }
    return set
  }
}

extension WireMember {
  init(_ member: Member) {
    id = member.id.rawValue
    name = member.name
    address = member.address
    role = WireRole(member.role)
  }

  func member() throws -> Member {
    Member(
      id: try Checks.node(id, "member \(name)"), name: name, address: address,
      role: try role.nodeRole("member \(name)"))
  }
}

extension WireRole {
  init(_ role: NodeRole) {
    self =
      switch role {
      case .primary: .primary
      case .backup: .backup
      case .slave: .slave
      }
  }

  func nodeRole(_ what: @autoclosure () -> String) throws -> NodeRole {
    switch self {
    case .primary: return .primary
    case .backup: return .backup
    case .slave: return .slave
    case .unspecified, .UNRECOGNIZED:
      throw PeerProtocolError("The \(what()) has a role that this release does not know.")
    }
  }
}
