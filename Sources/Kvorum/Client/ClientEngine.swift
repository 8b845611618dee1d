import NIOCore
import NIOPosix
import RESP
import Synchronization

/// The sockets and timers around the failover machine.
///
/// One event loop owns everything but the inbox: callers put commands into the inbox, and the first one to
/// find it empty wakes the loop, so that many concurrent commands cost one wake-up and one write.
final class ClientEngine: @unchecked Sendable {
  /// A command on its way.
  struct Call {
    let bytes: ByteBuffer
    let kind: ClientRequest.Kind
    let timeout: TimeAmount
    let failsFast: Bool
    let continuation: CheckedContinuation<RESPValue, any Error>
  }

  let eventLoop: any EventLoop
  private let inbox = Mutex<[Call]>([])
  private let access: ClientAccess
  private let onLearned: @Sendable (ClusterStatus) -> Void

  private var machine: FailoverMachine
  private var calls: [UInt64: Call] = [:]
  private var nextCall: UInt64 = 0
  private var channels: [FailoverMachine.LinkID: (attempt: Int, channel: any Channel)] = [:]
  private var outgoing: [FailoverMachine.LinkID: ByteBuffer] = [:]
  private var effects: [FailoverMachine.Effect] = []
  private var isRunning = false
  private var delayedEvents: [FailoverMachine.Event] = []
  private var nextTick: (at: NIODeadline, task: Scheduled<Void>)?

  init(
    eventLoop: any EventLoop, masters: [Endpoint], access: ClientAccess, settings: FailoverSettings,
    onLearned: @escaping @Sendable (ClusterStatus) -> Void
  ) {
    self.eventLoop = eventLoop
    self.access = access
    self.onLearned = onLearned
    machine = FailoverMachine(
      masters: masters, settings: settings, seed: .random(in: .min ... .max), at: .now())
    eventLoop.execute { self.tick() }
  }

  /// Sends a command and waits for its answer.
  func send(
    _ bytes: ByteBuffer, kind: ClientRequest.Kind, timeout: TimeAmount, failsFast: Bool
  ) async throws -> RESPValue {
    try await withCheckedThrowingContinuation { continuation in
      let call = Call(
        bytes: bytes, kind: kind, timeout: timeout, failsFast: failsFast, continuation: continuation)
      let isFirst = inbox.withLock { calls in
        calls.append(call)
        return calls.count == 1
      }
      if isFirst { eventLoop.execute { self.takeInbox() } }
    }
  }

  /// The masters and how it stands with each.
  func reports() async -> [MasterReport] {
    await withCheckedContinuation { continuation in
      eventLoop.execute {
        continuation.resume(
          returning: self.machine.reports.map {
            MasterReport(
              endpoint: $0.endpoint, isActive: $0.isActive, isReachable: $0.isUp, node: $0.node,
              condition: $0.trouble)
          })
      }
    }
  }

  /// Makes every connection read at this level from now on.
  func choose(_ level: ReadConsistency) {
    eventLoop.execute {
      self.receive(.consistencyChosen(level))
      self.flush()
    }
  }

  /// Ends every command and every connection.
  func shutDown() {
    eventLoop.execute {
      self.takeInbox()
      self.receive(.shutDown)
      self.flush()
      self.nextTick?.task.cancel()
      self.nextTick = nil
    }
  }

  /// Gives news to the machine and follows its orders; `flush` must follow before the loop turns.
  func receive(_ event: FailoverMachine.Event) {
    eventLoop.preconditionInEventLoop()
    guard !isRunning else {
      // Closing a channel tells of its end at once, in the middle of other orders.
      delayedEvents.append(event)
      return
    }
    isRunning = true
    defer { isRunning = false }
    machine.receive(event, at: .now(), into: &effects)
    run()
    while !delayedEvents.isEmpty {
      machine.receive(delayedEvents.removeFirst(), at: .now(), into: &effects)
      run()
    }
  }

  /// Writes what the machine ordered, and sees to the next tick.
  func flush() {
    for (link, buffer) in outgoing where buffer.readableBytes > 0 {
      channels[link]?.channel.write(buffer, promise: nil)
    }
    for link in outgoing.keys { channels[link]?.channel.flush() }
    outgoing.removeAll(keepingCapacity: true)
    scheduleTick()
  }

