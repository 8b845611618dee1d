import Replication
import Transport

/// What one link makes this node hold, and what it may: the home of every bound on peers (design 7).
///
/// 1. While `limit` bytes wait on a link, further frames are dropped. The protocol bears lost messages, and what they
///    said is said again.
/// 2. A peer that is owed something and takes none of it for `patience` loses its link.
/// 3. Of nodes that nobody here knows there are at most `strangers` links at a time, and together they hold no more
///    than one link may: `strangersLimit`. One that joins is alone as a rule.
///
/// A peer that says nothing for `patience` loses its link too, whatever it takes.
struct PeerBacklog {
  /// The leader's window for one follower is half of it; what is beyond comes of large values.
  static let limit = 32 << 20
  static let patience: Nanoseconds = .milliseconds(5_000)
  static let strangers = 64
  static let strangersLimit = limit + PeerFrame.defaultMaximumLength

  /// What waits to be sent, in bytes; no less than that, and exact right after a look.
  private(set) var unsent = 0
  private var written = 0
  private var taken = 0
  private var lastTaken: Instant

  init(now: Instant) { lastTaken = now }

  mutating func wrote(_ bytes: Int) {
    unsent += bytes
    written += bytes
  }

  /// Learns how much of what was written waits.
  mutating func look(_ unsent: Int, at now: Instant) {
    self.unsent = unsent
    // Nothing is asked of a peer that is owed nothing.
    if unsent == 0 || written - unsent > taken { lastTaken = now }
    taken = written - unsent
  }

  /// Whether another frame may be written, by what was learned last.
  var isFull: Bool { unsent >= Self.limit }

  /// Whether the peer is owed something and does not take it.
  func isStuck(at now: Instant) -> Bool { unsent > 0 && now - lastTaken > Self.patience }
}
