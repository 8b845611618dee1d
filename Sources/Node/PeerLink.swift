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
  /// Since when the peer has been owed more than the link takes at once; nil while it is not.
  private var cloggedSince: Instant?

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
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    cloggedSince = channel.isWritable ? nil : BootClock.now()
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  // MARK: Sending

  func write(_ frame: PeerFrame) throws {
    try PeerFrameEncoder().encode(frame, into: &output)
  }

  /// An append whose entries were encoded once for all followers; their bytes are not copied.
  func write(_ header: AppendHeader, _ entries: EncodedEntries) throws {
    if entries.bytes.readableBytes < 4_096 {
      try PeerFrameEncoder().encode(header, entries: entries, into: &output)
      return
    }
    try PeerFrameEncoder().encodeHead(header, entries: entries, into: &output)
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

  /// Whether the peer speaks and does not listen: what it is owed would grow without end. Large values may take their
  /// time, a second for each 16 MiB.
  func isClogged(at now: Instant, limit: Nanoseconds) -> Bool {
    guard let cloggedSince else { return false }
    let unsent = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    return now - cloggedSince > limit + Nanoseconds(unsent) * 1_000_000_000 / (16 << 20)
  }
}
