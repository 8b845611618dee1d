import Logging
import NIOCore
import NIOPosix
import Replication
import TLS
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
      .channelInitializer { [tls = node.credentials.client, host = address.host] channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler(to: host)) }
        }
      }
    bootstrap.connect(host: address.host, port: address.port).assumeIsolated().whenComplete { [self] result in
      guard case .connecting = state else {
        if case .success(let channel) = result { channel.close(promise: nil) }
        return
      }
      switch result {
      case .success(let channel): introduce(on: channel)
      case .failure(let error): failed(error)
      }
    }
  }

  private func introduce(on channel: any Channel) {
    let handler = IntroductionHandler(node.introduction, node.credentials.secret) { [self] result, rest in
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
        failed(error)
      }
    }
    do {
      try channel.pipeline.syncOperations.addHandler(handler)
      channel.writeAndFlush(try handler.opening(), promise: nil)
    } catch {
      channel.close(promise: nil)
      failed(error)
    }
  }

  private func failed(_ error: any Error) {
    let trouble = TLSError.trouble(error)
    let reason = trouble ?? "\(error)"
    if reason != lastComplaint {
      lastComplaint = reason
      // That a node is down is nothing new; that it is not believed, or does not believe, does not mend itself.
      let isOfTrust = trouble != nil || error is PeerProtocolError || error is PeerRefusal
      node.logger.log(level: isOfTrust ? .warning : .debug, "no link to \(address): \(reason)")
    }
    retry()
  }
}

/// Makes sure that the other side knows the secret, if there is one, waits for its introduction and then steps aside.
private final class IntroductionHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private var input = ByteBuffer()
  private var report: ((Result<PeerIntroduction, any Error>, ByteBuffer) -> Void)?
  private var timeout: Scheduled<Void>?
  private let introduction: PeerIntroduction
  /// The secret and the nonce that was sent, until the other side has answered to it.
  private var question: (secret: PeerSecret, nonce: [UInt8])?

  init(
    _ introduction: PeerIntroduction, _ secret: PeerSecret?,
    report: @escaping (Result<PeerIntroduction, any Error>, ByteBuffer) -> Void
  ) {
    self.introduction = introduction
    self.report = report
    question = secret.map { ($0, PeerSecret.nonce()) }
  }

  /// What is sent first.
  func opening() throws -> ByteBuffer {
    if let question { return Handshake.request(PeerChallenge.opening(question.nonce)) }
    return try Handshake.introductionCommand(introduction)
  }

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
      if let question {
        guard let answer = try answer() else { return }
        let challenge = try PeerChallenge(answer: answer, nonce: question.nonce, secret: question.secret)
        self.question = nil
        let words = try Handshake.introductionCommand(introduction, challenge: challenge)
        context.writeAndFlush(NIOAny(words), promise: nil)
      }
      guard let peer = try Handshake.parseIntroductionReply(from: &input) else { return }
      finish(.success(peer), context: context)
    } catch {
      finish(.failure(error), context: context)
    }
  }

  /// The answer to the question. A refusal before it is nothing that a node of this cluster need have said.
  private func answer() throws -> [UInt8]? {
    do {
      return try Handshake.parseReply(from: &input)
    } catch let refusal as PeerRefusal {
      throw PeerProtocolError("The other side does not show that it knows the secret: \(refusal.reason)")
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Closing tells of the end at once, which would be taken for the reason.
    finish(.failure(error), context: nil)
    context.close(promise: nil)
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
