import Foundation

/// How long faults go on: until a moment, or until someone asks for the end.
struct RunClock: Sendable {
  let start: Int64
  /// nil if only a number of kills ends it.
  let end: Int64?
  let stop: StopSignal

  /// - Parameter minutes: nil for no limit.
  init(minutes: Double?, stop: StopSignal) {
    start = Moment.now()
    let start = start
    end = minutes.map { start + Int64($0 * 60e9) }
    self.stop = stop
  }

  var isOver: Bool { stop.isRequested || end.map { Moment.now() >= $0 } ?? false }

  /// Sleeps, but not past the end.
  func sleep(milliseconds: Int) async {
    let deadline = Moment.now() + Int64(milliseconds) * 1_000_000
    while !isOver {
      let left = deadline - Moment.now()
      guard left > 0 else { return }
      try? await Task.sleep(for: .nanoseconds(min(left, 20_000_000)))
    }
  }
}
