import Foundation
import Synchronization

/// What was done to the cluster, and how long its clients had to wait for it.
final class FaultLog: Sendable {
  private struct State {
    var done: [FaultKind: Int] = [:]
    var killsOfActive = 0
    var gaps: [String: Distribution] = [:]
    var troubles: [String] = []
  }

  private let start: Int64
  private let print: (@Sendable (String) -> Void)?
  private let file: FileHandle?
  private let state = Mutex(State())

  /// - Parameters:
  ///   - path: The file that gets each line.
  ///   - print: Gets each line too; nil if nobody wants it.
  init(start: Int64, path: String, print: (@Sendable (String) -> Void)?) {
    self.start = start
    self.print = print
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    file = descriptor < 0 ? nil : FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  var done: [FaultKind: Int] { state.withLock { $0.done } }
  var killsOfActive: Int { state.withLock { $0.killsOfActive } }
  var gaps: [String: Distribution] { state.withLock { $0.gaps } }
  /// Faults that could not be done, which is nobody's violation.
  var troubles: [String] { state.withLock { $0.troubles } }

  func line(_ text: String) {
    let line = "\(Moment.text(Moment.now() - start)) \(text)"
    state.withLock { _ in try? file?.write(contentsOf: Data((line + "\n").utf8)) }
    print?(line)
  }

  func count(_ kind: FaultKind) { state.withLock { $0.done[kind, default: 0] += 1 } }

  func countKillOfActive() { state.withLock { $0.killsOfActive += 1 } }

  func gap(_ name: String, _ nanoseconds: Int64) {
    state.withLock { $0.gaps[name, default: Distribution()].add(nanoseconds) }
    line("gap of \(Double(nanoseconds / 10_000) / 100) ms: \(name)")
  }

  func trouble(_ text: String) {
    state.withLock { $0.troubles.append(text) }
    line(text)
  }
}
