import Replication

/// Log matching: an index and an epoch name one entry, and with it all entries before it.
///
/// By induction it is enough that the pair names one content and one epoch of the entry before.
struct LogMatchingChecker {
  private struct Known {
    var previous: Epoch
    var entry: Entry
  }

  private var known: [[Known]] = []

  /// Looks at an entry that a node writes after one of another epoch; returns what is wrong, or nil.
  mutating func write(_ entry: Entry, after previous: Epoch) -> Broken? {
    let place = Int(entry.index) - 1
    while known.count <= place { known.append([]) }
    guard let old = known[place].first(where: { $0.entry.epoch == entry.epoch }) else {
      known[place].append(Known(previous: previous, entry: entry))
      return nil
    }
    // Entries that were sent share their bytes, so that this comparison costs little.
    if old.entry != entry {
      return Broken(.logMatching, "two entries have index \(entry.index) and epoch \(entry.epoch)")
    }
    if old.previous != previous {
      return Broken(
        .logMatching,
        "entry \(entry.index) of epoch \(entry.epoch) follows one of epoch \(old.previous) in one log "
          + "and one of epoch \(previous) in another")
    }
    return nil
  }
}
