import NIOCore
import NIOPosix
import RESP

extension KvorumClient {
  /// Asks one node, of any role, over a connection of its own.
  ///
  /// - Throws: `KvorumError.timedOut` with the reason, as the end of a sentence that begins with the address.
  package static func ask(
    _ endpoint: Endpoint, _ arguments: [[UInt8]], access: ClientAccess, timeout: Duration
  ) async throws(KvorumError) -> RESPValue {
    let answers = try await NodeQuestion.ask(
      endpoint, [arguments], access, on: MultiThreadedEventLoopGroup.singleton.next(),
      timeout: TimeAmount(timeout))
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
    _ endpoint: Endpoint, _ commands: [[[UInt8]]], _ access: ClientAccess, on eventLoop: any EventLoop,
    timeout: TimeAmount
  ) async throws(KvorumError) -> [RESPValue] {
    do {
      let promise = eventLoop.makePromise(of: [RESPValue].self)
      bootstrap(eventLoop, timeout: timeout)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try access.secure(channel, to: endpoint.host)
            try channel.pipeline.syncOperations.addHandler(
              AnswerCollector(commands: commands, access: access, timeout: timeout, promise: promise))
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

/// Shows who is asking when the connection is up, if that is needed, writes the commands, and keeps the answers until
/// all are there.
private final class AnswerCollector: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// What the next answer answers.
  private enum Stage {
    case opening
    case proof
    case login
    case commands
  }

  private let commands: [[[UInt8]]]
  private let access: ClientAccess
  private let timeout: TimeAmount
  private let promise: EventLoopPromise<[RESPValue]>
  private var decoder = RESPValueDecoder()
  private var unread = ByteBuffer()
  private var answers: [RESPValue] = []
  private var stage = Stage.opening
  private var deadline: Scheduled<Void>?

  init(
    commands: [[[UInt8]]], access: ClientAccess, timeout: TimeAmount, promise: EventLoopPromise<[RESPValue]>
  ) {
    self.commands = commands
    self.access = access
    self.timeout = timeout
    self.promise = promise
  }

  func channelActive(context: ChannelHandlerContext) {
    if let opening = access.proof?.opening { write([opening], context) } else { prove(nil, context) }
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
        take(value, context)
      }
    } catch {
      end(.failure(KvorumError.timedOut(message: "does not speak the Redis protocol")), context)
      return
    }
    if answers.count >= commands.count { end(.success(answers), context) }
  }

  private func take(_ value: RESPValue, _ context: ChannelHandlerContext) {
    if stage != .commands, let refusal = value.errorText {
      return end(.failure(KvorumError.server(message: "said: \(refusal)")), context)
    }
    switch stage {
    case .opening: prove(value.bytes, context)
    case .proof: logIn(context)
    case .login: ask(context)
    case .commands: answers.append(value)
    }
  }

  private func prove(_ answer: [UInt8]?, _ context: ChannelHandlerContext) {
    guard let proof = access.proof else { return logIn(context) }
    stage = .proof
    do {
      write([try proof.words(answer)], context)
    } catch {
      end(.failure(KvorumError.server(message: "\(error)")), context)
    }
  }

  private func logIn(_ context: ChannelHandlerContext) {
    guard let credentials = access.credentials else { return ask(context) }
    stage = .login
    write([[Array("AUTH".utf8), Array(credentials.user.utf8), credentials.password]], context)
  }

  private func ask(_ context: ChannelHandlerContext) {
    stage = .commands
    write(commands, context)
  }

  private func write(_ commands: [[[UInt8]]], _ context: ChannelHandlerContext) {
    var buffer = context.channel.allocator.buffer(capacity: 256)
    for command in commands { buffer.writeRESPRequest(command) }
    context.writeAndFlush(NIOAny(buffer), promise: nil)
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
