import Replication

/// How fresh the reads of a connection are (design 4.6). The raw values are the words of `KV.CONSISTENCY`.
public enum Consistency: String, Sendable, CaseIterable {
  /// Every read sees every write that was acknowledged before it was sent.
  case linearizable
  /// The same, with the value taken from a majority of the slaves.
  case majority
  /// What this node has applied, whoever leads.
  case stale
}

/// A request with what has been found out about it.
public struct Request: Sendable {
  /// The command's name and its arguments; never empty.
  public var arguments: [[UInt8]]
  /// When its bytes came, on the node's own monotonic clock.
  public var arrived: Instant
  /// Set by a prefix; else the connection's counts.
  var consistency: Consistency?
  /// Set by a prefix: it is done once.
  var token: [UInt8]?
  /// Whether it was put off until the replica had more.
  var hasWaitedForApply = false
  /// The confirmation round that it waits for.
  var confirmation: UInt64?
  /// Whether monitors have seen it.
  var wasShown = false

  /// Makes a request of which nothing is known yet.
  public init(arguments: [[UInt8]], arrived: Instant) {
    self.arguments = arguments
    self.arrived = arrived
  }
}
