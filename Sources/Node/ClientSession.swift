import Commands
import DequeModule
import NIOCore
import RESP
import Replication

/// How fresh the reads of a connection are (design 4.6).
enum Consistency: String {
  case linearizable
  case majority
  case stale
}

/// A request with what has been found out about it.
struct Request {
  var arguments: [[UInt8]]
  /// Set by a prefix; else the connection's counts.
  var consistency: Consistency?
  var arrived: Instant
  /// The confirmation round that it waits for.
  var confirmation: UInt64?
}

/// One client connection: bytes in, requests to the node, replies out in order.
///
/// Lives on the node's event loop, like everything it touches.
final class ClientSession: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private static let grace = TimeAmount.milliseconds(100)

  let id: UInt64
  let connectedAt: Int64
  var name: [UInt8] = []
  var libraryName: [UInt8] = []
  var libraryVersion: [UInt8] = []
  var version: RESPVersion = .v2
  var consistency: Consistency = .linearizable
  var lastCommand = ""
  private(set) var lastRequest = BootClock.now()
  var replies = ReplyQueue()
  /// Requests that cannot be answered yet; while there is one, later requests line up behind it.
  var waiting: Deque<Request> = []
  /// Set while the node knows that it has to look at this session again.
  var isListed = false
  var needsDrain = false
  /// Reads by majority under way. A write waits for them, or they could see it although it was sent after them.
  var openReads = 0
  private(set) var isClosing = false
  private(set) var isLeaving = false
  private var closesOnceDrained = false
  private(set) var channel: (any Channel)?

  private unowned let node: NodeLoop
  private var decoder: RESPRequestDecoder
  private var input = ByteBuffer()
  private var output = ByteBuffer()
  private var context: ChannelHandlerContext?
  private var isReading = true

  init(id: UInt64, node: NodeLoop, limits: RESPLimits, now: Int64) {
    self.id = id
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
    node.sessionOpened(self)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosing = true
    node.sessionClosed(self)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    var bytes = unwrapInboundIn(data)
    if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
    readRequests()
  }

  private func readRequests() {
    do {
      while !isClosing, let arguments = try decoder.next(from: &input) {
        if isIntroduction(arguments) {
          becomePeer(arguments)
          return
        }
        lastRequest = BootClock.now()
        node.handle(Request(arguments: arguments, arrived: lastRequest), from: self)
      }
      if input.readableBytes == 0 { input = ByteBuffer() } else { input.discardReadBytes() }
    } catch {
      replies.add(.error("ERR \(error)"))
      closeAfterReplies()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    drain()
    throttle()
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    throttle()
    context.fireChannelWritabilityChanged()
  }

  /// A client that does not read its replies, or sends while its requests wait, is not read from.
  func throttle() {
    guard let channel, !isClosing else { return }
    let shouldRead = channel.isWritable && waiting.count < 4096 && replies.count < 1 << 17
    guard shouldRead != isReading else { return }
    isReading = shouldRead
    channel.setOption(.autoRead, value: shouldRead).whenFailure { _ in }
    if shouldRead { channel.read() }
  }

  // MARK: Replies

  /// Answers the request at hand.
  func answer(_ reply: Reply) { replies.add(reply) }

  /// Sends the replies that may leave.
  func drain() {
    guard let context else { return }
    defer { closeIfDrained() }
    let commit = node.commitIndex
    while let reply = replies.next(committed: commit) {
      output.write(reply, version)
    }
    guard output.readableBytes > 0 else { return }
    let bytes = output
    // A large reply keeps no memory behind; a small buffer would only be allocated again.
    output = ByteBuffer()
    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
  }

  /// From now on everything is refused, and the connection closes a moment later.
  ///
  /// What its client had sent before it could know is then answered. If the socket closed at once those writes would
  /// be in doubt for the client, although nothing was done.
  func leave() {
    guard !isLeaving, !isClosing, let channel else { return }
    isLeaving = true
    drain()
    channel.eventLoop.assumeIsolated().scheduleTask(in: Self.grace) { [weak self] in self?.closeAfterReplies()
    }
  }

  /// Reads nothing more, and closes once every reply that is owed has left.
  func closeAfterReplies() {
    guard !isClosing else { return }
    isClosing = true
    closesOnceDrained = true
    drain()
  }

  private func closeIfDrained() {
    guard closesOnceDrained, replies.isEmpty, let channel else { return }
    closesOnceDrained = false
    // Behind the replies in the channel's queue; one who never reads them is not waited for.
    channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
    channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
  }

  // MARK: Peers

  private func isIntroduction(_ arguments: [[UInt8]]) -> Bool {
    arguments.count == 3 && arguments[0].count == 11 && arguments[0].elementsEqual("KVORUM.PEER".utf8)
  }

  /// The other side is a node: the connection goes over to the peer protocol (design 6).
  private func becomePeer(_ arguments: [[UInt8]]) {
    guard let context, replies.isEmpty, waiting.isEmpty else { return closeAfterReplies() }
    isClosing = true
    node.sessionClosed(self)
    let rest = input
    let channel = context.channel
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
    node.acceptPeer(arguments, on: channel, rest: rest)
  }
}
