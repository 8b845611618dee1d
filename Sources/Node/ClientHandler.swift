import Commands
import NIOCore
import RESP
import Replication
import Serving

/// One client connection: bytes in, requests to the server, replies out as the session lets them go.
///
/// Lives on the node's event loop, like everything it touches.
final class ClientHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let session: Session
  let connectedAt: Int64
  var name: [UInt8] = []
  var libraryName: [UInt8] = []
  var libraryVersion: [UInt8] = []
  var version: RESPVersion = .v2
  var lastCommand = ""
  private(set) var lastRequest = BootClock.now()
  private var channel: (any Channel)?

  private unowned let node: NodeLoop
  private var decoder: RESPRequestDecoder
  private var input = ByteBuffer()
  private var output = ByteBuffer()
  private var context: ChannelHandlerContext?
  private var isReading = true

  init(id: UInt64, node: NodeLoop, limits: RESPLimits, now: Int64) {
    session = Session(id: id, server: node.server)
    self.node = node
    connectedAt = now
    decoder = RESPRequestDecoder(limits: limits)
  }

  var remoteAddress: String { channel?.remoteAddress.map(Self.text) ?? "" }
  var localAddress: String { channel?.localAddress.map(Self.text) ?? "" }

  private static func text(_ address: SocketAddress) -> String {
    "\(address.ipAddress ?? "unix"):\(address.port ?? 0)"
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    channel = context.channel
  }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelActive(context: ChannelHandlerContext) {
    node.clients[session.id] = self
    session.opened(self)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    closed()
    context.fireChannelInactive()
  }

  private func closed() {
    node.clients[session.id] = nil
    if node.awaitedChange?.session === session { node.awaitedChange = nil }
    session.closed()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !session.isClosing else { return }
    var bytes = unwrapInboundIn(data)
    if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
    readRequests()
  }

  private func readRequests() {
    do {
      while !session.isClosing, let arguments = try decoder.next(from: &input) {
        if isIntroduction(arguments) {
          becomePeer(arguments)
          return
        }
        lastRequest = BootClock.now()
        node.server.handle(Request(arguments: arguments, arrived: lastRequest), from: session)
      }
      if input.readableBytes == 0 { input = ByteBuffer() } else { input.discardReadBytes() }
    } catch {
      session.answer(.error("ERR \(error)"))
      session.closeAfterReplies()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    session.drain()
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    throttle()
    context.fireChannelWritabilityChanged()
  }

  /// A client that does not read its replies, or sends while its requests wait, is not read from.
  private func throttle() {
    guard let channel, !session.isClosing else { return }
    let shouldRead = channel.isWritable && session.hasRoom
    guard shouldRead != isReading else { return }
    isReading = shouldRead
    channel.setOption(.autoRead, value: shouldRead).whenFailure { _ in }
    if shouldRead { channel.read() }
  }

  // MARK: Peers

  private func isIntroduction(_ arguments: [[UInt8]]) -> Bool {
    arguments.count == 3 && arguments[0].count == 11 && arguments[0].elementsEqual("KVORUM.PEER".utf8)
  }

  /// The other side is a node: the connection goes over to the peer protocol (design 6).
  private func becomePeer(_ arguments: [[UInt8]]) {
    guard let context, session.isIdle else { return session.closeAfterReplies() }
    closed()
    let rest = input
    let channel = context.channel
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
    node.acceptPeer(arguments, on: channel, rest: rest)
  }
}

extension ClientHandler: ClientConnection {
  func write(_ reply: Reply) { output.write(reply, version) }

  func flush() {
    if let context, output.readableBytes > 0 {
      let bytes = output
      // A large reply keeps no memory behind; a small buffer would only be allocated again.
      output = ByteBuffer()
      context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }
    throttle()
  }

  func close() {
    guard let channel else { return }
    // Behind the replies in the channel's queue; one who never reads them is not waited for.
    channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
    channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
  }

  func closeAfterReplies(in grace: Nanoseconds) {
    channel?.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(grace)) { [weak self] in
      self?.session.closeAfterReplies()
    }
  }
}
