import Replication

/// Which entries a log keeps. An entry stays while it is within every limit that is set.
public struct TrimPolicy: Hashable, Sendable {
  /// The newest so many entries stay.
  public var entries: LogIndex?
  /// Entries that take so many bytes in log.db stay, the newest.
  public var bytes: Int64?
  /// Entries that are younger stay, in milliseconds.
  public var age: Int64?

  /// A policy; without any limit nothing is dropped.
  public init(entries: LogIndex? = 100_000, bytes: Int64? = nil, age: Int64? = nil) {
    self.entries = entries
    self.bytes = bytes
    self.age = age
  }

  /// By so many entries at least the log is shortened at a time, so that it costs little: a hundredth of what stays, a
  /// thousand at most.
  var step: LogIndex { max(1, min(1_000, (entries ?? 100_000) / 100)) }

  /// What is known of a log.
  struct Log {
    /// The entry after which it begins.
    var base: LogIndex
    /// Its last entry.
    var last: LogIndex
    /// How many bytes its entries take.
    var usedBytes: Int64
    /// Milliseconds since 1970 of now.
    var now: Int64
    /// When an entry was proposed, in milliseconds since 1970; nil if that is not known.
    var time: (LogIndex) throws -> Int64?
  }

  /// The last entry that is to go; that after which the log begins if none is.
  func target(_ log: Log) throws -> LogIndex {
    var target = log.base
    guard log.last > log.base else { return target }
    let count = log.last - log.base
    if let entries, count > entries { target = log.last - entries }
    if let bytes, log.usedBytes > bytes {
      // Entries differ in size: what is too many goes in parts, and each part is looked at.
      let excess = Double(count) * Double(log.usedBytes - bytes) / Double(log.usedBytes)
      target = max(target, log.base + min(LogIndex(excess), max(1_000, count / 16)))
    }
    if let age { target = max(target, try firstYounger(than: log.now - age, in: log) - 1) }
    return min(target, log.last)
  }

  /// The times in a log rise as well as the masters' clocks agree, which is enough here.
  private func firstYounger(than time: Int64, in log: Log) throws -> LogIndex {
    var (low, high) = (log.base + 1, log.last + 1)
    while low < high {
      let middle = low + (high - low) / 2
      if let found = try log.time(middle), found < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
