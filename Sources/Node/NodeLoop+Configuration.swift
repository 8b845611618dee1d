import Commands
import RESP
import Replication
import Serving

// CONFIG: what a node was told when it started, and what of it may change while it runs.

extension NodeLoop {
  func configure(_ command: Command, _ arguments: [[UInt8]]) -> Reply {
    switch command.name {
    case "config|get": return SessionReplies.configGet(arguments, parameters: configurationParameters)
    case "config|set":
      do {
        for change in try ConfigurationParameter.changes(arguments, of: configurationParameters) {
          apply(change)
        }
        return .ok
      } catch {
        return .error(error.text)
      }
    case "config|resetstat":
      let reigns = server.statistics.reigns
      server.statistics = ServingStatistics()
      server.statistics.reigns = reigns
      server.lookups.reset()
      monitor.reset()
      return .ok
    default: return .error("ERR The server is running without a config file")
    }
  }

  private var configurationParameters: [ConfigurationParameter] {
    changeableParameters + fixedParameters
  }

  private var changeableParameters: [ConfigurationParameter] {
    let largestValue = Int64(configuration.maxValueBytes)
    return [
      .init("maxclients", "\(clientLoad.connectionLimit)", .number(1...Int64(clientLoad.mostConnections))),
      .init(
        "maxmemory-clients", "\(clientLoad.memoryLimit)",
        .bytes(max(16 << 20, 4 * largestValue)...Int64.max)),
      .init("timeout", "\(clientLoad.idleSeconds)", .number(0...Int64(Int32.max))),
      .init(
        "proto-max-bulk-len", "\(clientLoad.bulkLimit)", .bytes(min(1 << 20, largestValue)...largestValue)),
      .init(
        "client-output-buffer-limit", clientLoad.outputLimits.map(\.text).joined(separator: " "),
        .outputLimits),
      .init("slowlog-log-slower-than", "\(monitor.slowLog.threshold)", .number(-1...Int64.max)),
      .init("slowlog-max-len", "\(monitor.slowLog.limit)", .number(0...Int64(1 << 20))),
      .init("notify-keyspace-events", audience.keyEvents.description, .keyEvents),
      .init("latency-monitor-threshold", "\(monitor.latency.threshold)", .number(0...Int64.max)),
    ]
  }

  private var fixedParameters: [ConfigurationParameter] {
    [
      .init("appendfsync", "always"), .init("appendonly", "yes"), .init("bind", listenAddress.host),
      .init("cluster-enabled", "no"), .init("databases", "1"), .init("dir", configuration.dataDirectory),
      .init("enable-debug-command", "no"), .init("maxmemory", "0"), .init("maxmemory-policy", "noeviction"),
      .init("port", "\(listenAddress.port)"), .init("replica-read-only", "yes"), .init("save", ""),
      .init("tcp-keepalive", "0"), .init("archive", configuration.archiveDirectory ?? ""),
      .init("lease", "\(server.core.leaseLength / 1_000_000)"),
      .init("max-key-bytes", "\(configuration.maxKeyBytes)"),
      .init("max-slave-lag", "\(configuration.maxSlaveLag)"),
      .init("max-value-bytes", "\(configuration.maxValueBytes)"),
      .init("read-timeout", "\(configuration.readTimeoutMilliseconds)"),
      .init("scrub-rate", "\(configuration.scrubBytesPerSecond)"),
      .init("snapshot-rate", "\(configuration.snapshotBytesPerSecond)"),
      .init("write-timeout", "\(configuration.writeTimeoutMilliseconds)"),
    ]
  }

  private func apply(_ change: ConfigurationParameter.Change) {
    switch (change.name, change.value) {
    case ("maxclients", .number(let count)): clientLoad.connectionLimit = Int(count)
    case ("maxmemory-clients", .number(let bytes)):
      clientLoad.memoryLimit = Int(bytes)
      if clientLoad.isTooMuch { planRelief() }
    case ("timeout", .number(let seconds)): clientLoad.idleSeconds = seconds
    case ("proto-max-bulk-len", .number(let bytes)):
      clientLoad.bulkLimit = Int(bytes)
      for client in clients.values { client.limitBulk() }
    case ("client-output-buffer-limit", .outputLimits(let limits)):
      for limit in limits {
        guard let place = clientLoad.outputLimits.firstIndex(where: { $0.kind == limit.kind }) else {
          continue
        }
        clientLoad.outputLimits[place] = limit
      }
    case ("slowlog-log-slower-than", .number(let microseconds)): monitor.slowLog.threshold = microseconds
    case ("slowlog-max-len", .number(let count)): monitor.slowLog.limit = Int(count)
    case ("notify-keyspace-events", .keyEvents(let flags)): choose(flags)
    case ("latency-monitor-threshold", .number(let milliseconds)):
      monitor.latency.threshold = milliseconds
    default: preconditionFailure("\(change.name) is declared as changeable and nothing changes it")
    }
  }
}
