import Commands
import Foundation
import Kvorum
import RESP
import Replication
import Serving
import Storage

// INFO: how the node is, for monitoring.

extension NodeLoop {
  func info(sections words: [[UInt8]]) -> String {
    var info = InfoText(sections: words)
    info.add("Server") { serverFields }
    info.add("Clients") { clientFields }
    info.add("Memory") { memoryFields }
    info.add("Persistence") { persistenceFields }
    info.add("Stats") { statisticsFields }
    info.add("Replication") { replicationFields }
    info.add("CPU") { processorFields }
    info.add("Modules") { [] }
    info.add("Commandstats", isDefault: false) { monitor.commands.fields }
    info.add("Errorstats") { monitor.errors.fields }
    info.add("Cluster") { [("cluster_enabled", "0")] }
    info.add("Keyspace") { keyspaceFields }
    info.add("Kvorum") { kvorumFields }
    return info.text
  }

  private var serverFields: [(String, String)] {
    let uptime = (BootClock.now() - startedAt) / 1_000_000_000
    let time = BootClock.wallMilliseconds() * 1_000
    return [
      ("redis_version", redisVersion), ("kvorum_version", kvorumVersion), ("redis_mode", "standalone"),
      ("os", "Linux"), ("arch_bits", "64"), ("process_id", "\(getpid())"),
      ("run_id", identity.id.description), ("tcp_port", "\(listenAddress.port)"),
      ("server_time_usec", "\(time)"), ("uptime_in_seconds", "\(uptime)"),
      ("uptime_in_days", "\(uptime / 86_400)"),
      ("executable", CommandLine.arguments.first ?? ""), ("config_file", ""),
    ]
  }

  private var clientFields: [(String, String)] {
    var fields = [
      ("connected_clients", "\(server.sessionCount)"), ("cluster_connections", "0"),
      ("maxclients", "\(clientLoad.connectionLimit)"),
      ("blocked_clients", "\(server.waitingCount + replicaWaits.count)"), ("tracking_clients", "0"),
    ]
    guard server.pause.isOn else { return fields + [("paused_actions", "none")] }
    let left = max(0, server.pause.end - BootClock.now()) / 1_000_000
    fields += [
      ("paused_reason", "client_pause"), ("paused_actions", server.pause.holdsReads ? "all" : "write"),
      ("paused_timeout_milliseconds", "\(left)"),
    ]
    return fields
  }

  private var memoryFields: [(String, String)] {
    let memory = ProcessMemory.now()
    return [
      ("used_memory", "\(memory.own)"), ("used_memory_human", InfoText.bytes(memory.own)),
      ("used_memory_rss", "\(memory.resident)"), ("used_memory_rss_human", InfoText.bytes(memory.resident)),
      ("used_memory_peak", "\(memory.peak)"), ("used_memory_peak_human", InfoText.bytes(memory.peak)),
      ("maxmemory", "0"), ("maxmemory_human", "0B"), ("maxmemory_policy", "noeviction"),
      ("mem_clients_normal", "\(clientLoad.bytes)"), ("mem_allocator", "libc"),
    ]
  }

  private var persistenceFields: [(String, String)] {
    let sizes = fileSizes()
    return [
      ("loading", "0"), ("rdb_bgsave_in_progress", "0"), ("aof_enabled", "1"),
      ("aof_rewrite_in_progress", "0"), ("aof_last_write_status", isDiskFull ? "err" : "ok"),
      ("aof_current_size", "\(sizes.log)"), ("log_bytes", "\(sizes.log)"),
      ("replica_bytes", "\(sizes.replica)"), ("wal_bytes", "\(sizes.wal)"),
      ("log_base_index", "\(server.core.base.index)"),
    ]
  }

  private var statisticsFields: [(String, String)] {
    func kilobytes(_ rate: RateMeter) -> String { String(format: "%.2f", Double(rate.perSecond) / 1_024) }
    return [
      ("total_connections_received", "\(server.statistics.connections)"),
      ("total_commands_processed", "\(server.statistics.commands)"),
      ("instantaneous_ops_per_sec", "\(monitor.commandRate.perSecond)"),
      ("total_net_input_bytes", "\(monitor.inputBytes)"),
      ("total_net_output_bytes", "\(monitor.outputBytes)"),
      ("instantaneous_input_kbps", kilobytes(monitor.inputRate)),
      ("instantaneous_output_kbps", kilobytes(monitor.outputRate)),
      ("rejected_connections", "\(monitor.rejectedConnections)"),
      ("expired_keys", "\(server.lookups.expired + server.statistics.expired)"), ("evicted_keys", "0"),
      ("evicted_clients", "\(monitor.evictedClients)"),
      ("keyspace_hits", "\(server.lookups.hits)"), ("keyspace_misses", "\(server.lookups.misses)"),
      ("total_error_replies", "\(monitor.errors.total)"),
      ("client_query_buffer_limit_disconnections", "\(monitor.inputDisconnections)"),
      (
        "client_output_buffer_limit_disconnections",
        "\(monitor.outputDisconnections + server.statistics.deafClients)"
      ),
      ("client_idle_disconnections", "\(monitor.idleDisconnections)"),
      ("total_writes", "\(server.statistics.writes)"), ("writes_in_doubt", "\(server.statistics.inDoubt)"),
    ] + audienceFigures
  }

