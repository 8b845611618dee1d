/// A position in the log, counted from 1 without gaps; 0 stands before the first entry.
public typealias LogIndex = UInt64

/// The name of a node for as long as its log.db lives.
///
/// A node whose log.db was lost, restored or rebuilt takes a new one, because it has forgotten what it
/// promised and acknowledged (design 4.10).
public struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The identifier as stored and sent; 0 is no node.
  public var rawValue: UInt64

  /// Wraps a raw identifier.
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// Reads the sixteen hexadecimal digits that `description` prints.
  public init?(text: String) {
    guard let value = UInt64(text, radix: 16) else { return nil }
    rawValue = value
  }

  /// Sixteen hexadecimal digits.
  public var description: String { hexadecimal(rawValue) }

  /// Compares the raw values; the order has no meaning beyond breaking ties.
  public static func < (a: NodeID, b: NodeID) -> Bool { a.rawValue < b.rawValue }
}

/// The identity of a cluster, made once at its birth (design 4.1).
public struct ClusterID: Hashable, Sendable, CustomStringConvertible {
  /// The upper 64 bits.
  public var high: UInt64
  /// The lower 64 bits.
  public var low: UInt64

  /// Makes an identity from its halves.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads the thirty-two hexadecimal digits that `description` prints.
  public init?(text: String) {
    guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
      let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  /// Thirty-two hexadecimal digits.
  public var description: String { hexadecimal(high) + hexadecimal(low) }
}

private func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}

/// The number of a master's reign, compared by round and then by master, and never used twice.
public struct Epoch: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Raised, and fsynced on the candidate, before each election.
  public var round: UInt64
  /// The master that leads in this epoch.
  public var master: NodeID

  /// The epoch before the first.
  public static let zero = Epoch(round: 0, master: NodeID(0))

  /// Makes an epoch.
  public init(round: UInt64, master: NodeID) {
    self.round = round
    self.master = master
  }

  /// The round, and the first digits of the master's id.
  public var description: String { "\(round)-\(master.description.prefix(4))" }

  /// Compares rounds first, so that a higher round always wins.
  public static func < (a: Epoch, b: Epoch) -> Bool {
    a.round != b.round ? a.round < b.round : a.master < b.master
  }
}

/// A moment on a node's own monotonic clock that goes on during sleep (CLOCK_BOOTTIME), in nanoseconds.
///
/// Instants of two nodes are never compared; only differences on one node have a meaning.
public struct Instant: Hashable, Comparable, Sendable {
  /// Nanoseconds since an arbitrary start.
  public var nanoseconds: Int64

  /// Before every other instant.
  public static let distantPast = Instant(nanoseconds: .min / 2)
  /// After every other instant.
  public static let distantFuture = Instant(nanoseconds: .max / 2)

  /// Makes an instant from its nanoseconds.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Orders by time.
  public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
  /// The instant a span later.
  public static func + (a: Instant, span: Nanoseconds) -> Instant {
    Instant(nanoseconds: a.nanoseconds &+ span)
  }
  /// The instant a span earlier.
  public static func - (a: Instant, span: Nanoseconds) -> Instant {
    Instant(nanoseconds: a.nanoseconds &- span)
  }
  /// The span between two instants of one clock.
  public static func - (a: Instant, b: Instant) -> Nanoseconds { a.nanoseconds &- b.nanoseconds }
}

/// A span of time in nanoseconds.
public typealias Nanoseconds = Int64

extension Nanoseconds {
  /// A span of so many milliseconds.
  public static func milliseconds(_ count: Int64) -> Nanoseconds { count * 1_000_000 }
}
