import Commands
import Serving

// MEMORY, SLOWLOG, LATENCY and what is refused in their company.

extension NodeLoop {
  /// The answer to a command on how the server is, or nil if it is none of these.
  func monitoringReply(_ command: Command, _ arguments: [[UInt8]]) -> Reply? {
    switch command.name {
    case "slowlog|get", "slowlog|len", "slowlog|reset": return monitor.slowLog.reply(arguments)
    case "latency|latest", "latency|history", "latency|reset", "latency|graph", "latency|doctor":
      return monitor.latency.reply(arguments, time: BootClock.wallMilliseconds() / 1_000)
    case "memory|doctor": return .verbatim(Array(memoryReport.utf8))
    case "memory|stats": return memoryStatistics
    case "memory|purge": return .ok
    case "memory|malloc-stats": return .text("Stats not supported for the current allocator")
    case "debug": return SessionReplies.debug
    case "cluster": return SessionReplies.cluster
    case "swapdb": return SessionReplies.swapDatabases(arguments)
    case "move": return SessionReplies.move(arguments)
    case "lolwut":
      return .verbatim(Array("Kvorum \(kvorumVersion) speaks as Redis ver. \(redisVersion)\n".utf8))
    default: return nil
    }
  }

  private var memoryReport: String {
    let held = clientLoad.bytes
    guard held > clientLoad.memoryLimit / 2 else {
      return "Nothing stands out: clients make this node hold \(InfoText.bytes(held)) of the "
        + "\(InfoText.bytes(clientLoad.memoryLimit)) that they may, and the keys are on disk.\n"
    }
    return
      "Clients make this node hold \(InfoText.bytes(held)) of the \(InfoText.bytes(clientLoad.memoryLimit)) that "
      + "they may. CLIENT LIST shows in tot-mem which of them.\n"
  }

  private var memoryStatistics: Reply {
    let memory = ProcessMemory.now()
    let keys = (try? server.keyCount()) ?? 0
    return .fields([
      "peak.allocated": .integer(Int64(memory.peak)),
      "total.allocated": .integer(Int64(memory.own)),
      "clients.normal": .integer(Int64(clientLoad.bytes)),
      "log.unapplied": .integer(Int64(server.unappliedBytes)),
      "keys.count": .integer(Int64(keys)),
      "process.resident": .integer(Int64(memory.resident)),
    ])
  }
}
