import Replication

/// A node's monotonic clock: it has its own start and runs a little too fast or too slow.
struct NodeClock {
  var offset: Int64
  /// Millionths by which it runs too fast.
  var drift: Int64

  func local(at time: Int64) -> Instant {
    Instant(nanoseconds: offset + time + time / 1_000 * drift / 1_000)
  }

  /// The first moment of true time at which the clock has reached an instant.
  func time(of instant: Instant) -> Int64 {
    let local = instant.nanoseconds - offset
    var time = local - local / (1_000_000 + drift) * drift
    // The rounding of the two directions differs by less than the following steps.
    while self.local(at: time) < instant { time += 1_000 }
    return time
  }
}
