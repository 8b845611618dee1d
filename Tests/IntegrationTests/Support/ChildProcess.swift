import Foundation
import Synchronization

/// A process that was started here and is always ended and reaped here, by its id.
final class ChildProcess: Sendable {
  /// How a process ended.
  enum Exit: Hashable {
    case code(Int32)
    case signal(Int32)
  }

  /// POSIX_SPAWN_SETSID, which Swift does not see: the program's controlling terminal is the one that it opens.
  private static let newSession: Int16 = 0x80

  let pid: pid_t
  private let exit = Mutex<Exit?>(nil)

  /// What the standard streams of a program are.
  enum Streams {
    case descriptors(input: Int32, output: Int32, errors: Int32)
    /// All three are this terminal, which becomes the program's controlling one.
    case terminal(String)
  }

  init(_ executable: String, _ arguments: [String], streams: Streams, environment: [String: String]) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    switch streams {
    case .descriptors(let input, let output, let errors):
      for (place, descriptor) in [input, output, errors].enumerated() {
        posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(place))
      }
    case .terminal(let path):
      posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, 0, 1)
      posix_spawn_file_actions_adddup2(&actions, 0, 2)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The test runner may ignore or block signals that the program must feel.
    var all = sigset_t()
    sigfillset(&all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) | Self.newSession)

    let words = ([executable] + arguments).map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, executable, &actions, &attributes, words, variables)
    guard result == 0 else {
      throw DeadlineError(description: "cannot start \(executable): \(String(cString: strerror(result)))")
    }
    self.pid = pid
  }

  deinit { end() }

  /// How it ended; nil while it runs.
  func poll() -> Exit? { wait(WNOHANG) }

  /// Waits for its end.
  func exit(within limit: Duration = .seconds(10)) async throws -> Exit {
    try await eventually("process \(pid) ends", within: limit) { poll() != nil }
    return poll()!
  }

  func signal(_ number: Int32) {
    // Never after the process was reaped: its id may be another's by then.
    exit.withLock { if $0 == nil { kill(pid, number) } }
  }

  /// Stops it in its tracks, and returns once the kernel says so.
  func freeze() async throws {
    signal(SIGSTOP)
    try await eventually("process \(pid) is stopped") {
      try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8).contains(") T ")
    }
  }

  func thaw() { signal(SIGCONT) }

  /// Kills and reaps it.
  func end() {
    signal(SIGKILL)
    _ = wait(0)
  }

  private func wait(_ options: Int32) -> Exit? {
    exit.withLock { exit in
      if let exit { return exit }
      var status: Int32 = 0
      guard waitpid(pid, &status, options) == pid else { return nil }
      let signal = status & 0x7f
      exit = signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
      return exit
    }
  }
}
