import Foundation
import Kvorum
import Replication
import Serving
import Storage
import Transport

// How the node and the cluster are, for people and for monitoring.

extension NodeLoop {
  struct Sizes {
    var log: Int64
    var replica: Int64
    var wal: Int64
  }

  func fileSizes() -> Sizes {
    func size(_ path: String) -> Int64 {
      var status = stat()
      return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
    let log = DataDirectory.log(in: configuration.dataDirectory)
    let replica = DataDirectory.replica(in: configuration.dataDirectory)
    return Sizes(
      log: size(log), replica: size(replica), wal: size(log + "-wal") + size(replica + "-wal"))
  }

  var ownState: NodeState {
    if quarantineReason != nil { return .quarantined }
    if server.core.isActive { return server.core.isHandingOver ? .handingOver : .active }
    if server.core.isCandidate { return .candidate }
    guard server.core.cluster != nil, let membership = server.core.configuration else { return .waiting }
    guard membership.member(identity.id) != nil else { return .joining }
    return configuration.role.isMaster ? .standby : .voting
  }

  func status() -> ClusterStatus {
    let now = BootClock.now()
    let membership = server.core.configuration
    let sets = membership?.sets ?? []
    let quorums = sets.map(\.quorum)
    let active = server.core.isActive ? identity.id : server.core.knownLeader
    return ClusterStatus(
      cluster: server.core.cluster?.description, reporter: reference(to: ownMember), state: ownState,
      active: active.flatMap { id in
        id == identity.id ? ownMember : membership?.member(id) ?? links[id].map { Member($0.peer) }
      }.map(reference), epoch: active == nil ? nil : server.core.epoch.description,
      n: quorums.map(\.slaves).max() ?? 0, writeQuorum: quorums.map(\.write).max() ?? 0,
      electionQuorum: quorums.map(\.election).max() ?? 0, toleratedFailures: toleratedFailures(sets),
      lease: LeaseStatus(
        valid: server.core.mayRead(at: now),
        remainingMilliseconds: server.core.leaseRemaining(at: now) / 1_000_000,
        lengthMilliseconds: server.core.leaseLength / 1_000_000),
      lastIndex: server.core.lastIndex, commitIndex: server.core.commitIndex,
      appliedIndex: server.core.appliedIndex,
      membershipChange: changeText(membership), nodes: nodes(membership, active: active, at: now))
  }

  private var ownMember: Member {
    Member(
      id: identity.id, name: identity.name, address: server.core.options.address, role: configuration.role)
  }

  private func reference(to member: Member) -> NodeReference {
    NodeReference(
      id: member.id.description, role: member.role.rawValue, name: member.name, address: member.address)
  }

  /// How many more slaves may fail, given those that are down now.
  private func toleratedFailures(_ sets: [MemberSet]) -> Int {
    sets.map { set in
      let living = set.slaves.count { $0.id == identity.id || links[$0.id] != nil }
      return max(0, living - max(set.quorum.write, set.quorum.election))
    }.min() ?? 0
  }

  private func changeText(_ membership: ClusterConfiguration?) -> String? {
    guard let membership, let incoming = membership.incoming else { return nil }
    let before = Set(membership.current.all.map(\.id))
    let after = Set(incoming.all.map(\.id))
    let joining = incoming.all.filter { !before.contains($0.id) }.map {
      "\($0.role.rawValue) \($0.name) joins"
    }
    let leaving = membership.current.all.filter { !after.contains($0.id) }
      .map { "\($0.role.rawValue) \($0.name) leaves" }
    return (joining + leaving).joined(separator: ", ")
  }

  private func nodes(
    _ membership: ClusterConfiguration?, active: NodeID?, at now: Instant
  ) -> [NodeStatus] {
    var members = (membership?.masters ?? []) + (membership?.slaves ?? [])
    if !members.contains(where: { $0.id == identity.id }) { members.append(ownMember) }
    for link in links.values.sorted(by: { $0.peer.id < $1.peer.id })
    where !members.contains(where: { $0.id == link.peer.id }) {
      members.append(Member(link.peer))
    }
    let followers = server.core.followers
    return members.map { member in
      node(member, membership, follower: followers[member.id], active: active, at: now)
    }
  }

  private func node(
    _ member: Member, _ membership: ClusterConfiguration?, follower: FollowerStatus?, active: NodeID?,
    at now: Instant
  ) -> NodeStatus {
    let isSelf = member.id == identity.id
    let peer = isSelf ? introduction : links[member.id]?.peer
    let report = isSelf ? ownReport : reports[member.id]
    let last = follower.map { max($0.match, report?.last.index ?? 0) } ?? report?.last.index ?? 0
    let applied = max(follower?.applied ?? 0, report?.applied ?? 0)
    let reference = server.core.isActive ? server.core.lastIndex : server.core.commitIndex
    let lease = follower.map { max(0, $0.leaseUntil - now) / 1_000_000 }
    return NodeStatus(
      id: member.id.description, name: member.name, role: member.role.rawValue,
      address: peer?.address ?? member.address,
      state: state(of: member, membership, isUp: peer != nil, active),
      connected: peer != nil, lastIndex: last, commitIndex: report?.commit, appliedIndex: applied,
      lagEntries: reference > last ? reference - last : 0,
      lagMilliseconds: follower.flatMap { status in
        status.match >= server.core.lastIndex
          ? 0
          : server.core.recentEntry(at: status.match + 1).map {
            $0.time > 0 ? max(0, BootClock.wallMilliseconds() - $0.time) : 0
          }
      }, applyLagEntries: server.core.commitIndex > applied ? server.core.commitIndex - applied : 0,
      leaseRemainingMilliseconds: lease, version: peer?.version, dataDirectory: peer?.dataDirectory,
      logBytes: report?.logBytes, replicaBytes: report?.replicaBytes, walBytes: report?.walBytes,
      logBaseIndex: report?.base, fillBytes: report.flatMap { $0.fillSize > 0 ? $0.filledBytes : nil },
      fillSize: report.flatMap { $0.fillSize > 0 ? $0.fillSize : nil },
      trouble: report.flatMap { $0.trouble.isEmpty ? nil : $0.trouble })
  }

  private func state(
    of member: Member, _ membership: ClusterConfiguration?, isUp: Bool, _ active: NodeID?
  ) -> NodeState {
    if member.id == identity.id { return ownState }
    if diverged.contains(member.id) || reports[member.id]?.state == NodeState.quarantined.rawValue {
      return .quarantined
    }
    guard isUp else { return .down }
    guard membership?.member(member.id) != nil else { return membership == nil ? .waiting : .learner }
    if member.id == active { return .active }
    return member.role.isMaster ? .standby : .voting
  }
}
