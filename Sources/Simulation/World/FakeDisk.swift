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
  /// What has come of a copy of another node's replica.
  var incoming: IncomingCopy?
  /// The copy of our own replica that was made last.
  var copy: SnapshotDescription?
  /// The replica has taken a snapshot that stands here, and the log has not followed yet.
  private(set) var installing: LogBase?
  /// The committed entries up to an index: what a log that begins after a snapshot stands for.
  let history: (LogIndex) -> [Entry]
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

  init(stored: StoredDisk? = nil, history: @escaping (LogIndex) -> [Entry] = { _ in [] }) {
    self.stored = stored
    self.history = history
  }

  /// A copy while it comes in.
  struct IncomingCopy {
    var snapshot: SnapshotDescription
    /// So many bytes were kept.
    var count: UInt64 = 0
    /// A crash has changed some of them.
    var isSpoiled = false
  }

  struct Contents {
    var hardState = HardState()
    /// Entries up to here are gone from the log. They stand in `entries` all the same, since the node holds what they
    /// did: its replica is made of them.
    var base: LogIndex = 0
    var entries: [Entry] = []
    var commit: LogIndex = 0

    func entry(at index: LogIndex) -> Entry? {
      index > 0 && index <= LogIndex(entries.count) ? entries[Int(index) - 1] : nil
    }

    mutating func take(_ write: LogWrite, history: (LogIndex) -> [Entry]) {
      if let snapshot = write.installed { install(snapshot, history: history) }
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

    /// The replica has taken a snapshot.
    mutating func install(_ snapshot: LogBase, history: (LogIndex) -> [Entry]) {
      commit = max(commit, snapshot.index)
      guard entry(at: snapshot.index)?.epoch != snapshot.position.epoch, snapshot.index > base else { return }
      entries = history(snapshot.index)
      base = snapshot.index
    }

    mutating func restore(_ entry: Entry) {
      if entry.index <= LogIndex(entries.count) { entries[Int(entry.index) - 1] = entry }
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
    written.take(write, history: history)
    if write.installed != nil { forgetRot(upTo: written.base) }
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
    for write in done {
      durable.take(write, history: history)
      if write.installed != nil { installing = nil }
    }
    if !done.isEmpty { stored?.write(done) }
    syncing = []
    return done
  }

  /// A crash: what waits is lost; an fsync under way has either reached the disk as a whole or not at all.
  ///
  /// - Parameter pending: A snapshot that the replica was about to take.
  mutating func crash(syncReachedDisk: Bool, pending: SnapshotDescription? = nil) {
    if syncReachedDisk { _ = finishSync() }
    if let installing, stored == nil { durable.install(installing, history: history) }
    if let stored {
      stored.crash(during: syncing, after: durable, rotten: rotten, installing: installing, pending: pending)
      durable = stored.found
      replica = Replica()
      for entry in durable.entries.prefix(Int(stored.applied)) { replica.apply(entry) }
    }
    installing = nil
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

  // MARK: Snapshots and trimming

  /// The replica takes a snapshot; the log follows with a write.
  mutating func install(_ replica: Replica, standingAt base: LogBase) {
    self.replica = replica
    installing = base
  }

  /// Drops the entries up to an index.
  mutating func trim(upTo index: LogIndex) {
    written.base = index
    durable.base = index
    forgetRot(upTo: index)
    stored?.trim(upTo: index)
  }

  /// Damage is gone with the entries that had it.
  private mutating func forgetRot(upTo index: LogIndex) {
    guard rotten.contains(where: { $0 <= index }) else { return }
    let sound = history(index)
    for place in rotten where place <= LogIndex(sound.count) {
      written.restore(sound[Int(place) - 1])
      durable.restore(sound[Int(place) - 1])
    }
    rotten.removeAll { $0 <= index }
  }

  // MARK: Reading

  /// Flips a bit of a durable entry.
  mutating func rot(at index: LogIndex, bit: Int) {
    guard index > durable.base, !rotten.contains(index), let entry = durable.entry(at: index),
      written.entry(at: index) == entry,
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
      hardState: durable.hardState,
      base: LogPosition(epoch: durable.entry(at: durable.base)?.epoch ?? .zero, index: durable.base),
      lastIndex: LogIndex(durable.entries.count), reigns: reigns,
      configurations: configurations, commit: durable.commit, applied: replica.applied,
      unapplied: Array(durable.entries.dropFirst(Int(replica.applied))))
  }
}
