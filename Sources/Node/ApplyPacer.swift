import Replication

/// Decides when the applier starts its next batch.
///
/// A row costs several times less in a large sorted batch than in a small one, and a file that people read should
/// show a write at once. So entries wait only while many come: the wait rises with the rate, from nothing at
/// 1,000 entries a second to a bound on the lag. A pause in the stream ends it.
struct ApplyPacer: Sendable {
  /// Up to this many entries a second, a batch starts at once.
  static let lightRate = 1_000.0
  /// What each entry a second above that adds to the wait.
  static let waitPerRate: Nanoseconds = .milliseconds(1)
  /// The longest that an entry waits while others keep coming.
  static let longestWait: Nanoseconds = .milliseconds(8_000)
  /// No entry for this long is a pause.
  static let pause: Nanoseconds = .milliseconds(20)
  /// A batch of this many entries starts at once.
  static let fullBatch = 131_072
  /// A batch of this many bytes starts at once.
  static let fullBytes = 64 << 20

  private var nextStart: Instant = .distantPast
  private var lastFinish: Instant = .distantPast
  /// About how many entries came in the last second.
  private var rate = 0.0

  /// Notes a finished batch.
  mutating func finished(entries: Int, at now: Instant) {
    let seconds = min(3_600, Double(now - lastFinish) / 1e9)
    lastFinish = now
    rate = seconds < 1 ? rate * (1 - seconds) + Double(entries) : Double(entries) / seconds
    let wait = max(0, rate - Self.lightRate) * Double(Self.waitPerRate)
    nextStart = now + min(Self.longestWait, Nanoseconds(wait))
  }

  /// How long to wait before a batch of what is pending; 0 means now.
  func wait(
    pending: Int, bytes: Int, lastArrival: Instant, urgent: Bool, at now: Instant
  ) -> Nanoseconds {
    if urgent || pending >= Self.fullBatch || bytes >= Self.fullBytes { return 0 }
    return max(0, min(nextStart - now, lastArrival + Self.pause - now))
  }
}
