import Logging
import NIOCore
import Replication
import Transport

/// One connection to another node, after the introductions.
final class PeerLink: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let peer: PeerIntroduction
  /// The address by which this node dialed the other, if it did.
  let dialed: HostAndPort?
  let channel: any Channel
  private(set) var lastReceived: Instant
  var isDirty = false
  private var backlog: PeerBacklog

  private unowned let node: NodeLoop
  private var decoder = PeerFrameDecoder()
  private var input: ByteBuffer
  private var output = ByteBuffer()

  init(peer: PeerIntroduction, dialed: HostAndPort?, channel: any Channel, node: NodeLoop, rest: ByteBuffer) {
    self.peer = peer
    self.dialed = dialed
    self.channel = channel
    self.node = node
    input = rest
    lastReceived = BootClock.now()
    backlog = PeerBacklog(now: lastReceived)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    node.keepLead()
    var bytes = unwrapInboundIn(data)
    if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
    readFrames()
  }

  /// Reads what has come; to be called once after the handler was added, for what came with the introductions.
  func readFrames() {
    lastReceived = BootClock.now()
    do {
      while let frame = try decoder.next(from: &input) { node.received(frame, over: self) }
      if input.readableBytes == 0 {
        input = ByteBuffer()
      } else {
        input.discardReadBytes()
        node.hearing(self)
        if input.readableBytes > 1 << 20 { node.limitStrangers() }
      }
    } catch {
      node.logger.error("closes the link to \(peer.name) at \(peer.address): \(error)")
      channel.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    node.linkClosed(self)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  // MARK: Sending

  func write(_ frame: PeerFrame) throws {
    guard hasRoom() else { return }
    let before = output.readableBytes
    try PeerFrameEncoder().encode(frame, into: &output)
    backlog.wrote(output.readableBytes - before)
  }

  /// An append whose entries were encoded once for all followers; their bytes are not copied.
  func write(_ header: AppendHeader, _ entries: EncodedEntries) throws {
    guard hasRoom() else { return }
    let before = output.readableBytes
    if entries.bytes.readableBytes < 4_096 {
      try PeerFrameEncoder().encode(header, entries: entries, into: &output)
      return backlog.wrote(output.readableBytes - before)
    }
    try PeerFrameEncoder().encodeHead(header, entries: entries, into: &output)
    backlog.wrote(output.readableBytes - before + entries.bytes.readableBytes)
    channel.write(output, promise: nil)
    channel.write(entries.bytes, promise: nil)
    output = ByteBuffer()
  }

  func flush() {
    isDirty = false
    if output.readableBytes > 0 {
      channel.writeAndFlush(output, promise: nil)
      output = ByteBuffer()
    } else {
      channel.flush()
    }
  }

  func close() { channel.close(promise: nil) }

  // MARK: Bounds

  /// What it makes this node hold, in bytes.
  var heldBytes: Int { backlog.unsent + input.readableBytes }

  /// Learns what the peer has taken meanwhile.
  func look(at now: Instant) {
    let inChannel = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    backlog.look(inChannel + output.readableBytes, at: now)
  }

  /// Whether it takes another frame.
  func hasRoom() -> Bool {
    if backlog.isFull { look(at: BootClock.now()) }
    return !backlog.isFull
  }

  /// The sentence about a peer that does not take what it is sent; nil about any other. To be asked after a look.
  func complaint(at now: Instant) -> String? {
    guard backlog.isStuck(at: now) else { return nil }
    return "it has taken nothing for \(PeerBacklog.patience / 1_000_000_000) s, and "
      + "\(backlog.unsent >> 10) KiB wait for it"
  }
}
