import Foundation
import Kvorum
import Processes
import Synchronization

/// One node as a process of its own.
final class TestNode: Sendable {
  enum Role: String {
    case primary, backup, slave
  }

  let name: String
  let role: Role
  let port: Int
  let directory: String
  let log: String
  private let home: String
  private let arguments: [String]
  private let openFiles: Int?
  private let child = Mutex<ChildProcess?>(nil)

  /// - Parameters:
  ///   - masters: The ports of the masters it is told of.
  ///   - openFiles: How many files it may have open.
  convenience init(
    _ role: Role, name: String, masters: [Int], home: String, directory: String? = nil, options: [String] = []
  ) throws {
    try self.init(
      role, name: name, port: FreePort.take(), masters: masters, home: home, directory: directory,
      options: options)
  }

  init(
    _ role: Role, name: String, port: Int, masters: [Int], home: String, directory: String? = nil,
    options: [String] = [], openFiles: Int? = nil
  ) throws {
    self.role = role
    self.name = name
    self.port = port
    self.home = home
    self.openFiles = openFiles
    self.directory = directory ?? home + "/" + name
    log = home + "/" + name + ".txt"
    let addresses = masters.filter { $0 != port }.map { "127.0.0.1:\($0)" }
    let others = addresses.isEmpty ? "none" : addresses.joined(separator: ",")
    let common = ["--data", self.directory, "--listen", "127.0.0.1:\(port)"] + options
    arguments =
      switch role {
      case .primary: ["master"] + common + ["--peers", others]
      case .backup: ["backup"] + common + ["--name", name, "--peers", others]
      case .slave: ["slave"] + common + ["--name", name, "--masters", others]
      }
  }

  var address: String { "127.0.0.1:\(port)" }
  var pid: pid_t? { child.withLock { $0?.pid } }
  var isRunning: Bool { child.withLock { $0 != nil && $0?.poll() == nil } }

  // MARK: The process

  func start() throws {
    let streams = [open("/dev/null", O_RDONLY | O_CLOEXEC), KvorumBinary.openForWriting(log)]
    defer { for stream in streams { close(stream) } }
    let limited = openFiles.map {
      ["/bin/sh", "-c", "ulimit -n \($0); exec \"$0\" \"$@\"", KvorumBinary.path]
    }
    let started = try ChildProcess(
      (limited ?? [KvorumBinary.path]) + arguments,
      streams: .descriptors(input: streams[0], output: streams[1], errors: streams[1]),
      environment: KvorumBinary.environment(in: home), group: .ownSession)
    child.withLock { $0 = started }
  }

  /// kill -9; returns once the process is gone.
  func kill() { child.withLock { $0 }?.destroy() }

  func freeze() async throws { try await running().freeze() }

  func thaw() { child.withLock { $0 }?.thaw() }

  /// SIGTERM; returns once the process has ended.
  func terminate(within limit: Duration = .seconds(11)) async throws -> ChildProcess.Exit {
    let process = try running()
    process.signal(SIGTERM)
    return try await process.exit(within: limit)
  }

  func exit(within limit: Duration = .seconds(15)) async throws -> ChildProcess.Exit {
    try await running().exit(within: limit)
  }

  private func running() throws -> ChildProcess {
    guard let process = child.withLock({ $0 }) else {
      throw DeadlineError(description: "\(name) was never started")
    }
    return process
  }

  /// What it wrote to its standard streams in all its lives.
  func words() -> String { KvorumBinary.text(log) }

  // MARK: Asking it

  func connect() async throws -> RESPConnection { try await RESPConnection.open(port: port) }

  func ask(_ words: String..., within limit: Duration = .seconds(10)) async throws -> RawReply {
    try await connect().call(words.map { Array($0.utf8) }, within: limit)
  }

  func status() async throws -> ClusterStatus {
    let reply = try await ask("KV.STATUS", within: .seconds(2))
    guard case .bulk(let json) = reply else { throw ConnectionTrouble.malformed("\(reply)") }
    return try ClusterStatus(json: json)
  }
}
