import Access
import Commands
import Logging
import NIOCore
import RESP
import Replication
import Serving
import TLS
import Transport

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
  /// The version that it has asked for; the reply to the request at hand is the first to have it.
  var version: RESPVersion = .v2 {
    didSet {
      guard version != oldValue else { return }
      session.doInTurn { [weak self, version] in self?.replyVersion = version }
    }
  }
  /// The version of the replies that leave now: those to earlier requests have the version of their time.
  private var replyVersion: RESPVersion = .v2
  /// Who it is; nil until it has logged in, where that is needed.
  var user: User? { didSet { noteUser() } }
  /// Whether it has shown that it is a node of the cluster.
  private(set) var isNode = false
  /// What its subscriptions take.
  var subscriptionBytes = 0
  /// Whether it is spared when all clients together hold too much.
  var isKept = false
  /// Whether it has asked that its reads do not count as uses of keys; no use is counted anyway.
  var leavesUseAlone = false
  private(set) var lastRequest = BootClock.now()
  private var channel: (any Channel)?

  unowned let node: NodeLoop
  private let limits: RESPLimits
  private var decoder: RESPRequestDecoder
  /// What this side has said to one who says that it is a node.
  private var challenge: PeerChallenge?
  private var input = ByteBuffer()
  private var output = ByteBuffer()
  private var context: ChannelHandlerContext?
  private var isReading = true
  /// Since when its output is over the soft limit; nil if it is not.
  private var overSoftLimitSince: Instant?
  /// Requests have come that are not looked at yet: the client has to take some replies first.
  private var isBacklogged = false
  private var isPutOff = false
  /// It came when there were too many: it may be a node, and else it is refused.
  private var isSurplus = false
  /// What this client made the node hold when that was last looked at.
  private(set) var heldBytes = 0
  /// What its socket had not taken when that was last looked at.
  private(set) var unsentBytes = 0
  private var flushesSinceLook = 0

  init(id: UInt64, node: NodeLoop, limits: RESPLimits, now: Int64) {
    session = Session(id: id, server: node.server)
    self.node = node
    connectedAt = now
    self.limits = limits
    decoder = RESPRequestDecoder(limits: limits)
    user = node.users.anybody
    noteUser()
  }

  /// Makes it what it was before it logged in.
  func logOut() {
    isNode = false
    user = node.users.anybody
  }

  /// Ends the connection of a user who is there no more; the reply to the request at hand still leaves.
  func cutOff() {
    user = nil
    closeAfterReplies(in: 0)
  }

  private func noteUser() {
    session.isRestricted = user?.isUnrestricted != true
    decoder.limits = user == nil ? .unauthenticated : limits
    if session.isSubscribed, let user, node.listensTooFar(session, user) { cutOff() }
  }

  var remoteAddress: String { channel?.remoteAddress.map(Self.text) ?? "" }
  var localAddress: String { channel?.localAddress.map(Self.text) ?? "" }

  private static func text(_ address: SocketAddress) -> String {
    "\(address.ipAddress ?? "unix"):\(address.port ?? 0)"
  }

  var isRead: Bool { isReading }
  /// Whether it neither sends nor is owed anything.
  var isIdle: Bool { session.isIdle && unsentBytes == 0 && !isBacklogged }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    channel = context.channel
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    node.keepLead()
  }

  func channelActive(context: ChannelHandlerContext) {
    node.clients[session.id] = self
    session.opened(self)
    if node.clients.count > node.clientLoad.connectionLimit { beSurplus(context) }
    node.keepLead()
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    closed()
    node.keepLead()
    context.fireChannelInactive()
  }

  private func closed() {
    node.clients[session.id] = nil
    node.forgetListener(session.id)
    leaveSurplus()
    setHeld(0)
    if node.awaitedChange?.session === session { node.awaitedChange = nil }
    if !node.replicaWaits.isEmpty { node.replicaWaits.removeAll { $0.session === session } }
    session.closed()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let trouble = TLSError.trouble(error) {
      node.logger.debug("the client at \(remoteAddress) \(trouble)")
    }
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    node.keepLead()
    guard !session.isClosing else { return }
    var bytes = unwrapInboundIn(data)
    node.monitor.inputBytes += UInt64(bytes.readableBytes)
    if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
    readRequests()
  }

  private func readRequests() {
    do {
      var now = BootClock.now()
      while !session.isClosing {
        // A few bytes may ask for gigabytes of replies: those before must be on their way first.
        if !session.hasRoom { session.drain() }
        isBacklogged = !mayServe
        if !isBacklogged, node.isShareUsedUp(at: now), !mayBeIntroduction { putOff() }
        guard !isBacklogged, !isPutOff, let arguments = try decoder.next(from: &input) else { break }
        if let word = PeerWord(arguments) {
          if take(word, arguments) { continue }
          return
        }
        if isSurplus { return refuse() }
        lastRequest = now
        node.server.handle(Request(arguments: arguments, arrived: now), from: session)
        let begun = now
        now = BootClock.now()
        // One that waits is noted when it is executed.
        if session.waitingCount == 0 { node.monitor.note(arguments, of: self, nanoseconds: now - begun) }
      }
      if input.readableBytes == 0 { input = ByteBuffer() } else { input.discardReadBytes() }
    } catch {
      node.monitor.inputDisconnections += 1
      session.answer(.error("ERR \(error)"))
      session.closeAfterReplies()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    session.drain()
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    lookAtUnsent()
    throttle()
    context.fireChannelWritabilityChanged()
  }

  /// A client that does not take its replies, or sends while its requests wait, is not served further.
  private var mayServe: Bool { channel?.isWritable == true && session.hasRoom && !isPutOff }

  /// Stops reading from a client that may not be served further, and goes on with one that may again.
  private func throttle() {
    guard let channel, !session.isClosing else { return }
    account()
    // Not at once: the caller may be in the middle of what it does for all clients.
    if mayServe, isBacklogged { putOff() }
    let shouldRead = mayServe
    guard shouldRead != isReading else { return }
    isReading = shouldRead
    channel.setOption(.autoRead, value: shouldRead).whenFailure { _ in }
    if shouldRead { channel.read() }
  }

  private func putOff() {
    guard !isPutOff else { return }
    isPutOff = true
    node.putOff(self)
  }

  /// It is this client's turn again.
  func goOn() {
    isPutOff = false
    guard !session.isClosing else { return }
    readRequests()
    session.drain()
  }

  /// A node that comes is not made to wait behind a crowd.
  private var mayBeIntroduction: Bool {
    input.readableBytesView.dropFirst(2).prefix(14).elementsEqual("\r\n$11\r\nKVORUM.".utf8)
  }

  // MARK: Load

  /// What came and is not looked at, or is not a whole request yet.
  var inputBytes: Int { input.readableBytes + decoder.heldBytes }

  /// Counts what this client makes the node hold: what it sent and is not done with, what it is owed and has not
  /// taken.
  func account() {
    guard !session.isClosing else { return }
    setHeld(inputBytes + session.heldBytes + unsentBytes + subscriptionBytes)
    if node.clientLoad.isTooMuch { node.planRelief() }
  }

  /// Asks the channel how much of what was written has not left.
  func lookAtUnsent() {
    flushesSinceLook = 0
    unsentBytes = (try? channel?.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  /// The question costs as much as a small command, and the answer is mostly none: it is asked where it may be another.
  private func lookAtUnsent(afterWriting bytes: Int) {
    flushesSinceLook += 1
    if bytes >= 4_096 || unsentBytes > 0 || flushesSinceLook == 16 { lookAtUnsent() }
  }

  /// Closes it if its output is over its hard limit, or has been over the soft one for too long.
  func checkOutput(at now: Instant) {
    guard let limit = node.clientLoad.outputLimits.first(where: { $0.kind == .normal }) else { return }
    let bytes = Int64(unsentBytes + session.replyBytes)
    overSoftLimitSince = limit.isSoftlyExceeded(by: bytes) ? overSoftLimitSince ?? now : nil
    let seconds = overSoftLimitSince.map { (now - $0) / 1_000_000_000 }
    guard limit.isExceeded(by: bytes, secondsOverSoft: seconds) else { return }
    node.monitor.outputDisconnections += 1
    evict()
  }

  /// The longest value that it may send has changed.
  func limitBulk() { decoder.limits = node.clientLoad.limits }

  private func setHeld(_ bytes: Int) {
    node.clientLoad.change(by: bytes - heldBytes)
    heldBytes = bytes
  }

  /// Closes the connection at once and lets go of all that it holds.
  func evict() {
    session.abandon()
    input = ByteBuffer()
    decoder = RESPRequestDecoder(limits: node.clientLoad.limits)
    setHeld(0)
    channel?.close(promise: nil)
  }

  private func beSurplus(_ context: ChannelHandlerContext) {
    guard node.clientLoad.admitSurplus() else { return refuse() }
    isSurplus = true
    context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in
      if let self, isSurplus { refuse() }
    }
  }

  private func leaveSurplus() {
    if isSurplus { node.clientLoad.leaveSurplus() }
    isSurplus = false
  }

  private func refuse() {
    node.monitor.rejectedConnections += 1
    session.answer(.error("ERR max number of clients reached"))
    session.closeAfterReplies()
  }

  // MARK: Peers

  /// Takes what only nodes say; false if this connection is no client's any more.
  private func take(_ word: PeerWord, _ arguments: [[UInt8]]) -> Bool {
    guard let channel else { return false }
    let proof = arguments.count == 4 ? arguments[3] : nil
    switch word {
    case .challenge:
      guard let secret = node.credentials.secret else {
        refuseNode("this node has no --peer-secret-file, and the one that comes has: give all nodes the same")
        return false
      }
      do {
        let challenge = try PeerChallenge(opening: arguments, secret: secret)
        self.challenge = challenge
        session.answer(.bulk(challenge.answer))
        session.drain()
        return true
      } catch {
        refuseNode("\(error)")
        return false
      }
    case .introduction:
      let content = arguments.count > 2 ? arguments[2] : []
      if let doubt = node.doubt(about: content, proof, challenge, on: channel) {
        refuseNode(doubt)
      } else {
        becomePeer(challenge == nil ? arguments : Array(arguments.prefix(3)))
      }
      return false
    case .node:
      let content = Array(PeerWord.nodeCommand.utf8)
      let proof = arguments.count == 2 ? arguments[1] : nil
      guard node.knowsNodes else {
        session.answer(.ok)
        return true
      }
      if let doubt = node.doubt(about: content, proof, challenge, on: channel) {
        refuseNode(doubt)
        return false
      }
      isNode = true
      user = .unrestricted(Array("a node".utf8))
      session.answer(.ok)
      return true
    }
  }

  private func refuseNode(_ reason: String) {
    guard let channel else { return }
    node.complain(about: channel, reason)
    session.answer(.error("ERR \(reason)"))
    session.closeAfterReplies()
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
  func write(_ reply: Reply) {
    if case .error(let text) = reply { node.monitor.errors.note(text) }
    output.write(reply, replyVersion)
  }

  func flush() {
    if let context, output.readableBytes > 0 {
      let bytes = output
      node.monitor.outputBytes += UInt64(bytes.readableBytes)
      // A large reply keeps no memory behind; a small buffer would only be allocated again.
      output = ByteBuffer()
      context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
      lookAtUnsent(afterWriting: bytes.readableBytes)
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
