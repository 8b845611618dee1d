import NIOCore

/// Leaves new connections in the kernel's queue for a moment when one could not be accepted.
///
/// A process without a free descriptor gets EMFILE from `accept` (so do ENFILE, ENOBUFS and ENOMEM come) and the
/// connection stays in the queue, so that the socket is readable again at once: without a pause the event loop
/// would do nothing else. NIO's `AcceptBackoffHandler` does not help, because it delays the next call of `read`,
/// and after an error the one before is still pending.
final class AcceptPause: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private static let length = TimeAmount.milliseconds(100)

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard error is IOError else { return context.fireErrorCaught(error) }
    let channel = context.channel
    channel.setOption(.autoRead, value: false).whenFailure { _ in }
    channel.eventLoop.scheduleTask(in: Self.length) {
      channel.setOption(.autoRead, value: true).whenFailure { _ in }
    }
  }
}
