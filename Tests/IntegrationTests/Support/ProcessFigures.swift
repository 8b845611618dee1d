import Foundation
import Processes

/// What the kernel counts of a process.
struct ProcessFigures {
  private let pid: pid_t

  init(_ node: TestNode) throws {
    guard let pid = node.pid else { throw DeadlineError(description: "\(node.name) was never started") }
    self.pid = pid
  }

  /// The most memory that it ever had in use, in bytes.
  var peakMemory: Int { get throws { try memory("VmHWM:") } }
  /// The memory that it has in use, in bytes.
  var memory: Int { get throws { try memory("VmRSS:") } }

  /// The time for which it has had a processor.
  var processorTime: Duration {
    get throws {
      let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
      // The name in parentheses may hold anything.
      let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
      guard fields.count > 12, let user = Int64(fields[11]), let system = Int64(fields[12]) else {
        throw DeadlineError(description: "the kernel says of process \(pid): \(text)")
      }
      return .milliseconds((user + system) * 1_000 / Int64(sysconf(Int32(_SC_CLK_TCK))))
    }
  }

  var openFiles: Int {
    get throws { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count }
  }

  /// Lowers or raises how many files it may have open from now on.
  func limitOpenFiles(to count: Int) async throws {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let program = try ChildProcess(
      ["prlimit", "--pid", "\(pid)", "--nofile=\(count):"],
      streams: .descriptors(input: null, output: null, errors: null))
    guard try await program.exit() == .code(0) else { throw DeadlineError(description: "prlimit failed") }
  }

  private func memory(_ name: String) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
      let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({
        Int($0)
      })
    else { throw DeadlineError(description: "the kernel does not say \(name) of process \(pid)") }
    return kibibytes << 10
  }
}
