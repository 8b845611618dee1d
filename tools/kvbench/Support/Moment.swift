import Foundation

/// The clock of every history: nanoseconds since the machine was started, never set back.
enum Moment {
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Seconds between two moments, with milliseconds.
  static func text(_ nanoseconds: Int64) -> String {
    String(format: "%.3f", Double(nanoseconds) / 1e9)
  }
}
