import Foundation
import Replication

/// A configuration as the JSON text of a log row. Ids are hexadecimal texts, because JSON's numbers are
/// doubles for most readers.
enum ConfigurationCoding {
  static func encode(_ configuration: ClusterConfiguration) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(StoredConfiguration(configuration)))
  }

  /// Nil if the text is no configuration.
  static func decode(_ bytes: [UInt8]) -> ClusterConfiguration? {
    try? JSONDecoder().decode(StoredConfiguration.self, from: Data(bytes)).configuration
  }
}

private struct StoredConfiguration: Codable {
  var cluster: String
  var leaseMilliseconds: Int64
  var current: StoredMembers
  var incoming: StoredMembers?
  var removed: [String]

  init(_ configuration: ClusterConfiguration) {
    cluster = configuration.cluster.description
    leaseMilliseconds = configuration.leaseMilliseconds
    current = StoredMembers(configuration.current)
    incoming = configuration.incoming.map(StoredMembers.init)
    removed = configuration.removed.map(\.description)
  }

  var configuration: ClusterConfiguration? {
    guard let cluster = ClusterID(text: cluster), let current = current.members else { return nil }
    let incoming = self.incoming.map(\.members)
    let removed = self.removed.compactMap(NodeID.init(text:))
    guard removed.count == self.removed.count else { return nil }
    if case .some(nil) = incoming { return nil }
    return ClusterConfiguration(
      cluster: cluster, leaseMilliseconds: leaseMilliseconds, current: current, incoming: incoming ?? nil,
      removed: removed)
  }
}

private struct StoredMembers: Codable {
  var masters: [StoredMember]
  var slaves: [StoredMember]

  init(_ set: MemberSet) {
    masters = set.masters.map(StoredMember.init)
    slaves = set.slaves.map(StoredMember.init)
  }

  var members: MemberSet? {
    let set = MemberSet(masters: masters.compactMap(\.member), slaves: slaves.compactMap(\.member))
    return set.masters.count == masters.count && set.slaves.count == slaves.count ? set : nil
  }
}

private struct StoredMember: Codable {
  var id: String
  var name: String
  var address: String
  var role: String

  init(_ member: Member) {
    id = member.id.description
    name = member.name
    address = member.address
    role = member.role.rawValue
  }

  var member: Member? {
    guard let id = NodeID(text: id), let role = NodeRole(rawValue: role) else { return nil }
    return Member(id: id, name: name, address: address, role: role)
  }
}
