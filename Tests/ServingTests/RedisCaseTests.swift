import Commands
import Foundation
import NIOCore
import NIOEmbedded
import RESP
import RedisCases
import Replication
import Serving
import Testing

@testable import Node

/// What Redis answers, word for word: by the evaluation alone, and by bytes through a channel and a whole server.
@Suite struct RedisCaseTests {
  static let scripts = ["strings", "keys", "bits", "hashes", "sets", "lists"]

  @Test(arguments: scripts, [RESPVersion.v2, .v3])
  func `a command is evaluated to what Redis answers`(script: String, version: RESPVersion) throws {
    var keyspace = PlainKeyspace()
    let cursors = ScanCursors()
    var index: LogIndex = 0
    for step in try RedisScript(script).steps {
      index += 1
      var outcome = Outcome(reply: .null)
      switch CommandTable.standard.resolve(step.arguments) {
      case .refused(let reply): outcome.reply = reply
      case .command(let command):
        outcome = try command.evaluate(
          step.arguments, view: keyspace,
          context: CommandContext(now: Int64(Date().timeIntervalSince1970 * 1_000), random: index),
          cursors: cursors)
      }
      if outcome.reply.isError { #expect(outcome.mutations.isEmpty, "\(step.text)") }
      keyspace.apply(outcome.mutations, at: index)
      var reply = ByteBuffer()
      reply.write(outcome.reply, version)
      expect(Array(reply.readableBytesView), step, version)
    }
  }

  /// At times the log is applied, so that commands meet their keys in the overlay, in what is stored, and in both.
  @Test(arguments: scripts + ["transactions"], [1, 2, 3, 1_000])
  func `a server answers bytes with what Redis answers`(script: String, appliesEvery period: Int) throws {
    for version in [RESPVersion.v2, .v3] { try serve(script, version, appliesEvery: period) }
  }

  private func serve(_ script: String, _ version: RESPVersion, appliesEvery period: Int) throws {
    let bench = Bench.master()
    bench.wallMilliseconds = Int64(Date().timeIntervalSince1970 * 1_000)
    let channel = EmbeddedChannel(handler: BenchHandler(bench, version))
    for (place, step) in try RedisScript(script).steps.enumerated() {
      var request = ByteBuffer()
      request.writeRESPRequest(step.arguments)
      try channel.writeInbound(request)
      if bench.wantsFlush { bench.commit() }
      if place % period == period - 1 { bench.applyAll() }
      var reply = try channel.readOutbound(as: ByteBuffer.self) ?? ByteBuffer()
      while var more = try channel.readOutbound(as: ByteBuffer.self) { reply.writeBuffer(&more) }
      expect(Array(reply.readableBytesView), step, version)
    }
    #expect(bench.failures.isEmpty)
    _ = try? channel.finish()
  }

  private func expect(_ reply: [UInt8], _ step: RedisScript.Step, _ version: RESPVersion) {
    guard let expected = step.replies[version], reply != expected else { return }
    Issue.record("\(step.text): \(RedisScript.text(reply)) rather than \(RedisScript.text(expected))")
  }
}

/// A client's connection in an embedded channel, to the server of a bench.
private final class BenchHandler: ChannelInboundHandler, ClientConnection {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let bench: Bench
  private let version: RESPVersion
  private let session: Session
  private var decoder = RESPRequestDecoder()
  private var input = ByteBuffer()
  private var output = ByteBuffer()
  private var context: ChannelHandlerContext?

  init(_ bench: Bench, _ version: RESPVersion) {
    self.bench = bench
    self.version = version
    session = Session(id: 1, server: bench.server)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    session.opened(self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    input.writeBuffer(&bytes)
    do {
      while let arguments = try decoder.next(from: &input) {
        bench.server.handle(Request(arguments: arguments, arrived: bench.now), from: session)
      }
    } catch {
      context.fireErrorCaught(error)
    }
    session.drain()
  }

  func write(_ reply: Reply) { output.write(reply, version) }
  func flush() {
    guard output.readableBytes > 0 else { return }
    context?.writeAndFlush(wrapOutboundOut(output), promise: nil)
    output = ByteBuffer()
  }
  func close() {}
  func closeAfterReplies(in grace: Nanoseconds) {}
}
