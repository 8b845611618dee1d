import Replication

/// Remembers the last few runs of entries that were encoded, so that appends to several followers share them.
///
/// Entries are recognised by the first index and the place of the last one. That is enough within one log: two
/// logs that hold the same (epoch, index) hold the same entries up to there.
public struct EncodedEntriesCache: Sendable {
  private var recent: [EncodedEntries] = []
  private let capacity: Int

  /// A cache of so many runs; each holds on to its encoded bytes until it is displaced or `removeAll` is called.
  public init(capacity: Int = 4) { self.capacity = max(1, capacity) }

  /// The entries in encoded form, from the cache if they are there.
  ///
  /// Throws as `EncodedEntries.init` does.
  public mutating func encoded(_ entries: [Entry]) throws -> EncodedEntries {
    guard let first = entries.first, let last = entries.last else { return try EncodedEntries(entries) }
    let place = LogPosition(epoch: last.epoch, index: last.index)
    if let hit = recent.first(where: { $0.firstIndex == first.index && $0.last == place }) { return hit }
    let encoded = try EncodedEntries(entries)
    if recent.count == capacity { recent.removeFirst() }
    recent.append(encoded)
    return encoded
  }

  /// Lets go of all encoded bytes.
  public mutating func removeAll() { recent.removeAll(keepingCapacity: true) }
}
