import DequeModule

/// What the core knows of its own log: which epoch reigned where, each configuration, and the newest entries.
struct LogView: Sendable {
  /// The entry after which the log begins: what came up to it is committed, applied and gone (design 4.9).
  private(set) var base: LogPosition
  /// Invariant: the runs cover what is after the base up to lastIndex, and the base itself if there is one, without
  /// gaps, in ascending order of index and epoch.
  private(set) var reigns: [Reign]
  /// The newest one up to the base, and all after it.
  private(set) var configurations: [IndexedConfiguration]
  private(set) var lastIndex: LogIndex
  /// Invariant: these are the last `recent.count` entries, and every entry above the applied index is among them.
  private(set) var recent: Deque<Entry>
  private var recentBytes: Int

  init(_ recovered: RecoveredState) {
    base = recovered.base
    reigns = recovered.reigns
    configurations = recovered.configurations
    lastIndex = recovered.lastIndex
    recent = Deque(recovered.unapplied)
    recentBytes = recovered.unapplied.reduce(0) { $0 + $1.approximateSize }
    forgetBelowBase()
  }

  var last: LogPosition { LogPosition(epoch: reigns.last?.epoch ?? .zero, index: lastIndex) }
  var firstRecent: LogIndex { lastIndex + 1 - LogIndex(recent.count) }
  var configuration: ClusterConfiguration? { configurations.last?.configuration }
  var configurationIndex: LogIndex { configurations.last?.index ?? 0 }

  /// The epoch of the entry at an index; nil past the end and before the base.
  func epoch(at index: LogIndex) -> Epoch? {
    guard index <= lastIndex, index >= base.index else { return nil }
    guard index > base.index else { return base.epoch }
    return reigns[reignPosition(of: index)].epoch
  }

  /// The first index of the run of one epoch that covers an index which is not before the base; no lower than that.
  func reignStart(of index: LogIndex) -> LogIndex {
    index <= base.index ? base.index : max(base.index, reigns[reignPosition(of: index)].first)
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

  /// Lets the log begin after an entry that is applied.
  mutating func trim(upTo index: LogIndex) {
    base = position(at: index)
    while let entry = recent.first, entry.index <= index {
      recent.removeFirst()
      recentBytes -= entry.approximateSize
    }
    forgetBelowBase()
  }

  /// Lets the log be empty, and begin after a snapshot.
  mutating func replace(by snapshot: LogBase) {
    base = snapshot.position
    lastIndex = snapshot.index
    reigns = [Reign(first: snapshot.index, epoch: snapshot.position.epoch)]
    configurations = snapshot.configuration.map { [$0] } ?? []
    recent.removeAll()
    recentBytes = 0
  }

  /// Lets other configurations count than the log has; for a mutant.
  mutating func keep(_ configurations: [IndexedConfiguration]) { self.configurations = configurations }

  /// Drops the runs and configurations that ended before the base.
  private mutating func forgetBelowBase() {
    let run = reigns.lastIndex { $0.first <= base.index } ?? 0
    reigns.removeFirst(min(run, reigns.count))
    let newest = configurations.lastIndex { $0.index <= base.index } ?? 0
    configurations.removeFirst(min(newest, configurations.count))
  }

  /// Forgets the oldest entries that are applied while more than `limitBytes` are in memory.
  mutating func evict(applied: LogIndex, limitBytes: Int) {
    while recentBytes > limitBytes, let entry = recent.first, entry.index <= applied {
      recent.removeFirst()
      recentBytes -= entry.approximateSize
    }
  }
}
