import Foundation
import Synchronization

/// A process that was started here and is reaped here, by its id.
final class ChildProcess: Sendable {
  /// How a process ended.
  enum Exit: Hashable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    var description: String {
      switch self {
      case .code(let code): "exit code \(code)"
      case .signal(let number): "signal \(number)"
      }
    }
  }

  /// What the standard streams are; the numbers of open descriptors.
  struct Streams {
    var input: Int32
    var output: Int32
    var errors: Int32

    static let inherited = Streams(input: 0, output: 1, errors: 2)
  }

  let pid: pid_t
  private let end = Mutex<Exit?>(nil)

  /// - Parameters:
  ///   - words: The program, found by PATH, and its arguments.
  ///   - ownGroup: Whether it gets a process group of its own, which Ctrl-C at the terminal does not reach.
  init(
    _ words: [String], streams: Streams, environment: [String: String] = ProcessInfo.processInfo.environment,
    ownGroup: Bool = true
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (place, descriptor) in [streams.input, streams.output, streams.errors].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(place))
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Signals that are handled or ignored here must be felt there.
    var all = sigset_t()
    sigfillset(&all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (ownGroup ? POSIX_SPAWN_SETPGROUP : 0)))

    let arguments = words.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var pid: pid_t = 0
    let result = posix_spawnp(&pid, words[0], &actions, &attributes, arguments, variables)
    guard result == 0 else {
      throw BenchError("cannot start \(words[0]): \(String(cString: strerror(result)))")
    }
    self.pid = pid
  }

  /// How it ended; nil while it runs.
  func poll() -> Exit? { wait(WNOHANG) }

  /// Waits for its end; nil if that does not come in time.
  func exit(within limit: Duration) async -> Exit? {
    _ = await eventually(within: limit, every: .milliseconds(2)) { self.poll() != nil }
    return poll()
  }

  func signal(_ number: Int32) {
    // Never after the process was reaped: its id may be another's by then.
    end.withLock { if $0 == nil { kill(pid, number) } }
  }

  /// Sends a signal to its whole process group.
  func signalGroup(_ number: Int32) {
    end.withLock { if $0 == nil { kill(-pid, number) } }
  }

  /// Kills and reaps it.
  func destroy() {
    signal(SIGKILL)
    _ = wait(0)
  }

  /// Whether the kernel has stopped it, as SIGSTOP asks.
  var isStopped: Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
    return text.contains(") T ")
  }

  private func wait(_ options: Int32) -> Exit? {
    end.withLock { end in
      if let end { return end }
      var status: Int32 = 0
      guard waitpid(pid, &status, options) == pid else { return nil }
      let signal = status & 0x7f
      end = signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
      return end
    }
  }
}
