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

  func run() async throws {
    var nodes: [Node] = []
    do {
      for configuration in configurations {
        nodes.append(try await Node.start(configuration, logger: logger(configuration)))
      }
    } catch {
      await stop(nodes)
      throw error
    }
    await onStart(nodes)
    let running = nodes
    let failure = await withGracefulShutdownHandler {
      await withTaskGroup(of: NodeError?.self) { group in
        for node in running { group.addTask { await node.ended() } }
        return await group.next() ?? nil
      }
    } onGracefulShutdown: {
      Task { await stop(running) }
    }
    await stop(running)
    if let failure { throw failure }
  }

  /// Masters last: while they are there the slaves' last acks still count.
  private func stop(_ nodes: [Node]) async {
    await withTaskGroup { group in
      for node in nodes { group.addTask { await node.stop() } }
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
    var configuration = ServiceGroupConfiguration(
      services: [.init(service: self, successTerminationBehavior: .gracefullyShutdownGroup)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    // A stuck disk must not keep a node from ending.
    configuration.maximumGracefulShutdownDuration = .seconds(8)
    configuration.maximumCancellationDuration = .seconds(1)
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
