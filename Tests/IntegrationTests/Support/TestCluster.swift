import Foundation
import Kvorum
import Synchronization
import Testing

/// A cluster of processes in a folder of its own.
final class TestCluster: Sendable {
  let home: String
  let primary: TestNode
  let backup: TestNode
  let slaves: [TestNode]
  let options: [String]
  private let others = Mutex<[TestNode]>([])

  init(slaves: Int, options: [String] = [], openFiles: Int? = nil) throws {
    home = NSTemporaryDirectory() + "kvorum-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    self.options = options
    let masters = [try FreePort.take(), try FreePort.take()]
    primary = try TestNode(
      .primary, name: "primary", port: masters[0], masters: masters, home: home, options: options,
      openFiles: openFiles)
    backup = try TestNode(
      .backup, name: "backup", port: masters[1], masters: masters, home: home, options: options)
    let home = home
    self.slaves = try (1...slaves).map {
      try TestNode(.slave, name: "slave-\($0)", masters: masters, home: home, options: options)
    }
  }

  var masters: [TestNode] { [primary, backup] }
  var nodes: [TestNode] { masters + slaves + others.withLock { $0 } }
  var masterAddresses: String { masters.map(\.address).joined(separator: ",") }

  /// Another node of this cluster, not started yet.
  func make(
    _ role: TestNode.Role, name: String, port: Int? = nil, directory: String? = nil, options: [String] = []
  ) throws -> TestNode {
    let node = try TestNode(
      role, name: name, port: port ?? FreePort.take(), masters: masters.map(\.port), home: home,
      directory: directory ?? home + "/" + name + "-\(UUID().uuidString.prefix(4))",
      options: self.options + options)
    others.withLock { $0.append(node) }
    return node
  }

  /// Starts all nodes and waits until each has its place.
  func start() async throws {
    for node in masters + slaves { try node.start() }
    try await eventually("the cluster is complete", within: .seconds(20)) {
      let status = try await primary.status()
      return status.state == .active && status.n == slaves.count && status.membershipChange == nil
        && status.nodes.count == nodes.count
        && status.nodes.allSatisfy { $0.connected && $0.state != .joining }
    }
  }

  func end() {
    for node in nodes { node.kill() }
    try? FileManager.default.removeItem(atPath: home)
  }

  /// What every node wrote, its last lines only if it wrote much.
  var logs: String {
    nodes.map { node in
      let lines = node.words().split(separator: "\n").suffix(60).joined(separator: "\n")
      return "--- \(node.name) at \(node.address)\(node.isRunning ? "" : ", not running")\n\(lines)"
    }.joined(separator: "\n")
  }

  // MARK: Waiting

  func waitUntilActive(_ node: TestNode, within limit: Duration = .seconds(15)) async throws {
    try await eventually("\(node.name) is active", within: limit) { try await node.status().state == .active }
  }

  /// Waits until whoever leads answers a write, and says who it is.
  @discardableResult
  func waitUntilWritable(within limit: Duration = .seconds(15)) async throws -> TestNode {
    var writable: TestNode?
    try await eventually("writes are taken", within: limit) {
      for node in masters where node.isRunning {
        let reply = try? await node.ask("SET", "is-writable", "yes", within: .seconds(3))
        if reply == .simple("OK") {
          writable = node
          return true
        }
      }
      return false
    }
    return writable!
  }

  /// Runs a command of `kvorum` that takes `--masters`.
  func run(
    _ command: [String], _ arguments: [String] = [], input: [UInt8] = []
  ) async throws -> KvorumBinary.Run {
    try await KvorumBinary.run(
      command + ["--masters", masterAddresses] + arguments, input: input, in: home)
  }
}

/// Runs `body` with a cluster and ends every process afterwards; on a failure every node's words are added to it.
func withCluster(
  slaves: Int = 3, options: [String] = [], openFiles: Int? = nil, started: Bool = true,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: (TestCluster) async throws -> Void
) async throws {
  let cluster = try TestCluster(slaves: slaves, options: options, openFiles: openFiles)
  defer { cluster.end() }
  do {
    if started { try await cluster.start() }
    try await body(cluster)
  } catch {
    Issue.record("the nodes' words before \(error):\n\(cluster.logs)", sourceLocation: sourceLocation)
    throw error
  }
}
