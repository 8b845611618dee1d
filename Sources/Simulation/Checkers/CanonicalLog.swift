import Replication

/// The one log of committed entries: whatever any node calls committed must agree with it for ever.
struct CanonicalLog {
  private(set) var entries: [Entry] = []
  /// The digest of the keyspace after each entry; the first is that of the empty keyspace.
  private var digests: [UInt64] = [0]
  private var replica = Replica()
  private(set) var configuration: ClusterConfiguration?
  private(set) var configurationIndex: LogIndex = 0

  var lastIndex: LogIndex { LogIndex(entries.count) }

  func entry(at index: LogIndex) -> Entry? {
    index > 0 && index <= lastIndex ? entries[Int(index) - 1] : nil
  }

  /// The last entry of an epoch lower than this one.
  func last(before epoch: Epoch) -> Entry? { entries.last { $0.epoch < epoch } }

  func digest(at index: LogIndex) -> UInt64? { index <= lastIndex ? digests[Int(index)] : nil }

  /// Takes an entry that a node calls committed; returns what is wrong with it, or nil.
  mutating func commit(_ entry: Entry) -> String? {
    if let known = self.entry(at: entry.index) {
      guard known != entry else { return nil }
      return "entry \(entry.index) was committed as \(known) and is now \(entry)"
    }
    guard entry.index == lastIndex + 1 else {
      return "entry \(entry.index) is called committed, but \(lastIndex + 1) never was"
    }
    entries.append(entry)
    replica.apply(entry)
    digests.append(replica.digest)
    if case .configuration(let configuration) = entry.payload {
      self.configuration = configuration
      configurationIndex = entry.index
    }
    return nil
  }
}
