@testable import Replication

/// An id whose first digits say the name: "m1" is a001…, "s3" is 5003…, a second life of it 5003…0002.
func id(_ name: String, life: UInt64 = 1) -> NodeID {
  let kind: UInt64 = name.hasPrefix("m") ? 0xA000 : 0x5000
  guard let number = UInt64(name.dropFirst()), number < 0x1000 else {
    preconditionFailure("a node is called m1 or s1, not \(name)")
  }
  return NodeID((kind | number) << 48 | life)
}

func member(_ name: String, life: UInt64 = 1, role: NodeRole? = nil) -> Member {
  let role = role ?? (name == "m1" ? .primary : name.hasPrefix("m") ? .backup : .slave)
  return Member(id: id(name, life: life), name: name, address: "\(name):1", role: role)
}

func members(_ names: String...) -> MemberSet {
  MemberSet(
    masters: names.filter { $0.hasPrefix("m") }.map { member($0) },
    slaves: names.filter { $0.hasPrefix("s") }.map { member($0) })
}

/// Masters m1 and m2 with slaves s1 to sn.
func members(slaves: Int) -> MemberSet {
  MemberSet(
    masters: [member("m1"), member("m2")], slaves: (0..<slaves).map { member("s\($0 + 1)") })
}

let testCluster = ClusterID(high: 0xC1, low: 0xC2)

func configuration(
  _ current: MemberSet, incoming: MemberSet? = nil, removed: [NodeID] = [], lease: Int64 = 500
) -> ClusterConfiguration {
  ClusterConfiguration(
    cluster: testCluster, leaseMilliseconds: lease, current: current, incoming: incoming, removed: removed)
}

func epoch(_ round: UInt64, _ master: String = "m1") -> Epoch { Epoch(round: round, master: id(master)) }

func position(_ round: UInt64, _ index: LogIndex, _ master: String = "m1") -> LogPosition {
  LogPosition(epoch: index == 0 ? .zero : epoch(round, master), index: index)
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func put(_ index: LogIndex, _ epoch: Epoch, _ value: String = "v") -> Entry {
  Entry(index: index, epoch: epoch, time: 0, payload: .mutations([.put(bytes("k\(index)"), bytes(value))]))
}

func configured(_ index: LogIndex, _ epoch: Epoch, _ configuration: ClusterConfiguration) -> Entry {
  Entry(index: index, epoch: epoch, time: 0, payload: .configuration(configuration))
}

func introduction(_ name: String, life: UInt64 = 1, cluster: ClusterID? = testCluster) -> PeerIntroduction {
  let member = member(name, life: life)
  return PeerIntroduction(
    id: member.id, role: member.role, name: member.name, address: member.address, cluster: cluster,
    version: "test", dataDirectory: "/data/\(name)")
}

extension RecoveredState {
  /// What a disk with these entries gives back.
  init(entries: [Entry], hard: HardState, commit: LogIndex = 0, applied: LogIndex = 0) {
    var reigns: [Reign] = []
    var configurations: [IndexedConfiguration] = []
    for entry in entries {
      if reigns.last?.epoch != entry.epoch { reigns.append(Reign(first: entry.index, epoch: entry.epoch)) }
      if case .configuration(let configuration) = entry.payload {
        configurations.append(IndexedConfiguration(index: entry.index, configuration: configuration))
      }
    }
    self.init(
      hardState: hard, lastIndex: entries.last?.index ?? 0, reigns: reigns, configurations: configurations,
      commit: commit, applied: applied, unapplied: entries.filter { $0.index > applied })
  }
}
