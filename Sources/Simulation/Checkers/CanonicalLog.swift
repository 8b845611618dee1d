import Replication

/// The one log of committed entries: whatever any node calls committed must agree with it for ever.
struct CanonicalLog {
  private(set) var entries: [Entry] = []
  /// The digest of the keyspace after each entry; the first is that of the empty keyspace.
  private var digests: [UInt64] = [0]
  private var replica = Replica()
  private(set) var timeline = KeyTimeline()
  private(set) var configuration: ClusterConfiguration?
  private(set) var configurationIndex: LogIndex = 0

  var lastIndex: LogIndex { LogIndex(entries.count) }

  func entry(at index: LogIndex) -> Entry? {
    index > 0 && index <= lastIndex ? entries[Int(index) - 1] : nil
  }

  /// The last entry of an epoch lower than this one.
  func last(before epoch: Epoch) -> Entry? { entries.last { $0.epoch < epoch } }

  func holdsEntry(of epoch: Epoch) -> Bool { entries.last { $0.epoch <= epoch }?.epoch == epoch }

  func digest(at index: LogIndex) -> UInt64? { index <= lastIndex ? digests[Int(index)] : nil }

  /// A node cuts its log at this entry; returns what is wrong with that, or nil.
  func cut(_ entry: Entry) -> Broken? {
    guard let known = self.entry(at: entry.index), known.epoch == entry.epoch else { return nil }
    return Broken(
      .neverCut, "cuts its log at entry \(entry.index) of epoch \(entry.epoch), which is committed")
  }

  /// Whether the newest committed entry is still on W disks of each set; returns what is wrong, or nil.
  ///
  /// - Parameters:
  ///   - isLastStepBegun: Whether the step that ends a committed joint configuration is in a log already.
  ///   - holds: Whether a slave has it on disk; one whose disk was lost counts as if it had.
  func kept(isLastStepBegun: Bool = false, holds: (NodeID, Entry) -> Bool) -> Broken? {
    guard let entry = entries.last, var configuration else { return nil }
    // The leader counts by the new set alone as soon as it has appended the last step, the entries before it
    // included: the joint configuration is committed, and no candidate can do without R of the new set any more.
    if isLastStepBegun, let incoming = configuration.incoming {
      configuration.current = incoming
      configuration.incoming = nil
    }
    return Self.heldByQuorum(entry, of: configuration, .quorumKept, holds: holds)
  }

  /// Whether W slaves of each set hold an entry; returns what is wrong, or nil.
  static func heldByQuorum(
    _ entry: Entry, of configuration: ClusterConfiguration, _ invariant: Invariant,
    holds: (NodeID, Entry) -> Bool
  ) -> Broken? {
    for set in configuration.sets {
      let holders = set.slaves.count { holds($0.id, entry) }
      guard holders >= set.quorum.write else {
        return Broken(
          invariant,
          "entry \(entry.index) is committed and on \(holders) disks of \(set.slaves.count) slaves only")
      }
    }
    return nil
  }

  /// Takes an entry that a node calls committed; returns what is wrong with it, or nil.
  mutating func commit(_ entry: Entry) -> Broken? {
    if let known = self.entry(at: entry.index) {
      guard known != entry else { return nil }
      return Broken(.neverChanged, "entry \(entry.index) was committed as \(known) and is now \(entry)")
    }
    guard entry.index == lastIndex + 1 else {
      return Broken(
        .neverChanged, "entry \(entry.index) is called committed, but \(lastIndex + 1) never was")
    }
    entries.append(entry)
    replica.apply(entry)
    timeline.take(entry)
    digests.append(replica.digest)
    if case .configuration(let configuration) = entry.payload {
      self.configuration = configuration
      configurationIndex = entry.index
    }
    return nil
  }
}
