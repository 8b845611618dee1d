import DequeModule

/// What the core knows of its own log: which epoch reigned where, each configuration, and the newest entries.
struct LogView: Sendable {
  /// Invariant: the runs cover 1...lastIndex without gaps, in ascending order of index and epoch.
  private(set) var reigns: [Reign]
  private(set) var configurations: [IndexedConfiguration]
  private(set) var lastIndex: LogIndex
  /// Invariant: these are the last `recent.count` entries, and every entry above the applied index is among them.
  private(set) var recent: Deque<Entry>
  private var recentBytes: Int

  init(_ recovered: RecoveredState) {
    reigns = recovered.reigns
    configurations = recovered.configurations
    lastIndex = recovered.lastIndex
    recent = Deque(recovered.unapplied)
    recentBytes = recovered.unapplied.reduce(0) { $0 + $1.approximateSize }
  }

  var last: LogPosition { LogPosition(epoch: reigns.last?.epoch ?? .zero, index: lastIndex) }
  var firstRecent: LogIndex { lastIndex + 1 - LogIndex(recent.count) }
  var configuration: ClusterConfiguration? { configurations.last?.configuration }
  var configurationIndex: LogIndex { configurations.last?.index ?? 0 }

  /// The epoch of the entry at an index; zero for index 0, nil past the end.
  func epoch(at index: LogIndex) -> Epoch? {
    guard index <= lastIndex else { return nil }
    guard index > 0 else { return .zero }
    return reigns[reignPosition(of: index)].epoch
  }

  /// The first index of the run of one epoch that covers an index.
  func reignStart(of index: LogIndex) -> LogIndex {
    index == 0 ? 0 : reigns[reignPosition(of: index)].first
  }

  private func reignPosition(of index: LogIndex) -> Int {
    var low = 0
    var high = reigns.count - 1
    if reigns[high].first <= index { return high }
    while low < high {
      let middle = (low + high + 1) / 2
      if reigns[middle].first <= index { low = middle } else { high = middle - 1 }
    }
    return low
  }

  func position(at index: LogIndex) -> LogPosition {
    LogPosition(epoch: epoch(at: index) ?? .zero, index: index)
  }

  /// Entries from an index on, at least one if there is one, up to the limits; nil if they are not in memory.
  func entries(from index: LogIndex, limitBytes: Int, limitCount: Int) -> [Entry]? {
    guard index >= firstRecent else { return nil }
    guard index <= lastIndex else { return [] }
    let start = Int(index - firstRecent)
    var end = start
    var bytes = 0
    while end < recent.count, end - start < limitCount {
      bytes += recent[end].approximateSize
      if bytes > limitBytes, end > start { break }
      end += 1
    }
    return Array(recent[start..<end])
  }

  mutating func append(_ entry: Entry) {
    precondition(entry.index == lastIndex + 1, "the log has no gaps")
    if reigns.last?.epoch != entry.epoch { reigns.append(Reign(first: entry.index, epoch: entry.epoch)) }
    if case .configuration(let configuration) = entry.payload {
      configurations.append(IndexedConfiguration(index: entry.index, configuration: configuration))
    }
    lastIndex = entry.index
    recent.append(entry)
    recentBytes += entry.approximateSize
  }

  /// Cuts the log from an index on; a configuration in the part that goes is reverted with it (design 4.8).
  mutating func truncate(from index: LogIndex) {
    while let reign = reigns.last, reign.first >= index { reigns.removeLast() }
    if !Mutant.isPlanted(.cutConfigurationStays) {
      while let last = configurations.last, last.index >= index { configurations.removeLast() }
    }
    while let entry = recent.last, entry.index >= index {
      recent.removeLast()
      recentBytes -= entry.approximateSize
    }
    lastIndex = index - 1
  }

  /// Forgets the oldest entries that are applied while more than `limitBytes` are in memory.
  mutating func evict(applied: LogIndex, limitBytes: Int) {
    while recentBytes > limitBytes, let entry = recent.first, entry.index <= applied {
      recent.removeFirst()
      recentBytes -= entry.approximateSize
    }
  }
}
