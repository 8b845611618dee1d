import Logging
import NIOCore
import NIOPosix
import Replication
import Transport

/// Keeps a link to one address up: connects, introduces this node, and tries again after a random, capped wait.
final class PeerDialer {
  private enum State {
    case idle
    case waiting(Scheduled<Void>)
    case connecting
    case linked(NodeID)
    case stopped
  }

  let address: HostAndPort
  private unowned let node: NodeLoop
  private var state: State = .idle
  private var backoff = ReconnectBackoff()
  private var random = SystemRandomNumberGenerator()
  private var lastComplaint = ""

  init(address: HostAndPort, node: NodeLoop) {
    self.address = address
    self.node = node
  }

  func start() {
    guard case .idle = state else { return }
    connect()
  }

  func stop() {
    if case .waiting(let task) = state { task.cancel() }
    state = .stopped
  }

  /// The link to a node went down, whoever had dialed it.
  func linkClosed(_ peer: NodeID) {
    if case .linked(let id) = state, id == peer { retry() }
  }

  private func retry() {
    if case .stopped = state { return }
    let task = node.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(backoff.next(using: &random))) {
      [self] in
      if case .waiting = state { connect() }
    }
    state = .waiting(task)
  }

  private func connect() {
    state = .connecting
    let bootstrap = ClientBootstrap(group: node.eventLoop)
      .connectTimeout(.seconds(1))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
    bootstrap.connect(host: address.host, port: address.port).assumeIsolated().whenComplete { [self] result in
      guard case .connecting = state else {
        if case .success(let channel) = result { channel.close(promise: nil) }
        return
      }
      switch result {
      case .success(let channel): introduce(on: channel)
      case .failure(let error): failed("\(error)")
      }
    }
  }

  private func introduce(on channel: any Channel) {
    let handler = IntroductionHandler { [self] result, rest in
      guard case .connecting = state else { return channel.close(promise: nil) }
      switch result {
      case .success(let peer):
        backoff.reset()
        lastComplaint = ""
        state = .linked(peer.id)
        node.dialed(peer, at: address, on: channel, rest: rest)
      case .failure(let error):
        channel.close(promise: nil)
        if let refusal = error as? PeerRefusal { node.refused(by: address, refusal) }
        failed("\(error)")
      }
    }
    do {
      try channel.pipeline.syncOperations.addHandler(handler)
      channel.writeAndFlush(try Handshake.introductionCommand(node.introduction), promise: nil)
    } catch {
      channel.close(promise: nil)
      failed("\(error)")
    }
  }

  private func failed(_ reason: String) {
    if reason != lastComplaint {
      lastComplaint = reason
      node.logger.debug("no link to \(address): \(reason)")
    }
    retry()
  }
}

/// Waits for the other node's introduction and then steps aside.
private final class IntroductionHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private var input = ByteBuffer()
  private var report: ((Result<PeerIntroduction, any Error>, ByteBuffer) -> Void)?
  private var timeout: Scheduled<Void>?

  init(report: @escaping (Result<PeerIntroduction, any Error>, ByteBuffer) -> Void) { self.report = report }

  func handlerAdded(context: ChannelHandlerContext) {
    // A stopped process still accepts connections: its kernel does.
    timeout = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(2)) { [weak self] in
      self?.finish(.failure(PeerSilence()), context: nil)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    input.writeBuffer(&bytes)
    do {
      guard let peer = try Handshake.parseIntroductionReply(from: &input) else { return }
      finish(.success(peer), context: context)
    } catch {
      finish(.failure(error), context: context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) { finish(.failure(PeerSilence()), context: nil) }

  private func finish(_ result: Result<PeerIntroduction, any Error>, context: ChannelHandlerContext?) {
    guard let report else { return }
    self.report = nil
    timeout?.cancel()
    context?.pipeline.syncOperations.removeHandler(self, promise: nil)
    report(result, input)
  }
}

private struct PeerSilence: Error, CustomStringConvertible {
  var description: String { "it accepted the connection and did not introduce itself" }
}
