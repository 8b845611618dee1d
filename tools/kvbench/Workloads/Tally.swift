import Synchronization

/// Counts what became of the operations, and keeps the first violations.
final class Tally: Sendable {
  /// The ends of operations of one sort.
  struct Counts: Codable, Hashable, Sendable {
    var acknowledged = 0
    var refused = 0
    var inDoubt = 0

    var total: Int { acknowledged + refused + inDoubt }
  }

  private struct State {
    var counts: [String: Counts] = [:]
    var violations: [String] = []
    var violationCount = 0
  }

  private static let keptViolations = 50
  private let state = Mutex(State())

  var counts: [String: Counts] { state.withLock { $0.counts } }
  var total: Counts {
    counts.values.reduce(into: Counts()) {
      $0.acknowledged += $1.acknowledged
      $0.refused += $1.refused
      $0.inDoubt += $1.inDoubt
    }
  }
  var violations: [String] { state.withLock { $0.violations } }
  var violationCount: Int { state.withLock { $0.violationCount } }

  func acknowledged(_ workload: String) {
    state.withLock { $0.counts[workload, default: Counts()].acknowledged += 1 }
  }
  func refused(_ workload: String) { state.withLock { $0.counts[workload, default: Counts()].refused += 1 } }
  func inDoubt(_ workload: String) { state.withLock { $0.counts[workload, default: Counts()].inDoubt += 1 } }

  func violation(_ text: String) {
    state.withLock { state in
      state.violationCount += 1
      if state.violations.count < Self.keptViolations { state.violations.append(text) }
    }
  }
}
