import Foundation
import Logging
import NIOCore
import NIOPosix
import RESP
import Replication
import Serving
import Storage
import Synchronization
import TLS
import Transport

/// One node of a cluster: opens its files, listens, and runs until it is stopped or must end.
///
/// Five threads belong to it. The event loop owns the protocol, the clients and the links; the log writer waits
/// for log.db's fsyncs; the applier writes replica.db; the snapshot worker makes and keeps copies of it;
/// the scrubber reads it all, slowly.
public final class Node: Sendable {
  /// What it was told.
  public let configuration: NodeConfiguration
  /// Who it is.
  public let identity: NodeIdentity
  /// Where it listens.
  public let address: HostAndPort

  private let group: MultiThreadedEventLoopGroup
  private let server: any Channel
  private let loop: NodeLoop
  private let logWriter: LogWriter
  private let applier: Applier
  private let snapshots: SnapshotWorker
  private let scrubber: Scrubber
  private let store: LogStore
  private let ending: EventLoopPromise<NodeError?>
  private let stopping = Mutex<Task<Void, Never>?>(nil)

  /// Starts a node. Returns once it listens; it may take a while longer to find its cluster.
  ///
  /// - Throws: `NodeError`, one sentence that names the file, port or option and the way out.
  public static func start(_ configuration: NodeConfiguration, logger: Logger) async throws -> Node {
    try configuration.validate()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
      return try await Node(configuration, group: group, logger: logger)
    } catch {
      try? await group.shutdownGracefully()
      if let error = error as? StorageError { throw NodeError(error, in: configuration.dataDirectory) }
      throw error
    }
  }

  private init(
    _ configuration: NodeConfiguration, group: MultiThreadedEventLoopGroup, logger: Logger
  ) async throws {
    self.configuration = configuration
    self.group = group
    let credentials = try Credentials(configuration.security)
    try configuration.security.validate(credentials.users, listen: configuration.listen)
    let reserve = DiskReserve(directory: configuration.dataDirectory)
    store = try Self.openLog(configuration, reserve)
    if store.identity.role == nil {
      // The directory was made offline: it becomes what it is first started as.
      let role = configuration.role
      try store.decide(
        role: role, name: configuration.name ?? Self.defaultName(role, store.identity.id))
    }
    identity = store.identity
    if let role = identity.role, role.isMaster != configuration.role.isMaster {
      throw NodeError.configuration(
        "\(configuration.dataDirectory) holds a \(role.rawValue), not a \(configuration.role.rawValue): "
          + "choose another --data")
    }
    if let name = configuration.name, name != identity.name {
      throw NodeError.configuration(
        "\(configuration.dataDirectory) holds the node named \(identity.name), not \(name): "
          + "leave --name out or choose another --data")
    }
    let eventLoop = group.next()
    let relay = LoopRelay()
    let logReader = try LogReader(directory: configuration.dataDirectory)
    let writer = try ReplicaWriter.open(directory: configuration.dataDirectory, node: identity.id)
    try store.finishInstallation(by: writer.standing)
    // What a crash of the machine took from the replica, or all of it if the file was lost.
    try writer.catchUp(with: logReader, upTo: store.commit)
    let applier = Self.makeApplier(writer, relay, eventLoop)
    let replica = try ReplicaReader(directory: configuration.dataDirectory)
    let recovered = try store.recover(applied: try replica.appliedIndex())
    server = try await Self.listen(configuration, store: store, relay: relay, on: eventLoop)
    address = HostAndPort(host: configuration.listen.host, port: server.localAddress?.port ?? 0)
    if store.identity.listenAddress != address.description {
      try store.setListenAddress(address.description)
    }
    self.applier = applier
    let logWriter = LogWriter()
    self.logWriter = logWriter
    scrubber = Scrubber(
      directory: configuration.dataDirectory, bytesPerSecond: configuration.scrubBytesPerSecond,
      interval: configuration.scrubInterval,
      onDamage: { error in eventLoop.execute { relay.loop?.end(for: error) } })
    snapshots = Self.makeSnapshotWorker(
      configuration, store.identity.id, logWriter, applier, relay, eventLoop, logger)
    let ending = eventLoop.makePromise(of: NodeError?.self)
    self.ending = ending
    let stores = NodeLoop.Stores(
      logWriter: logWriter, applier: applier, snapshots: snapshots, reserve: reserve,
      logReader: logReader, replica: replica,
      content: ContentPoint(index: writer.applied, checksum: writer.contentChecksum))
    let identity = identity
    let address = address
    loop = try await eventLoop.submit {
      NodeLoop(
        configuration: configuration, credentials: credentials, identity: identity, listenAddress: address,
        recovered: recovered,
        stores: stores, eventLoop: eventLoop, logger: logger, onEnd: { ending.succeed($0) })
    }.get()
    try await begin(relay: relay, on: eventLoop)
  }

  private func begin(relay: LoopRelay, on eventLoop: any EventLoop) async throws {
    let loop = loop
    relay.set(loop)
    logWriter.start(
      store: store, reserve: loop.reserve,
      LogWriter.Handlers(
        persisted: { writes in eventLoop.execute { loop.persisted(writes) } },
        trimmed: { base in eventLoop.execute { loop.trimmed(to: base) } },
        noRoom: { eventLoop.execute { loop.watchDisk() } },
        failed: { error in eventLoop.execute { loop.end(for: error) } }))
    applier.start()
    snapshots.start()
    scrubber.start()
    let server = server
    try await eventLoop.submit {
      loop.start()
      server.read()
      _ = server.setOption(.autoRead, value: true)
    }.get()
  }

  // MARK: Parts

  /// Opens the log, with the room of the reserve if there is no other.
  private static func openLog(_ configuration: NodeConfiguration, _ reserve: DiskReserve) throws -> LogStore {
    do {
      let store = try openLog(configuration)
      let available = DataDirectory.availableBytes(at: configuration.dataDirectory)
      if available.map({ $0 < DiskReserve.size }) ?? false { reserve.release() }
      return store
    } catch let error as StorageError where [.noRoom, .diskFull].contains(error.kind) && reserve.release() {
      return try openLog(configuration)
    }
  }

  private static func openLog(_ configuration: NodeConfiguration) throws -> LogStore {
    try LogStore.open(directory: configuration.dataDirectory) {
      let id = NodeID(UInt64.random(in: 1 ... .max))
      let name = configuration.name ?? Self.defaultName(configuration.role, id)
      return NodeIdentity(
        id: id, name: name, role: configuration.role, createdAt: BootClock.wallMilliseconds())
    }
  }

  /// A slave's name follows from its id, so that two slaves never share one by accident.
  private static func defaultName(_ role: NodeRole, _ id: NodeID) -> String {
    role.isMaster ? role.rawValue : "slave-\(id.description.prefix(6))"
  }

  private static func makeApplier(
    _ writer: ReplicaWriter, _ relay: LoopRelay, _ eventLoop: any EventLoop
  ) -> Applier {
    Applier(
      writer: writer,
      onApplied: { index, content in eventLoop.execute { relay.loop?.applied(index, content) } },
      onNoRoom: { eventLoop.execute { relay.loop?.watchDisk() } },
      onFailure: { error in eventLoop.execute { relay.loop?.end(for: error) } })
  }

  private static func makeSnapshotWorker(
    _ configuration: NodeConfiguration, _ node: NodeID, _ logWriter: LogWriter, _ applier: Applier,
    _ relay: LoopRelay, _ eventLoop: any EventLoop, _ logger: Logger
  ) -> SnapshotWorker {
    SnapshotWorker(
      directory: configuration.dataDirectory, node: node, archive: configuration.archiveDirectory,
      bytesPerSecond: configuration.snapshotBytesPerSecond,
      logWriter: logWriter, applier: applier,
      onEvent: { event in eventLoop.execute { relay.loop?.drive(.snapshot(event)) } },
      onTrouble: { text in logger.warning("\(text)") })
  }

  private static func listen(
    _ configuration: NodeConfiguration, store: LogStore, relay: LoopRelay, on eventLoop: any EventLoop
  ) async throws -> any Channel {
    let bootstrap = ServerBootstrap(group: eventLoop)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      // Whoever is in earnest must not wait behind a crowd of others for many turns.
      .serverChannelOption(.maxMessagesPerRead, value: 64)
      // Nobody is let in before the node is complete.
      .serverChannelOption(.autoRead, value: false)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptPause())
        }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      // Who does not take its replies is soon not read from either.
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
      // One read a turn: who pipelines without end must not keep the node from its timers and its peers.
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelInitializer { channel in
        guard let loop = relay.loop else { return channel.close() }
        let client = loop.makeClient()
        return channel.eventLoop.makeCompletedFuture {
          if let tls = loop.credentials.server {
            try channel.pipeline.syncOperations.addHandler(tls.handler())
          }
          try channel.pipeline.syncOperations.addHandler(client)
        }
      }
    let wanted = configuration.listen
    // Port 0 means any free one, and from then on the same, so that others find the node again.
    if wanted.port == 0, let before = store.identity.listenAddress.flatMap(HostAndPort.init),
      before.host == wanted.host,
      let channel = try? await bootstrap.bind(host: before.host, port: before.port).get()
    {
      return channel
    }
    do {
      return try await bootstrap.bind(host: wanted.host, port: wanted.port).get()
    } catch let error as IOError {
      throw NodeError.cannotListen(wanted, reason: String(cString: strerror(error.errnoCode)))
    } catch {
      throw NodeError.cannotListen(wanted, reason: "\(error)")
    }
  }

  // MARK: Life

  /// Waits until the node must end by itself; returns nil after `stop`.
  public func ended() async -> NodeError? {
    (try? await ending.futureResult.get()) ?? nil
  }

  /// Reads the files of certificates, users and the peer secret anew. New connections get the new certificates, those
  /// that exist the new rules; a file that cannot be used changes nothing and is complained about in the log.
  public func reloadCredentials() {
    let loop = loop
    loop.eventLoop.execute { loop.reloadCredentials() }
  }

  /// Ends the node: hands over the lead if another master can take it, answers what it can, applies what is
  /// committed and closes its files. Takes a few seconds at most, whatever the peers do.
  ///
  /// May be called more than once; each call returns when the node has ended.
  public func stop() async {
    let task = stopping.withLock { task in
      let running = task ?? Task { await end() }
      task = running
      return running
    }
    await task.value
  }

  private func end() async {
    let loop = loop
    let eventLoop = loop.eventLoop
    await handOver()
    try? await server.close().get()
    try? await eventLoop.submit { loop.stop() }.get()
    let logWriter = logWriter
    let applier = applier
    let snapshots = snapshots
    let scrubber = scrubber
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        scrubber.stop()
        // It waits for the other two.
        snapshots.stop()
        logWriter.stop()
        applier.stop()
        continuation.resume()
      }
    }
    try? store.checkpoint()
    store.close()
    ending.succeed(nil)
    try? await group.shutdownGracefully()
  }

  /// A master that is told to end spares its clients the wait for a lease to run out.
  private func handOver() async {
    let loop = loop
    let eventLoop = loop.eventLoop
    guard (try? await eventLoop.submit({ loop.beginHandoverForStop() }).get()) == true else { return }
    for _ in 0..<50 {
      try? await Task.sleep(for: .milliseconds(20))
      let isBusy = try? await eventLoop.submit { loop.server.core.isActive || loop.server.hasLeavingSessions }
        .get()
      if isBusy != true { return }
    }
  }
}

/// Leads from what is made before the loop to the loop; read on the event loop.
private final class LoopRelay: @unchecked Sendable {
  private let lock = NSLock()
  private weak var target: NodeLoop?

  var loop: NodeLoop? { lock.withLock { target } }
  func set(_ loop: NodeLoop) { lock.withLock { target = loop } }
}

extension NodeLoop {
  fileprivate func makeClient() -> ClientHandler {
    defer { nextSessionID += 1 }
    return ClientHandler(
      id: nextSessionID, node: self, limits: clientLoad.limits, now: BootClock.wallMilliseconds())
  }

  fileprivate func beginHandoverForStop() -> Bool {
    guard server.core.isActive else { return false }
    return drive { core, now, effects in core.transfer(to: nil, at: now, into: &effects) } == nil
  }
}
