import NIOCore
import NIOPosix
import RESP

extension KvorumClient {
  /// Asks one node, of any role, over a connection of its own.
  ///
  /// - Throws: `KvorumError.timedOut` with the reason, as the end of a sentence that begins with the address.
  public static func ask(
    _ endpoint: Endpoint, _ arguments: [[UInt8]], timeout: Duration
  ) async throws(KvorumError) -> RESPValue {
    let answers = try await NodeQuestion.ask(
      endpoint, [arguments], on: MultiThreadedEventLoopGroup.singleton.next(), timeout: TimeAmount(timeout))
    guard let answer = answers.first else { throw .timedOut(message: "does not answer") }
    return answer
  }
}

/// Asks one node a few things over a connection of its own.
enum NodeQuestion {
  /// Sends the commands together and gives their answers, errors included.
  ///
  /// - Throws: `KvorumError.timedOut` with the reason, as the end of a sentence that begins with the address.
  static func ask(
    _ endpoint: Endpoint, _ commands: [[[UInt8]]], on eventLoop: any EventLoop, timeout: TimeAmount
  ) async throws(KvorumError) -> [RESPValue] {
    do {
      let promise = eventLoop.makePromise(of: [RESPValue].self)
      bootstrap(eventLoop, timeout: timeout)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
              AnswerCollector(commands: commands, timeout: timeout, promise: promise))
          }
        }
        .connect(host: endpoint.host, port: endpoint.port)
        .whenFailure { promise.fail($0) }
      return try await promise.futureResult.get()
    } catch let error as KvorumError {
      throw error
    } catch {
      throw .timedOut(message: connectionTrouble(error))
    }
  }
}

/// Writes the commands when the connection is up, and keeps the answers until all are there.
private final class AnswerCollector: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let commands: [[[UInt8]]]
  private let timeout: TimeAmount
  private let promise: EventLoopPromise<[RESPValue]>
  private var decoder = RESPValueDecoder()
  private var unread = ByteBuffer()
  private var answers: [RESPValue] = []
  private var deadline: Scheduled<Void>?

  init(commands: [[[UInt8]]], timeout: TimeAmount, promise: EventLoopPromise<[RESPValue]>) {
    self.commands = commands
    self.timeout = timeout
    self.promise = promise
  }

  func channelActive(context: ChannelHandlerContext) {
    var buffer = context.channel.allocator.buffer(capacity: 256)
    for command in commands { buffer.writeRESPRequest(command) }
    context.writeAndFlush(NIOAny(buffer), promise: nil)
    let channel = context.channel
    let promise = promise
    deadline = context.eventLoop.scheduleTask(in: timeout) {
      promise.fail(KvorumError.timedOut(message: "does not answer"))
      channel.close(promise: nil)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    unread.writeBuffer(&buffer)
    do {
      while let value = try decoder.next(from: &unread) {
        if case .push = value { continue }
        answers.append(value)
      }
    } catch {
      end(.failure(KvorumError.timedOut(message: "does not speak the Redis protocol")), context)
      return
    }
    if answers.count >= commands.count { end(.success(answers), context) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(.failure(KvorumError.timedOut(message: "closed the connection")), context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failure(error), context) }

  private func end(_ result: Result<[RESPValue], any Error>, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    promise.completeWith(result)
    context.close(promise: nil)
  }
}
