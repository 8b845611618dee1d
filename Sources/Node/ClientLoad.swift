import DequeModule
import Logging
import NIOCore
import Replication

/// What the clients of a node hold of it, and what they may (design 7: memory is bounded, others are unaffected).
final class ClientLoad {
  /// Connections beyond the limit that are given a moment to say that they are nodes.
  private static let surplusLimit = 32

  /// How many connections clients may have.
  let connectionLimit: Int
  /// How many bytes they may make the node hold, all of them together.
  let memoryLimit: Int
  private(set) var bytes = 0
  private var surplus = 0
  var isReliefPlanned = false
  /// When the clients' share of the present turn of the event loop ends; nil before the first request of the turn.
  var turnEnd: Instant?
  /// Who has requests that are looked at in a later turn, in the order in which they were put off.
  var putOff: Deque<ClientHandler> = []
  var isReturnPlanned = false

  init(connectionLimit: Int, memoryLimit: Int) {
    self.connectionLimit = connectionLimit
    self.memoryLimit = memoryLimit
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
    for client in clients.values.sorted(by: { $0.heldBytes > $1.heldBytes }) where clientLoad.isTooMuch {
      logger.warning(
        "closes the client \(client.remoteAddress), which holds \(client.heldBytes >> 10) KiB",
        metadata: ["all": "\(clientLoad.bytes >> 10) KiB", "limit": "\(clientLoad.memoryLimit >> 10) KiB"])
      client.evict()
    }
  }
}
