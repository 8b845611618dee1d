import Foundation
import Processes

/// The built `kvlog`, which stands beside the test bundle; the variable KVLOG names another one.
enum KVLog {
  struct Run {
    var code: Int32
    var output: String
    var errors: String

    /// What it printed with --json.
    var json: [String: Any] {
      get throws { try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:] }
    }
  }

  static let path: String = {
    if let chosen = ProcessInfo.processInfo.environment["KVLOG"] { return chosen }
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    var starts = [tests, URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()]
    starts += CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map { URL(fileURLWithPath: $0) }
    let candidates = starts.map { $0.deletingLastPathComponent().appendingPathComponent("kvlog").path }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[0]
  }()

  /// Runs it to its end.
  static func run(_ arguments: [String], in home: String) throws -> Run {
    let name = home + "/run-\(UUID().uuidString)"
    let streams = [
      open("/dev/null", O_RDONLY | O_CLOEXEC), open(name + ".out", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644),
      open(name + ".err", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644),
    ]
    defer { for stream in streams { close(stream) } }
    let child = try ChildProcess(
      [path] + arguments, streams: .descriptors(input: streams[0], output: streams[1], errors: streams[2]))
    let deadline = ContinuousClock.now + .seconds(60)
    while child.poll() == nil, ContinuousClock.now < deadline { usleep(2_000) }
    guard case .code(let code) = child.poll() else { throw CocoaError(.executableRuntimeMismatch) }
    func text(_ path: String) -> String {
      FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    return Run(code: code, output: text(name + ".out"), errors: text(name + ".err"))
  }
}
