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

  // MARK: INFO

  func info(sections: ArraySlice<[UInt8]>) -> String {
    let wanted = Set(sections.map { String(decoding: $0, as: UTF8.self).lowercased() })
    let all = wanted.isEmpty || !wanted.isDisjoint(with: ["all", "everything", "default"])
    var text = ""
    for (name, fields) in infoSections() where all || wanted.contains(name.lowercased()) {
      if !text.isEmpty { text += "\r\n" }
      text += "# \(name)\r\n"
      for (key, value) in fields { text += "\(key):\(value)\r\n" }
    }
    return text
  }

  private func infoSections() -> [(String, [(String, String)])] {
    let now = BootClock.now()
    let sizes = fileSizes()
    let uptime = (now - startedAt) / 1_000_000_000
    let keys = (try? server.keyCount()) ?? 0
    let leader = confirmedMasterAddress
    let isMaster = confirmedMaster == identity.id
    var replication: [(String, String)] = [("role", isMaster ? "master" : "slave")]
    if isMaster {
      let followers = server.core.followers.filter { links[$0.key]?.peer.role == .slave }
      replication.append(("connected_slaves", "\(followers.values.count { $0.connected })"))
      for (position, item) in followers.sorted(by: { $0.key < $1.key }).enumerated() {
        guard let address = server.address(of: item.key).flatMap(HostAndPort.init) else { continue }
        replication.append(
          (
            "slave\(position)",
            "ip=\(address.host),port=\(address.port),state=online,offset=\(item.value.match),lag=\((now - item.value.lastAccepted) / 1_000_000_000)"
          ))
      }
    } else {
      replication += [
        ("master_host", leader?.host ?? ""), ("master_port", "\(leader?.port ?? 0)"),
        ("master_link_status", leader == nil ? "down" : "up"), ("connected_slaves", "0"),
      ]
    }
    replication.append(("master_repl_offset", "\(server.core.lastIndex)"))
    return [
      (
        "Server",
        [
          ("redis_version", redisVersion), ("kvorum_version", kvorumVersion), ("redis_mode", "standalone"),
          ("os", "Linux"), ("arch_bits", "64"), ("process_id", "\(getpid())"),
          ("run_id", identity.id.description), ("tcp_port", "\(listenAddress.port)"),
          ("uptime_in_seconds", "\(uptime)"), ("uptime_in_days", "\(uptime / 86_400)"),
        ]
      ),
      (
        "Clients",
        [("connected_clients", "\(server.sessionCount)"), ("blocked_clients", "\(server.waitingCount)")]
      ),
      ("Memory", [("used_memory", "\(residentBytes())"), ("maxmemory", "0")]),
      (
        "Persistence",
        [
          ("loading", "0"), ("aof_enabled", "1"), ("aof_last_write_status", "ok"),
          ("log_bytes", "\(sizes.log)"), ("replica_bytes", "\(sizes.replica)"), ("wal_bytes", "\(sizes.wal)"),
          ("log_base_index", "\(server.core.base.index)"),
        ]
      ),
      ("Replication", replication),
      (
        "Stats",
        [
          ("total_connections_received", "\(server.statistics.connections)"),
          ("total_commands_processed", "\(server.statistics.commands)"),
          ("total_writes", "\(server.statistics.writes)"),
          ("writes_in_doubt", "\(server.statistics.inDoubt)"),
        ] + audienceFigures
      ),
      ("Keyspace", keys == 0 ? [] : [("db0", "keys=\(keys),expires=0,avg_ttl=0")]),
      (
        "Kvorum",
        [
          ("cluster", server.core.cluster?.description ?? ""), ("node", identity.id.description),
          ("name", identity.name), ("node_role", configuration.role.rawValue),
          ("state", ownState.rawValue), ("epoch", server.core.epoch.description),
          ("last_index", "\(server.core.lastIndex)"), ("commit_index", "\(server.core.commitIndex)"),
          ("applied_index", "\(server.core.appliedIndex)"), ("unapplied_bytes", "\(server.unappliedBytes)"),
          ("lease_remaining_ms", "\(server.core.leaseRemaining(at: now) / 1_000_000)"),
          ("reigns_begun", "\(server.statistics.reigns)"),
        ]
      ),
    ]
  }

  private func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
