import NIOCore
import RESP

/// Turns a connection's bytes into values for the engine, and its end into a reason.
final class LinkHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let engine: ClientEngine
  private let link: FailoverMachine.LinkID
  private let attempt: Int
  private var decoder = RESPValueDecoder(limits: RESPLimits(maxTotalBytes: 1 << 30))
  private var unread: ByteBuffer?
  private var reason = "closed the connection"

  init(engine: ClientEngine, link: FailoverMachine.LinkID, attempt: Int) {
    self.engine = engine
    self.link = link
    self.attempt = attempt
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    if var earlier = unread {
      earlier.writeBuffer(&buffer)
      buffer = earlier
    }
    unread = nil
    do throws(RESPProtocolError) {
      while let value = try decoder.next(from: &buffer) {
        if case .push = value { continue }
        engine.receive(.received(link, attempt: attempt, value))
      }
    } catch {
      reason = "does not speak the Redis protocol: \(error.reason)"
      context.close(promise: nil)
      return
    }
    if buffer.readableBytes > 0 {
      buffer.discardReadBytes()
      unread = buffer
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { engine.flush() }

  func channelInactive(context: ChannelHandlerContext) {
    engine.receive(.closed(link, attempt: attempt, reason: reason))
    engine.flush()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    reason = connectionTrouble(error)
    context.close(promise: nil)
  }
}
