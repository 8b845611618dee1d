import ArgumentParser
import Foundation
import Logging
import Node
import Replication
import ServiceLifecycle
import UnixSignals

/// Nodes as a service: they run until a signal comes or one of them must end.
struct NodeService: Service {
  let configurations: [NodeConfiguration]
  let logLevel: Logger.Level
  /// Told once all nodes listen.
  var onStart: @Sendable ([Node]) async -> Void = { _ in }

  /// A replica that is damaged so often in so short a time has a cause that no copy mends.
  private static let repairs = 3
  private static let repairTime = Duration.seconds(300)

  func run() async throws {
    let running = RunningNodes()
    // A node that has nothing to read anew ends with its terminal.
    let reloading = Task { [hasFiles = configurations.contains { $0.security.hasFiles }] in
      guard hasFiles else { return }
      for await _ in await UnixSignalsSequence(trapping: .sighup) { await running.reload() }
    }
    defer { reloading.cancel() }
    let failure = await withGracefulShutdownHandler {
      await supervise(running)
    } onGracefulShutdown: {
      endByForce(after: 9)
      Task { await running.stop() }
    }
    await running.stop()
    if let failure { throw failure }
  }

  /// Starts all nodes and repairs those that ask for it; returns why one must end for good, or nil after a stop.
  private func supervise(_ running: RunningNodes) async -> (any Error)? {
    let (ends, continuation) = AsyncStream.makeStream(of: (any Error)?.self)
    let work = Task {
      await withTaskGroup { group in
        for position in configurations.indices {
          group.addTask {
            do {
              try await keepRunning(position, running)
              continuation.yield(nil)
            } catch is CancellationError {
              continuation.yield(nil)
            } catch {
              continuation.yield(error)
            }
          }
        }
      }
    }
    await running.set(work)
    for await end in ends {
      work.cancel()
      return end
    }
    return nil
  }

  private func keepRunning(_ position: Int, _ running: RunningNodes) async throws {
    let configuration = configurations[position]
    let logger = logger(configuration)
    var repaired: [ContinuousClock.Instant] = []
    while true {
      do {
        let node = try await Node.start(configuration, logger: logger)
        guard await running.add(node, at: position) else { return await node.stop() }
        if await running.count == configurations.count, await running.isFirstTime() {
          await onStart(await running.all)
        }
        let end = await node.ended()
        await node.stop()
        await running.remove(position)
        if let end { throw end }
        return
      } catch NodeError.replicaDamaged(let reason) {
        let now = ContinuousClock.now
        repaired = repaired.filter { now - $0 < Self.repairTime } + [now]
        guard repaired.count <= Self.repairs else { throw NodeError.replicaDamaged(reason) }
        logger.error("is repaired: \(reason)")
        try await NodeRepair(configuration: configuration, logger: logger).run()
      }
    }
  }

  /// A stuck disk must not keep a process from ending; what was acknowledged is on disk already.
  private func endByForce(after seconds: TimeInterval) {
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: seconds)
      FileHandle.standardError.write(Data("kvorum: could not end in \(Int(seconds)) s, ends now\n".utf8))
      _exit(1)
    }
  }

  private func logger(_ configuration: NodeConfiguration) -> Logger {
    var logger = Logger(label: configurations.count == 1 ? "kvorum" : configuration.logLabel)
    logger.logLevel = logLevel
    return logger
  }

  /// Runs until a signal or a failure; a failure is one sentence on standard error and exit code 1.
  func runUntilSignal() async throws {
    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    var quiet = Logger(label: "kvorum")
    quiet.logLevel = .critical
    let configuration = ServiceGroupConfiguration(
      services: [.init(service: self, successTerminationBehavior: .gracefullyShutdownGroup)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    do {
      try await ServiceGroup(configuration: configuration).run()
    } catch {
      FileHandle.standardError.write(Data("kvorum: \(error)\n".utf8))
      throw ExitCode(1)
    }
  }
}

extension NodeConfiguration {
  fileprivate var logLabel: String { name ?? role.rawValue }
}

/// The nodes that run, each at its place among the configurations.
private actor RunningNodes {
  private var nodes: [Int: Node] = [:]
  private var work: Task<Void, Never>?
  private var isStopping = false
  private var wasStarted = false

  var count: Int { nodes.count }
  var all: [Node] { nodes.sorted { $0.key < $1.key }.map(\.value) }

  func set(_ work: Task<Void, Never>) {
    self.work = work
    if isStopping { work.cancel() }
  }

  /// False if the node has to end at once.
  func add(_ node: Node, at position: Int) -> Bool {
    guard !isStopping else { return false }
    nodes[position] = node
    return true
  }

  func remove(_ position: Int) { nodes[position] = nil }

  /// True the first time that it is asked.
  func isFirstTime() -> Bool {
    defer { wasStarted = true }
    return !wasStarted
  }

  func reload() { for node in all { node.reloadCredentials() } }

  func stop() async {
    isStopping = true
    work?.cancel()
    let nodes = all
    await withTaskGroup { group in
      for node in nodes { group.addTask { await node.stop() } }
    }
  }
}
