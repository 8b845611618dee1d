import Replication

/// Log matching: an index and an epoch name one entry, and with it all entries before it.
///
/// By induction it is enough that the pair names one content and one epoch of the entry before.
struct LogMatchingChecker {
  private struct Known {
    var epoch: Epoch
    var previous: Epoch
    var digest: UInt64
  }

  private var known: [[Known]] = []

  /// Looks at an entry that a node writes after one of another epoch; returns what is wrong, or nil.
  mutating func write(_ entry: Entry, after previous: Epoch) -> String? {
    let place = Int(entry.index) - 1
    while known.count <= place { known.append([]) }
    let digest = EntryChecksum.next(after: 0, entry)
    guard let old = known[place].first(where: { $0.epoch == entry.epoch }) else {
      known[place].append(Known(epoch: entry.epoch, previous: previous, digest: digest))
      return nil
    }
    if old.digest != digest { return "two entries have index \(entry.index) and epoch \(entry.epoch)" }
    if old.previous != previous {
      return "entry \(entry.index) of epoch \(entry.epoch) follows one of epoch \(old.previous) in one log "
        + "and one of epoch \(previous) in another"
    }
    return nil
  }
}
