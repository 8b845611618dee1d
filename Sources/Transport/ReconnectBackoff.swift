import Replication

/// How long to wait before a peer is dialed again: a random part of a span that doubles with each failure.
///
/// The whole span is random, so that nodes which lost the same peer at once do not return to it at once.
public struct ReconnectBackoff: Hashable, Sendable {
  /// The span after the first failure.
  public let base: Nanoseconds
  /// The longest span.
  public let cap: Nanoseconds
  private var failures = 0

  /// Makes a backoff; spans are taken as at least one nanosecond, and `cap` as at least `base`.
  public init(base: Nanoseconds = .milliseconds(20), cap: Nanoseconds = .milliseconds(1000)) {
    self.base = max(1, base)
    self.cap = max(self.base, cap)
  }

  /// Counts a failure and returns the wait before the next attempt, from one nanosecond to the current span.
  public mutating func next(using random: inout some RandomNumberGenerator) -> Nanoseconds {
    let span = failures < 62 && base <= cap >> failures ? base << failures : cap
    failures += 1
    return Nanoseconds.random(in: 1...span, using: &random)
  }

  /// Begins again with the shortest span: a link came up.
  public mutating func reset() { failures = 0 }
}
