import Commands
import Replication
import Serving

/// What a node notes of the commands that it executes, for people: counts, slow ones, and the rate.
final class NodeMonitor {
  var slowLog = SlowLog()
  var latency = LatencyMonitor()
  var commands = CommandStatistics()
  var errors = ErrorStatistics()
  var commandRate = RateMeter()
  var inputRate = RateMeter()
  var outputRate = RateMeter()
  /// Connections that were refused because there were too many.
  var rejectedConnections: UInt64 = 0
  /// Clients that were closed because all of them together held too much.
  var evictedClients: UInt64 = 0
  /// Clients that were closed because their output was over its limit.
  var outputDisconnections: UInt64 = 0
  /// Clients that were closed because what they sent was over a limit or not the protocol.
  var inputDisconnections: UInt64 = 0
  /// Clients that were closed because they were idle for too long.
  var idleDisconnections: UInt64 = 0
  /// How many keys have an end, and when on average, as it was a moment ago.
  var expiringKeys: (count: Int, averageEnd: Int64) = (0, 0)
  var expiringCountedAt: Instant = .distantPast
  var inputBytes: UInt64 = 0
  var outputBytes: UInt64 = 0

  /// Notes a command that a client's request has come to.
  func note(_ request: [[UInt8]], of client: ClientHandler, nanoseconds: Nanoseconds) {
    let session = client.session
    guard let command = session.lastCommand else { return }
    commands.note(command, nanoseconds: nanoseconds, error: session.newestError)
    if slowLog.isSlow(nanoseconds: nanoseconds), !command.name.hasPrefix("slowlog") {
      slowLog.note(
        command.redacted(request), nanoseconds: nanoseconds, time: BootClock.wallMilliseconds() / 1_000,
        address: client.remoteAddress, name: client.name)
    }
    if latency.threshold > 0 {
      latency.note(
        command.flags.contains(.fast) ? "fast-command" : "command", nanoseconds: nanoseconds,
        time: BootClock.wallMilliseconds() / 1_000)
    }
  }

  /// Begins to count again, for CONFIG RESETSTAT.
  func reset() {
    commands = CommandStatistics()
    errors = ErrorStatistics()
    (commandRate, inputRate, outputRate) = (RateMeter(), RateMeter(), RateMeter())
    (rejectedConnections, evictedClients, outputDisconnections) = (0, 0, 0)
    (inputDisconnections, idleDisconnections, inputBytes, outputBytes) = (0, 0, 0, 0)
  }
}

extension NodeLoop {
  func executed(_ request: Request, for session: Session, since begun: Instant) {
    guard let client = clients[session.id] else { return }
    monitor.note(request.arguments, of: client, nanoseconds: BootClock.now() - begun)
  }

  func measureRates() {
    let time = BootClock.now().nanoseconds
    monitor.commandRate.note(server.statistics.commands, at: time)
    monitor.inputRate.note(monitor.inputBytes, at: time)
    monitor.outputRate.note(monitor.outputBytes, at: time)
  }
}
