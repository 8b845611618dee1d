import Commands
import DequeModule
import Logging
import NIOCore
import RESP
import Replication

/// What the clients of a node hold of it, and what they may (design 7: memory is bounded, others are unaffected).
final class ClientLoad {
  /// Connections beyond the limit that are given a moment to say that they are nodes.
  private static let surplusLimit = 32

  /// How many connections clients may have.
  var connectionLimit: Int
  /// How many connections the system allows.
  let mostConnections: Int
  /// How many bytes they may make the node hold, all of them together.
  var memoryLimit: Int
  /// After how many seconds without a request a client is closed; 0 for never.
  var idleSeconds: Int64 = 0
  /// How much output clients of a kind may leave lying.
  var outputLimits = OutputLimit.standard
  /// What one request may hold when a node starts.
  let requestLimits: RESPLimits
  /// The longest value that may be sent.
  var bulkLimit: Int
  private(set) var bytes = 0
  private var surplus = 0
  var isReliefPlanned = false
  /// When the clients' share of the present turn of the event loop ends; nil before the first request of the turn.
  var turnEnd: Instant?
  /// Who has requests that are looked at in a later turn, in the order in which they were put off.
  var putOff: Deque<ClientHandler> = []
  var isReturnPlanned = false

  init(connectionLimit: Int, memoryLimit: Int, requestLimits: RESPLimits, bulkLimit: Int) {
    self.connectionLimit = connectionLimit
    mostConnections = connectionLimit
    self.memoryLimit = memoryLimit
    self.requestLimits = requestLimits
    self.bulkLimit = bulkLimit
  }

  /// What one request may hold at present.
  var limits: RESPLimits {
    var limits = requestLimits
    limits.maxBulkBytes = min(limits.maxBulkBytes, bulkLimit + RESPLimits.roomBesideValue)
    return limits
  }

  var isTooMuch: Bool { bytes > memoryLimit }

  func change(by difference: Int) { bytes += difference }

  /// Lets in a connection beyond the limit, which may be another node's; false if there are many of those already.
  func admitSurplus() -> Bool {
    guard surplus < Self.surplusLimit else { return false }
    surplus += 1
    return true
  }

  func leaveSurplus() { surplus -= 1 }
}

extension NodeLoop {
  /// How long clients are served in one turn of the event loop: links and timers must have theirs, or a crowd would
  /// cost a master its lease.
  private static let clientShare: Nanoseconds = .milliseconds(10)

  /// After how long a long piece of work goes on. A task that is due already runs before the sockets are looked at
  /// again: time that passes before the present one ends must not make the next one due.
  static let pause = TimeAmount.microseconds(500)

  /// Whether clients have had their share of this turn.
  func isShareUsedUp(at now: Instant) -> Bool {
    if let end = clientLoad.turnEnd { return now > end }
    clientLoad.turnEnd = now + Self.clientShare
    eventLoop.execute { [self] in clientLoad.turnEnd = nil }
    return false
  }

  /// Goes on with a client in a later turn, after those that were put off before it.
  func putOff(_ client: ClientHandler) {
    clientLoad.putOff.append(client)
    planReturn()
  }

  private func planReturn() {
    guard !clientLoad.isReturnPlanned else { return }
    clientLoad.isReturnPlanned = true
    eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in
      while let client = clientLoad.putOff.popFirst() {
        client.goOn()
        keepLead()
        if isShareUsedUp(at: BootClock.now()) { break }
      }
      // Last of all, so that nothing that is done here plans the next one earlier.
      clientLoad.isReturnPlanned = false
      if !clientLoad.putOff.isEmpty { planReturn() }
    }
  }

  /// Looks after this turn of the event loop for the clients that hold most, and closes them.
  func planRelief() {
    guard !clientLoad.isReliefPlanned else { return }
    clientLoad.isReliefPlanned = true
    eventLoop.execute { [self] in
      clientLoad.isReliefPlanned = false
      relieve()
    }
  }

  private func relieve() {
    // What has left through the sockets meanwhile is not known yet.
    for client in clients.values {
      client.lookAtUnsent()
      client.account()
    }
    guard clientLoad.isTooMuch else { return }
    let order = clients.values.filter { !$0.isKept }.sorted { $0.heldBytes > $1.heldBytes }
    for client in order where clientLoad.isTooMuch {
      monitor.evictedClients += 1
      logger.warning(
        "closes the client \(client.remoteAddress), which holds \(client.heldBytes >> 10) KiB",
        metadata: ["all": "\(clientLoad.bytes >> 10) KiB", "limit": "\(clientLoad.memoryLimit >> 10) KiB"])
      client.evict()
    }
  }
}

extension RESPLimits {
  /// What a key, a name or an option may need where a value could stand.
  static let roomBesideValue = 64 << 10
}

extension NodeConfiguration {
  /// What one request may hold.
  var requestLimits: RESPLimits {
    RESPLimits(
      maxBulkBytes: max(maxValueBytes, maxKeyBytes) + RESPLimits.roomBesideValue,
      maxTotalBytes: 2 * maxValueBytes + (1 << 20))
  }
}
