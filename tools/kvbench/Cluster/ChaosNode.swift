import Foundation
import Kvorum
import Processes
import RESP
import Synchronization

/// One node's process, in all its lives.
final class ChaosNode: Sendable {
  enum Role: String, Sendable {
    case primary, backup, slave
  }

  private struct State {
    var child: ChildProcess?
    var isWanted = false
    var isDiskFull = false
    /// Whether it may end by itself, as a node does that is started on a full disk.
    var mayEnd = false
    /// Seconds by which its clocks differ from this machine's.
    var clockOffset = 0
  }

  let number: Int
  let role: Role
  let name: String
  let directory: String
  /// Where its words go.
  let log: String
  let place: NodePlace
  private let words: [String]
  private let state = Mutex(State())

  init(
    number: Int, role: Role, name: String, home: String, place: NodePlace, masters: [Endpoint], binary: String
  ) {
    self.number = number
    self.role = role
    self.name = name
    directory = home + "/" + name
    log = home + "/" + name + ".txt"
    self.place = place
    let others = masters.filter { $0 != place.endpoint }.map(\.description).joined(separator: ",")
    // In network namespaces the nodes listen for each other, and nobody else is there.
    let common = ["--data", directory, "--listen", "\(place.endpoint)", "--insecure"]
    switch role {
    case .primary: words = [binary, "master"] + common + ["--peers", others]
    case .backup: words = [binary, "backup"] + common + ["--name", name, "--peers", others]
    case .slave: words = [binary, "slave"] + common + ["--name", name, "--masters", others]
    }
  }

  var isRunning: Bool { state.withLock { $0.child?.poll() == nil && $0.child != nil } }

  /// Starts it unless it runs.
  ///
  /// - Parameter clockOffset: Seconds by which its monotonic and boot clocks are to differ from now on, as after a
  ///   reboot; nil keeps them.
  func start(clockOffset: Int? = nil) throws {
    guard !isRunning else { return }
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    defer {
      close(null)
      close(output)
    }
    let offset = state.withLock { state in
      if let clockOffset { state.clockOffset = clockOffset }
      return state.clockOffset
    }
    let clock =
      offset == 0 ? [] : ["unshare", "--time", "--boottime", "\(offset)", "--monotonic", "\(offset)"]
    let child = try ChildProcess(
      place.launcher + clock + words,
      streams: .descriptors(input: null, output: output, errors: output))
    state.withLock {
      $0.child = child
      $0.isWanted = true
      $0.mayEnd = $0.isDiskFull
    }
  }

  /// kill -9; returns once the process is gone.
  func kill() { unwanted()?.destroy() }

  /// SIGTERM; returns once the process has ended.
  func terminate(within limit: Duration) async -> ChildProcess.Exit? {
    let child = unwanted()
    child?.signal(SIGTERM)
    return await child?.exit(within: limit)
  }

  /// SIGSTOP; returns once the kernel has stopped it.
  func freeze() async {
    guard let child = state.withLock({ $0.child }), child.poll() == nil else { return }
    child.signal(SIGSTOP)
    _ = await eventually(within: .seconds(2), every: .milliseconds(1)) {
      child.isStopped || child.poll() != nil
    }
  }

  /// SIGCONT.
  func thaw() { state.withLock { $0.child }?.signal(SIGCONT) }

  /// Notes whether its disk takes nothing more: it need not start then, but must go on if it runs.
  func setDiskFull(_ isFull: Bool) { state.withLock { $0.isDiskFull = isFull } }

  /// Whether it has ended by itself, and may.
  var hasEndedExcused: Bool {
    state.withLock { $0.isWanted && $0.mayEnd && $0.child?.poll() != nil }
  }

  /// How it ended although nobody ended it; nil if it did not.
  func takeUnexpectedEnd() -> String? {
    state.withLock { state in
      guard state.isWanted, !state.mayEnd, let exit = state.child?.poll() else { return nil }
      state.isWanted = false
      return "\(name) ended by itself with \(exit); its last words are in \(log):\n\(lastWords)"
    }
  }

  /// What it says of the cluster; nil if it does not answer in time.
  func status(within limit: Duration = .milliseconds(700)) async -> ClusterStatus? {
    guard let socket = try? await RESPSocket.open(place.endpoint, within: limit),
      let answer = try? await socket.call(["KV.STATUS"], within: limit), let json = answer.bytes
    else { return nil }
    return try? ClusterStatus(json: json)
  }

  private var lastWords: String {
    let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").suffix(6).map { "    \($0)" }.joined(separator: "\n")
  }

  private func unwanted() -> ChildProcess? {
    state.withLock { state in
      state.isWanted = false
      return state.child
    }
  }
}
