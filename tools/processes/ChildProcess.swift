import Foundation
import Synchronization

/// A process that was started here, is reaped here by its id, and does not outlive this object.
public final class ChildProcess: Sendable {
  /// How a process ended.
  public enum Exit: Hashable, CustomStringConvertible, Sendable {
    case code(Int32)
    case signal(Int32)

    /// For people: "exit code 1", "signal 9".
    public var description: String {
      switch self {
      case .code(let code): "exit code \(code)"
      case .signal(let number): "signal \(number)"
      }
    }
  }

  /// What the standard streams of a program are.
  public enum Streams: Sendable {
    /// Open descriptors of this process.
    case descriptors(input: Int32, output: Int32, errors: Int32)
    /// All three are the terminal of this path, which becomes the program's controlling one.
    case terminal(String)

    /// Those of this process.
    public static let inherited = Streams.descriptors(input: 0, output: 1, errors: 2)
  }

  /// Which processes get its signals from a terminal.
  public enum Group: Sendable {
    /// The starter's: Ctrl-C at the terminal reaches both.
    case inherited
    /// One of its own.
    case own
    /// A session of its own, without a controlling terminal until it opens one.
    case ownSession
  }

  /// POSIX_SPAWN_SETSID, which Swift does not see.
  private static let newSession: Int16 = 0x80

  /// The kernel's number of it.
  public let pid: pid_t
  private let end = Mutex<Exit?>(nil)

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - words: The program, found by PATH if it has no slash, and its arguments.
  ///   - streams: Its standard streams; it gets no other descriptor that is closed on exec.
  /// - Throws: `StartError` if the kernel refuses.
  public init(
    _ words: [String], streams: Streams, environment: [String: String] = ProcessInfo.processInfo.environment,
    group: Group = .own
  ) throws {
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
    // Signals that are handled, ignored or blocked here must be felt there.
    var all = sigset_t()
    sigfillset(&all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    var flags = Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)
    switch group {
    case .inherited: break
    case .own: flags |= Int16(POSIX_SPAWN_SETPGROUP)
    case .ownSession: flags |= Self.newSession
    }
    posix_spawnattr_setflags(&attributes, flags)

    let arguments = words.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var pid: pid_t = 0
    let result = posix_spawnp(&pid, words[0], &actions, &attributes, arguments, variables)
    guard result == 0 else {
      throw StartError(description: "cannot start \(words[0]): \(String(cString: strerror(result)))")
    }
    self.pid = pid
  }

  deinit { destroy() }

  /// How it ended; nil while it runs.
  public func poll() -> Exit? { wait(WNOHANG) }

  /// Sends it a signal.
  public func signal(_ number: Int32) {
    // Never after the process was reaped: its id may be another's by then.
    end.withLock { if $0 == nil { kill(pid, number) } }
  }

  /// Sends a signal to its whole process group, if that is its own.
  public func signalGroup(_ number: Int32) {
    end.withLock { if $0 == nil { kill(-pid, number) } }
  }

  /// Kills and reaps it.
  public func destroy() {
    signal(SIGKILL)
    _ = wait(0)
  }

  /// Whether the kernel has stopped it, as SIGSTOP asks.
  public var isStopped: Bool {
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
