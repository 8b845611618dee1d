import Foundation
import Processes

/// The built `kvorum`, which stands beside the test bundle; the variable KVORUM names another one, such as a release
/// build.
enum KvorumBinary {
  static let path: String = {
    if let chosen = ProcessInfo.processInfo.environment["KVORUM"] { return chosen }
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    var starts = [tests, URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()]
    starts += CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map { URL(fileURLWithPath: $0) }
    for start in starts {
      let candidate = start.deletingLastPathComponent().appendingPathComponent("kvorum").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    return starts[0].deletingLastPathComponent().appendingPathComponent("kvorum").path
  }()

  /// Whether it is built with a sanitizer, which takes several times the memory and the time of the node.
  static let isSanitized = !sanitizerOptions.isEmpty

  /// A build with a sanitizer is told by these what to do with its findings.
  private static let sanitizerOptions = ProcessInfo.processInfo.environment.filter {
    $0.key == "TSAN_OPTIONS" || $0.key == "ASAN_OPTIONS"
  }

  /// What a command printed and how it ended.
  struct Run {
    var exit: ChildProcess.Exit
    var output: String
    var errors: String
    var time: Duration
  }

  /// Runs `kvorum`, or another program, to its end with `input` on standard input.
  static func run(
    _ arguments: [String], of program: String = path, input: [UInt8] = [], in directory: String,
    within limit: Duration = .seconds(20)
  ) async throws -> Run {
    let name = directory + "/run-\(UUID().uuidString)"
    try Data(input).write(to: URL(fileURLWithPath: name + ".in"))
    let streams = [
      open(name + ".in", O_RDONLY | O_CLOEXEC), openForWriting(name + ".out"), openForWriting(name + ".err"),
    ]
    defer { for stream in streams { close(stream) } }
    let start = ContinuousClock.now
    let child = try ChildProcess(
      [program] + arguments, streams: .descriptors(input: streams[0], output: streams[1], errors: streams[2]),
      environment: environment(in: directory), group: .ownSession)
    defer { child.destroy() }
    let exit: ChildProcess.Exit
    do {
      exit = try await child.exit(within: limit)
    } catch {
      throw DeadlineError(
        description: "\(program) \(arguments.joined(separator: " ")): \(error); "
          + "it wrote: \(text(name + ".out"))\(text(name + ".err"))")
    }
    return Run(
      exit: exit, output: text(name + ".out"), errors: text(name + ".err"), time: ContinuousClock.now - start)
  }

  /// The variables of a user whose home is the test's folder.
  static func environment(in directory: String) -> [String: String] {
    let own = ProcessInfo.processInfo.environment
    return sanitizerOptions.merging([
      "HOME": directory, "XDG_CACHE_HOME": directory + "/cache", "XDG_STATE_HOME": directory + "/state",
      "PATH": own["PATH"] ?? "/usr/bin:/bin",
      "LD_LIBRARY_PATH": own["LD_LIBRARY_PATH"] ?? "",
      "TERM": "dumb", "LC_ALL": "C.UTF-8",
    ]) { $1 }
  }

  static func openForWriting(_ path: String) -> Int32 {
    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
  }

  static func text(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
