import Foundation
import Processes

/// A writer that is a program with a Redis client of others in it; see Tests/Clients.
final class FollowingClient {
  /// What it says at its end.
  struct Outcome: Decodable {
    var acknowledged: Int
    /// Acknowledged keys that were not there when it read them back.
    var lost: [String]
    var longestGap: Int
    var errors: [String: Int]

    enum CodingKeys: String, CodingKey {
      case acknowledged, lost, errors
      case longestGap = "longest_gap_ms"
    }
  }

  /// Where the sources of the clients are.
  static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Clients").standardized.path
  /// The Python of Debian, which has the redis-py of Debian; the variable PYTHON names another one.
  static let python = ProcessInfo.processInfo.environment["PYTHON"] ?? "/usr/bin/python3"

  /// Whether its redis-py knows version 3 of the protocol; that of Debian does not.
  static let speaksVersion3 = succeeds(
    "import redis, sys; sys.exit(int(redis.__version__.split('.')[0]) < 5)")

  /// Whether the client of this name can be run here; tools/test installs what Debian has.
  static func isThere(_ name: String) -> Bool {
    switch name {
    case "hiredis":
      return FileManager.default.fileExists(atPath: "/usr/include/hiredis/hiredis.h")
        && FileManager.default.isExecutableFile(atPath: "/usr/bin/cc")
    case "redis-py-resp3": return speaksVersion3
    default: return succeeds("import \(name.hasPrefix("redis-py") ? "redis" : name)")
    }
  }

  private static func succeeds(_ program: String) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-c", program]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  private let child: ChildProcess
  private let output: String

  /// Starts to write to whoever is named as the master `kvorum`.
  init(_ name: String, _ cluster: TestCluster) async throws {
    output = cluster.home + "/\(name)-\(UUID().uuidString).txt"
    // The backup first: see the README on clients that begin with the master that is dead.
    let places = [cluster.backup, cluster.primary]
    var command = [Self.python, Self.sources + "/follow.py", name, "kvorum"] + places.map(\.address)
    if name == "hiredis" {
      let program = cluster.home + "/follow"
      let run = try await KvorumBinary.run(
        ["-O1", "-Wall", "-Wextra", "-Werror", "-o", program, Self.sources + "/follow.c", "-lhiredis"],
        of: "/usr/bin/cc", in: cluster.home)
      guard run.exit == .code(0) else { throw DeadlineError(description: "follow.c: \(run.errors)") }
      command = [program, "kvorum"] + places.flatMap { ["127.0.0.1", "\($0.port)"] }
    }
    let streams = [open("/dev/null", O_RDONLY | O_CLOEXEC), KvorumBinary.openForWriting(output)]
    defer { for stream in streams { close(stream) } }
    child = try ChildProcess(
      command, streams: .descriptors(input: streams[0], output: streams[1], errors: streams[1]),
      environment: KvorumBinary.environment(in: cluster.home), group: .ownSession)
  }

  deinit { child.destroy() }

  private var lines: [Substring] { KvorumBinary.text(output).split(separator: "\n") }

  /// Waits for more acknowledged writes than there were when it was called.
  func waitForMore(_ count: Int = 50, within limit: Duration = .seconds(30)) async throws {
    func acknowledged() -> Int { lines.last { Int($0) != nil }.flatMap { Int($0) } ?? 0 }
    let goal = acknowledged() + count
    try await eventually(
      "\(count) more writes of a client of others; it says \(lines.suffix(3))", within: limit
    ) {
      acknowledged() >= goal
    }
  }

  /// Lets it read back what was acknowledged, and returns what it says.
  func finish() async throws -> Outcome {
    child.signal(SIGTERM)
    let exit = try await child.exit(within: .seconds(60))
    guard exit == .code(0), let last = lines.last else {
      throw DeadlineError(
        description: "the client ended with \(exit): \(lines.suffix(20).joined(separator: "\n"))")
    }
    return try JSONDecoder().decode(Outcome.self, from: Data(last.utf8))
  }
}
