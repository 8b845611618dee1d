import Glibc
import Processes

extension ChildProcess {
  /// Waits for its end.
  func exit(within limit: Duration = .seconds(10)) async throws -> Exit {
    try await eventually("process \(pid) ends", within: limit) { poll() != nil }
    return poll()!
  }

  /// Stops it in its tracks, and returns once the kernel says so.
  func freeze() async throws {
    signal(SIGSTOP)
    try await eventually("process \(pid) is stopped") { isStopped }
  }

  func thaw() { signal(SIGCONT) }
}
