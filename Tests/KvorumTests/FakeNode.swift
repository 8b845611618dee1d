import NIOCore
import NIOPosix
import RESP
import Synchronization

@testable import Kvorum

/// A node that answers as a Kvorum node would, on a real socket, in whatever state a test puts it.
final class FakeNode: Sendable {
  enum Behaviour: Sendable, Equatable {
    case active(epoch: String)
    case standby(activeAddress: String?)
    /// Takes connections and commands and answers nothing, as a stopped process does.
    case silent
    case noQuorum(epoch: String)
    case slave(applied: Int64)
  }

  struct State: Sendable {
    var behaviour: Behaviour
    var values: [String: String] = [:]
    var commands: [[String]] = []
    /// How the next write ends instead of being done.
    var nextWrite: WriteFate?
    var statusNodes: [NodeStatus] = []
    var cluster = "00112233445566778899aabbccddeeff"
    var n = 3
  }

  enum WriteFate: Sendable {
    /// The connection ends without an answer.
    case close
    case inDoubt
    /// Answered READONLY, then the connection ends; the node is a standby from then on.
    case handOver
  }

  let id: String
  let role: String
  let state: Mutex<State>
  let channels = Mutex<[any Channel]>([])
  private let listener: any Channel

  /// Where it listens, or did before it was killed.
  let endpoint: Endpoint
  var address: String { endpoint.description }

  private init(id: String, role: String, state: State, listener: any Channel, box: Box) {
    self.id = id
    self.role = role
    self.state = Mutex(state)
    self.listener = listener
    endpoint = Endpoint(host: "127.0.0.1", port: listener.localAddress?.port ?? 0)
    box.node.withLock { $0 = self }
  }

  /// Handlers are made by the listener, which exists before the node.
  final class Box: Sendable {
    let node = Mutex<FakeNode?>(nil)
  }

  static func start(
    _ id: String, role: String, _ behaviour: Behaviour, port: Int = 0
  ) async throws -> FakeNode {
    let box = Box()
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(FakeNodeHandler(box: box))
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    return FakeNode(id: id, role: role, state: State(behaviour: behaviour), listener: listener, box: box)
  }

  func become(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }

  /// Ends it as kill -9 does.
  func kill() async throws {
    try await listener.close()
    for connection in dropConnections() { try await connection.closeFuture.get() }
  }

  /// Ends all connections, and gives them so that their end can be waited for.
  @discardableResult
  func dropConnections() -> [any Channel] {
    let open = channels.withLock { channels in
      defer { channels = [] }
      return channels
    }
    for channel in open { channel.close(promise: nil) }
    return open
  }

  /// How often a command with this name has come.
  func count(of name: String) -> Int {
    state.withLock { $0.commands.filter { $0.first?.uppercased() == name }.count }
  }

  var status: ClusterStatus {
    let state = state.withLock { $0 }
    let me = NodeReference(id: id, role: role, name: id, address: address)
    let (word, active, epoch): (NodeState, NodeReference?, String?) =
      switch state.behaviour {
      case .active(let epoch), .noQuorum(let epoch): (.active, me, epoch)
      case .slave: (.voting, nil, nil)
      case .standby(let address):
        (
          .standby, address.map { NodeReference(id: "active", role: "primary", name: "active", address: $0) },
          nil
        )
      case .silent: (.standby, nil, nil)
      }
    return ClusterStatus(
      cluster: state.cluster, reporter: me, state: word, active: active, epoch: epoch, n: state.n,
      writeQuorum: 2, electionQuorum: 2, toleratedFailures: 1,
      lease: LeaseStatus(valid: true, remainingMilliseconds: 400, lengthMilliseconds: 500), lastIndex: 9,
      commitIndex: 9, appliedIndex: 9, nodes: state.statusNodes)
  }
}

/// One connection to a fake node.
final class FakeNodeHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let box: FakeNode.Box
  private var decoder = RESPRequestDecoder()
  private var unread = ByteBuffer()

  init(box: FakeNode.Box) { self.box = box }

  func channelActive(context: ChannelHandlerContext) {
    let node = box.node.withLock { $0 }
    node?.channels.withLock { $0.append(context.channel) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let node = box.node.withLock({ $0 }) else { return }
    var buffer = unwrapInboundIn(data)
    unread.writeBuffer(&buffer)
    while let words = try? decoder.next(from: &unread) {
      answer(words.map { String(decoding: $0, as: UTF8.self) }, node, context)
    }
  }

  private func answer(_ words: [String], _ node: FakeNode, _ context: ChannelHandlerContext) {
    node.state.withLock { $0.commands.append(words) }
    let behaviour = node.state.withLock { $0.behaviour }
    guard behaviour != .silent, let name = words.first?.uppercased() else { return }
    switch name {
    case "HELLO": reply(.map([.init(.bulk(Array("proto".utf8)), .integer(3))]), context)
    case "PING": reply(.simple("PONG"), context)
    case "KV.STATUS": reply(.bulk(node.status.json()), context)
    case "KV.CONSISTENCY":
      words.count == 2 ? reply(.simple("OK"), context) : answer(Array(words.dropFirst(2)), node, context)
    case "KV.GET": slaveRead(words[1], node, context)
    default: data(name, words, behaviour, node, context)
    }
  }

  private func data(
    _ name: String, _ words: [String], _ behaviour: FakeNode.Behaviour, _ node: FakeNode,
    _ context: ChannelHandlerContext
  ) {
    switch behaviour {
    case .standby(let active):
      let hint = active.map { " active=\($0)" } ?? ""
      reply(.error("READONLY You can't write against a standby master.\(hint)"), context)
    case .noQuorum: reply(.error("NOREPLICAS Not enough good replicas to write."), context)
    case .active, .slave, .silent:
      if name == "SET" || name == "WRITE" {
        write(words, node, context)
      } else {
        let value = node.state.withLock { $0.values[words[1]] }
        reply(value.map { .bulk(Array($0.utf8)) } ?? .null, context)
      }
    }
  }

  private func write(_ words: [String], _ node: FakeNode, _ context: ChannelHandlerContext) {
    let fate = node.state.withLock { state in
      defer { state.nextWrite = nil }
      return state.nextWrite
    }
    switch fate {
    case nil:
      node.state.withLock { $0.values[words[1]] = words[2] }
      reply(.simple("OK"), context)
    case .close: context.close(promise: nil)
    case .inDoubt: reply(.error("INDOUBT epoch=4-ab12 index=77 the write may or may not be done"), context)
    case .handOver:
      node.become(.standby(activeAddress: nil))
      reply(.error("READONLY You can't write against a standby master."), context)
      context.close(promise: nil)
    }
  }

  private func slaveRead(_ key: String, _ node: FakeNode, _ context: ChannelHandlerContext) {
    let state = node.state.withLock { $0 }
    guard case .slave(let applied) = state.behaviour else { return }
    let fields: [(String, RESPValue)] = [
      ("value", state.values[key].map { .bulk(Array($0.utf8)) } ?? .null),
      ("applied_index", .integer(applied)),
      ("slaves", .integer(Int64(state.n))), ("cluster", .bulk(Array(state.cluster.utf8))),
    ]
    reply(.map(fields.map { .init(.bulk(Array($0.utf8)), $1) }), context)
  }

  private func reply(_ value: RESPValue, _ context: ChannelHandlerContext) {
    var buffer = context.channel.allocator.buffer(capacity: 128)
    buffer.writeRESPValue(value, .v3)
    context.writeAndFlush(NIOAny(buffer), promise: nil)
  }
}
