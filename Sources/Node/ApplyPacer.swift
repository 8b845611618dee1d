import Replication

/// Decides when the applier starts its next batch.
///
/// A row costs several times less in a large sorted batch than in a small one, and a file that people read should
/// show a write at once. So the wait before a batch is proportional to the size of the last one: at a low rate
/// batches stay small and the wait is nothing, above a certain rate each batch is larger than the one before, up
/// to a bound on the lag. A pause in the stream ends the wait.
struct ApplyPacer: Sendable {
  /// Waiting this long for each entry of the last batch makes batches grow above 4,000 entries a second.
  static let waitPerEntry: Nanoseconds = 250_000
  /// The longest that an entry waits while others keep coming.
  static let longestWait: Nanoseconds = .milliseconds(8_000)
  /// No entry for this long is a pause.
  static let pause: Nanoseconds = .milliseconds(20)
  /// A batch of this many entries starts at once.
  static let fullBatch = 65_536
  /// A batch of this many bytes starts at once.
  static let fullBytes = 32 << 20

  private var nextStart: Instant = .distantPast

  /// Notes a finished batch.
  mutating func finished(entries: Int, at now: Instant) {
    nextStart = now + min(Self.longestWait, Nanoseconds(entries) * Self.waitPerEntry)
  }

  /// How long to wait before a batch of what is pending; 0 means now.
  func wait(
    pending: Int, bytes: Int, lastArrival: Instant, urgent: Bool, at now: Instant
  ) -> Nanoseconds {
    if urgent || pending >= Self.fullBatch || bytes >= Self.fullBytes { return 0 }
    return max(0, min(nextStart - now, lastArrival + Self.pause - now))
  }
}
