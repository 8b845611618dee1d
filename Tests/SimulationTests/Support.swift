import Replication

@testable import Simulation

func memberSet(masters: [NodeID], slaves: [NodeID]) -> MemberSet {
  MemberSet(
    masters: masters.map { Member(id: $0, name: "m\($0)", address: "m\($0):1", role: .backup) },
    slaves: slaves.map { Member(id: $0, name: "s\($0)", address: "s\($0):1", role: .slave) })
}

func configuration(
  _ current: MemberSet, incoming: MemberSet? = nil, removed: [NodeID] = [], cluster: UInt64 = 1
) -> ClusterConfiguration {
  ClusterConfiguration(
    cluster: ClusterID(high: cluster, low: 0), leaseMilliseconds: 500, current: current, incoming: incoming,
    removed: removed)
}
