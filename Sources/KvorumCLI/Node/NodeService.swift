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
      await firstEnd(of: running)
    } onGracefulShutdown: {
      endByForce(after: 9)
      Task { await stop(running) }
    }
    await stop(running)
    if let failure { throw failure }
  }

  /// Waits until any of the nodes ends; returns why, or nil after a stop.
  private func firstEnd(of nodes: [Node]) async -> NodeError? {
    let (ends, continuation) = AsyncStream.makeStream(of: NodeError?.self)
    for node in nodes { Task { continuation.yield(await node.ended()) } }
    for await end in ends { return end }
    return nil
  }

  /// A stuck disk must not keep a process from ending; what was acknowledged is on disk already.
  private func endByForce(after seconds: TimeInterval) {
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: seconds)
      FileHandle.standardError.write(Data("kvorum: could not end in \(Int(seconds)) s, ends now\n".utf8))
      _exit(1)
    }
  }

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
