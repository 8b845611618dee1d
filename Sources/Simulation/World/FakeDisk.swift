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
  /// The next fsync takes this much longer.
  var stall: Int64 = 0

  private(set) var waiting: Deque<LogWrite> = []
  private(set) var syncing: [LogWrite] = []

  struct Contents {
    var hardState = HardState()
    var entries: [Entry] = []
    var commit: LogIndex = 0
    private(set) var configurations: [IndexedConfiguration] = []

    /// The newest configuration in the log.
    var configuration: ClusterConfiguration? { configurations.last?.configuration }

    func entry(at index: LogIndex) -> Entry? {
      index > 0 && index <= LogIndex(entries.count) ? entries[Int(index) - 1] : nil
    }

    mutating func take(_ write: LogWrite) {
      if let first = write.truncateFrom {
        entries.removeLast(max(0, entries.count - (Int(first) - 1)))
        configurations.removeAll { $0.index >= first }
      }
      for entry in write.entries {
        precondition(entry.index == LogIndex(entries.count) + 1, "a write leaves a gap in the log")
        entries.append(entry)
        if case .configuration(let configuration) = entry.payload {
          configurations.append(IndexedConfiguration(index: entry.index, configuration: configuration))
        }
      }
      if let state = write.hardState { hardState = state }
      commit = max(commit, write.commit)
    }
  }

  mutating func submit(_ write: LogWrite) {
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
    syncing = []
    return done
  }

  /// A crash: what waits is lost; an fsync under way has either reached the disk as a whole or not at all.
  mutating func crash(syncReachedDisk: Bool) {
    if syncReachedDisk { _ = finishSync() }
    syncing = []
    waiting = []
    written = durable
    stall = 0
  }

  /// Loses the promises and the cluster, as a disk would that acknowledges without fsync.
  mutating func forgetHardState() {
    durable.hardState = HardState(cluster: durable.hardState.cluster)
    written.hardState = durable.hardState
  }

  /// What a restarted node finds.
  func recovered() -> RecoveredState {
    var reigns: [Reign] = []
    for entry in durable.entries where reigns.last?.epoch != entry.epoch {
      reigns.append(Reign(first: entry.index, epoch: entry.epoch))
    }
    return RecoveredState(
      hardState: durable.hardState, lastIndex: LogIndex(durable.entries.count), reigns: reigns,
      configurations: durable.configurations, commit: durable.commit, applied: replica.applied,
      unapplied: Array(durable.entries.dropFirst(Int(replica.applied))))
  }
}
