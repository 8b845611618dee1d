import DequeModule
import Replication

/// The disk of one node: what was written is visible at once, what was fsynced survives a crash.
///
/// Writes become durable in the order of their tickets, all that wait together in one fsync (group commit).
struct FakeDisk {
  /// What survives a crash.
  private(set) var durable = Contents()
  /// What the running node has written, fsynced or not.
  private(set) var written = Contents()
  /// The replica as of its last checkpoint.
  var replica = Replica()
  /// The real storage, if the run has it: it decides what a crash leaves and what a start finds.
  let stored: StoredDisk?
  /// The next fsync takes this much longer.
  var stall: Int64 = 0

  private(set) var waiting: Deque<LogWrite> = []
  private(set) var syncing: [LogWrite] = []
  /// Entries whose stored bytes have changed by themselves; their checksums tell whoever reads them.
  private(set) var rotten: [LogIndex] = []

  /// A stored entry does not fit its checksum.
  struct Damage: Error, CustomStringConvertible {
    var index: LogIndex
    /// What is wrong, if it is not the checksum.
    var finding: String?

    var description: String {
      finding ?? "log.db is damaged at index \(index): the checksum does not fit the entry"
    }
  }

  init(stored: StoredDisk? = nil) { self.stored = stored }

  struct Contents {
    var hardState = HardState()
    var entries: [Entry] = []
    var commit: LogIndex = 0

    func entry(at index: LogIndex) -> Entry? {
      index > 0 && index <= LogIndex(entries.count) ? entries[Int(index) - 1] : nil
    }

    mutating func take(_ write: LogWrite) {
      if let first = write.truncateFrom {
        entries.removeLast(max(0, entries.count - (Int(first) - 1)))
      }
      for entry in write.entries {
        precondition(entry.index == LogIndex(entries.count) + 1, "a write leaves a gap in the log")
        entries.append(entry)
      }
      if let state = write.hardState { hardState = state }
      commit = max(commit, write.commit)
    }

    /// Changes a bit of an entry with a value; false if it has none.
    @discardableResult
    mutating func flip(_ bit: Int, at index: LogIndex) -> Bool {
      guard case .mutations(var mutations) = entry(at: index)?.payload, !mutations[0].value.isEmpty else {
        return false
      }
      mutations[0].value[bit / 8 % mutations[0].value.count] ^= 1 << UInt8(bit % 8)
      entries[Int(index) - 1].payload = .mutations(mutations)
      return true
    }
  }

  mutating func submit(_ write: LogWrite) {
    if let first = write.truncateFrom { rotten.removeAll { $0 >= first } }
    written.take(write)
    waiting.append(write)
  }

  /// Starts an fsync of all that waits, unless one is under way or nothing waits.
  mutating func startSync() -> Bool {
    guard syncing.isEmpty, !waiting.isEmpty else { return false }
    syncing = Array(waiting)
    waiting.removeAll(keepingCapacity: true)
    return true
  }

  /// Ends the fsync under way and returns its writes.
  mutating func finishSync() -> [LogWrite] {
    let done = syncing
    for write in done { durable.take(write) }
    if !done.isEmpty { stored?.write(done) }
    syncing = []
    return done
  }

  /// A crash: what waits is lost; an fsync under way has either reached the disk as a whole or not at all.
  mutating func crash(syncReachedDisk: Bool) {
    if syncReachedDisk { _ = finishSync() }
    if let stored {
      stored.crash(during: syncing, after: durable, rotten: rotten)
      durable = stored.found
      replica = Replica()
      for entry in durable.entries.prefix(Int(stored.applied)) { replica.apply(entry) }
    }
    syncing = []
    waiting = []
    written = durable
    rotten.removeAll { $0 > LogIndex(durable.entries.count) }
    stall = 0
  }

  /// Loses the promises and the cluster, as a disk would that acknowledges without fsync.
  mutating func forgetHardState() {
    durable.hardState = HardState(cluster: durable.hardState.cluster)
    written.hardState = durable.hardState
    stored?.forget(durable.hardState)
  }

  // MARK: Reading

  /// Flips a bit of a durable entry.
  mutating func rot(at index: LogIndex, bit: Int) {
    guard !rotten.contains(index), let entry = durable.entry(at: index), written.entry(at: index) == entry,
      durable.flip(bit, at: index)
    else { return }
    written.flip(bit, at: index)
    rotten.append(index)
  }

  /// Entries from an index on, at least one if there is one, each verified.
  func entries(from first: LogIndex, limitBytes: Int) throws(Damage) -> [Entry] {
    if let stored, rotten.isEmpty {
      do { return try stored.entries(from: first, limitBytes: limitBytes) } catch {
        throw Damage(index: first, finding: "\(error)")
      }
    }
    var entries: [Entry] = []
    var bytes = 0
    var index = first
    while let entry = written.entry(at: index), entries.isEmpty || bytes < limitBytes {
      try verify(index)
      entries.append(entry)
      bytes += entry.approximateSize
      index += 1
    }
    return entries
  }

  private func verify(_ index: LogIndex) throws(Damage) {
    if rotten.contains(index) { throw Damage(index: index) }
  }

  /// How many entries at the end of the log a start verifies at least, as the real one does.
  private static let verifiedTail: LogIndex = 64

  /// What a restarted node finds. Not the whole log is read: damage in its older part shows only later.
  func recovered() throws(Damage) -> RecoveredState {
    let last = LogIndex(durable.entries.count)
    let verified = min(replica.applied, last - min(last, Self.verifiedTail))
    for index in rotten.sorted() where index > verified && index <= last { throw Damage(index: index) }
    if let stored {
      do { return try stored.recovered() } catch { throw Damage(index: last, finding: "\(error)") }
    }
    var reigns: [Reign] = []
    var configurations: [IndexedConfiguration] = []
    for entry in durable.entries {
      if reigns.last?.epoch != entry.epoch { reigns.append(Reign(first: entry.index, epoch: entry.epoch)) }
      if case .configuration(let configuration) = entry.payload {
        configurations.append(IndexedConfiguration(index: entry.index, configuration: configuration))
      }
    }
    return RecoveredState(
      hardState: durable.hardState, lastIndex: LogIndex(durable.entries.count), reigns: reigns,
      configurations: configurations, commit: durable.commit, applied: replica.applied,
      unapplied: Array(durable.entries.dropFirst(Int(replica.applied))))
  }
}
