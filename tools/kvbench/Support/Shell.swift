import Foundation
import Processes

/// Runs the system's own tools.
enum Shell {
  /// Runs a tool to its end and gives what it printed.
  ///
  /// - Throws: `BenchError` with the tool's words if it fails or takes longer than `limit`.
  @discardableResult
  static func run(_ words: [String], within limit: Duration = .seconds(10)) async throws -> String {
    let output = FileManager.default.temporaryDirectory.appendingPathComponent("kvbench-\(UUID().uuidString)")
      .path
    let descriptor = open(output, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw BenchError("cannot write \(output): \(String(cString: strerror(errno)))")
    }
    unlink(output)
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer {
      close(descriptor)
      close(null)
    }
    let child = try ChildProcess(
      words, streams: .descriptors(input: null, output: descriptor, errors: descriptor))
    guard let exit = await child.exit(within: limit) else {
      child.destroy()
      throw BenchError("\(words.joined(separator: " ")) did not end within \(limit)")
    }
    let text = contents(of: descriptor)
    guard exit == .code(0) else {
      let told = text.trimmingCharacters(in: .whitespacesAndNewlines)
      throw BenchError("\(words.joined(separator: " ")): \(told.isEmpty ? exit.description : told)")
    }
    return text
  }

  /// Where PATH has a tool; nil if nowhere.
  static func find(_ tool: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"
    let folders = path.split(separator: ":").map { String($0) } + ["/usr/sbin", "/sbin"]
    return folders.map { $0 + "/" + tool }.first { access($0, X_OK) == 0 }
  }

  private static func contents(of descriptor: Int32) -> String {
    lseek(descriptor, 0, SEEK_SET)
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