  private var replicationFields: [(String, String)] {
    let now = BootClock.now()
    let isMaster = confirmedMaster == identity.id
    var fields = [("role", isMaster ? "master" : "slave")]
    if isMaster {
      let slaves = server.core.followers.filter { links[$0.key]?.peer.role == .slave && $0.value.connected }
        .sorted { $0.key < $1.key }
        .compactMap { id, status in
          server.address(of: id).flatMap(HostAndPort.init).map {
            (address: $0, status: status, isFilled: server.core.filling(of: id) != nil)
          }
        }
      fields.append(("connected_slaves", "\(slaves.count)"))
      for (position, slave) in slaves.enumerated() {
        let lag = max(0, now - slave.status.lastAccepted) / 1_000_000_000
        fields.append(
          (
            "slave\(position)",
            "ip=\(slave.address.host),port=\(slave.address.port),"
              + "state=\(slave.isFilled ? "send_bulk" : "online"),"
              + "offset=\(slave.status.match),lag=\(lag)"
          ))
      }
    } else {
      let address = confirmedMasterAddress
      let isUp = address != nil
      fields += [
        ("master_host", address?.host ?? ""), ("master_port", "\(address?.port ?? 0)"),
        ("master_link_status", isUp ? "up" : "down"), ("master_last_io_seconds_ago", isUp ? "0" : "-1"),
        ("master_sync_in_progress", server.core.beingFilled == nil ? "0" : "1"),
        ("slave_repl_offset", "\(server.core.lastIndex)"), ("slave_priority", "100"),
        ("slave_read_only", "1"), ("connected_slaves", "0"),
      ]
    }
    return fields + [
      ("master_failover_state", server.core.isHandingOver ? "failover-in-progress" : "no-failover"),
      ("master_replid", replicationID), ("master_repl_offset", "\(server.core.lastIndex)"),
    ]
  }

  /// Forty hexadecimal digits, as clients expect; the same in all nodes of a cluster.
  private var replicationID: String {
    let digits = (server.core.cluster?.description ?? "").lowercased().filter(\.isHexDigit)
    return String(digits.prefix(40)) + String(repeating: "0", count: max(0, 40 - digits.count))
  }

  private var processorFields: [(String, String)] {
    let times = ProcessTimes.now()
    return [
      ("used_cpu_sys", ProcessTimes.text(times.system)), ("used_cpu_user", ProcessTimes.text(times.user)),
    ]
  }

  private var keyspaceFields: [(String, String)] {
    let keys = (try? server.keyCount()) ?? 0
    guard keys > 0 else { return [] }
    let (expiring, end) = expiringKeys
    let left = expiring == 0 ? 0 : max(0, end - BootClock.wallMilliseconds())
    return [("db0", "keys=\(keys),expires=\(min(expiring, keys)),avg_ttl=\(left)")]
  }

  /// Of a million keys with an end this takes some milliseconds, so it is not asked more often than once a second.
  private var expiringKeys: (count: Int, averageEnd: Int64) {
    let now = BootClock.now()
    if now - monitor.expiringCountedAt > .milliseconds(1_000), let counted = try? server.expiringKeys() {
      monitor.expiringKeys = counted
      monitor.expiringCountedAt = now
    }
    return monitor.expiringKeys
  }

  private var kvorumFields: [(String, String)] {
    let now = BootClock.now()
    let quorums = (server.core.configuration?.sets ?? []).map(\.quorum)
    let active = server.core.isActive ? identity.id : server.core.knownLeader
    return [
      ("cluster", server.core.cluster?.description ?? ""), ("node", identity.id.description),
      ("name", identity.name), ("node_role", configuration.role.rawValue), ("state", ownState.rawValue),
      ("active", active?.description ?? ""), ("epoch", server.core.epoch.description),
      ("slaves", "\(quorums.map(\.slaves).max() ?? 0)"),
      ("write_quorum", "\(quorums.map(\.write).max() ?? 0)"),
      ("election_quorum", "\(quorums.map(\.election).max() ?? 0)"),
      ("last_index", "\(server.core.lastIndex)"), ("commit_index", "\(server.core.commitIndex)"),
      ("applied_index", "\(server.core.appliedIndex)"),
      ("lease_ms", "\(server.core.leaseLength / 1_000_000)"),
      ("lease_remaining_ms", "\(server.core.leaseRemaining(at: now) / 1_000_000)"),
      ("reigns_begun", "\(server.statistics.reigns)"),
      ("writes_in_doubt", "\(server.statistics.inDoubt)"),
      ("pending_writes", "\(server.unansweredWrites)"),
      ("unapplied_bytes", "\(server.unappliedBytes)"),
      ("unapplied_bytes_limit", "\(RequestServer.unappliedLimit)"),
      ("client_bytes", "\(clientLoad.bytes)"), ("client_bytes_limit", "\(clientLoad.memoryLimit)"),
      ("clients_not_read", "\(clients.values.count { !$0.isRead })"),
      ("waiting_requests", "\(clients.values.reduce(0) { $0 + $1.session.waitingCount })"),
      ("waiting_requests_limit", "\(Session.waitingLimit)"),
      ("waiting_bytes_limit", "\(Session.waitingBytesLimit)"),
      ("owed_replies", "\(clients.values.reduce(0) { $0 + $1.session.replyCount })"),
      ("owed_replies_limit", "\(Session.repliesLimit)"),
      ("request_arguments_limit", "\(RequestServer.argumentLimit - 1)"),
      ("request_bytes_limit", "\(clientLoad.requestLimits.maxTotalBytes)"),
      ("bulk_bytes_limit", "\(clientLoad.bulkLimit)"),
      ("key_bytes_limit", "\(configuration.maxKeyBytes)"),
      ("value_bytes_limit", "\(configuration.maxValueBytes)"),
    ]
  }
}