  private func takeInbox() {
    let arrived = inbox.withLock { calls in
      let arrived = calls
      calls = []
      return arrived
    }
    let now = NIODeadline.now()
    for call in arrived {
      let id = nextCall
      nextCall += 1
      calls[id] = call
      receive(
        .submitted(
          ClientRequest(
            id: id, kind: call.kind, submitted: now, deadline: now + call.timeout, failsFast: call.failsFast))
      )
    }
    flush()
  }

  private func run() {
    for effect in effects {
      switch effect {
      case .connect(let link, let attempt, let endpoint): connect(link, attempt, endpoint)
      case .send(let link, let attempt, let message): write(message, to: link, attempt)
      case .disconnect(let link, let attempt):
        outgoing[link] = nil
        if let open = channels[link], open.attempt == attempt {
          channels[link] = nil
          open.channel.close(promise: nil)
        }
      case .complete(let id, let result):
        calls.removeValue(forKey: id)?.continuation.resume(with: result.mapError { $0 })
      case .learned(let status): onLearned(status)
      }
    }
    effects.removeAll(keepingCapacity: true)
  }

  private func write(_ message: FailoverMachine.Outgoing, to link: FailoverMachine.LinkID, _ attempt: Int) {
    guard let open = channels[link], open.attempt == attempt else { return }
    var buffer = outgoing.removeValue(forKey: link) ?? open.channel.allocator.buffer(capacity: 512)
    switch message {
    case .hello: buffer.writeRESPRequest(access.greeting)
    case .consistency(let level): buffer.writeRESPRequest(["KV.CONSISTENCY", level.rawValue])
    case .status: buffer.writeRESPRequest(["KV.STATUS"])
    case .ping: buffer.writeRESPRequest(["PING"])
    case .request(let id):
      guard let bytes = calls[id]?.bytes else { break }
      if bytes.readableBytes < 32 << 10 {
        buffer.writeImmutableBuffer(bytes)
      } else {
        // A large value is not worth a copy.
        open.channel.write(buffer, promise: nil)
        open.channel.write(bytes, promise: nil)
        buffer = open.channel.allocator.buffer(capacity: 512)
      }
    }
    outgoing[link] = buffer
  }

  private func connect(_ link: FailoverMachine.LinkID, _ attempt: Int, _ endpoint: Endpoint) {
    bootstrap(eventLoop, timeout: machine.settings.greeting)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try self.access.secure(channel, to: endpoint.host)
          try channel.pipeline.syncOperations.addHandler(
            LinkHandler(engine: self, link: link, attempt: attempt))
        }
      }
      .connect(host: endpoint.host, port: endpoint.port)
      .whenComplete { result in
        switch result {
        case .success(let channel):
          guard self.machine.links[link]?.attempt == attempt, channel.isActive else {
            channel.close(promise: nil)
            self.receive(.closed(link, attempt: attempt, reason: "closed the connection"))
            break
          }
          self.channels[link] = (attempt, channel)
          self.receive(.connected(link, attempt: attempt))
        case .failure(let error):
          self.receive(.connectFailed(link, attempt: attempt, reason: connectionTrouble(error)))
        }
        self.flush()
      }
  }

  private func tick() {
    nextTick = nil
    receive(.tick)
    flush()
  }

  private func scheduleTick() {
    guard !machine.isShutDown else { return }
    let due = NIODeadline.now() + machine.tickInterval
    if let nextTick {
      guard due < nextTick.at else { return }
      nextTick.task.cancel()
    }
    nextTick = (due, eventLoop.scheduleTask(deadline: due) { self.tick() })
  }
}

/// A bootstrap for connections whose peer may vanish without a word.
func bootstrap(_ eventLoop: any EventLoop, timeout: TimeAmount) -> ClientBootstrap {
  let bootstrap = ClientBootstrap(group: eventLoop)
    .connectTimeout(timeout)
    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
    .channelOption(.socketOption(.so_keepalive), value: 1)
  #if os(Linux)
    let userTimeout = NIOBSDSocket.Option(rawValue: 18)
    return bootstrap.channelOption(.tcpOption(userTimeout), value: 10_000)
  #else
    return bootstrap
  #endif
}
