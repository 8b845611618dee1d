import Replication

/// A log.db in memory that refuses what the real one refuses.
struct LogKeeper {
  /// What the node started from.
  let initial: RecoveredState
  private var entries: [Entry]
  private var epoch: Epoch
  private var commit: LogIndex
  private var promised: Epoch
  private var tickets: UInt64 = 0
  private var waiting: [LogWrite] = []

  /// A node with a configuration and a few entries of two reigns.
  static let veteran: RecoveredState = {
    var configuration = SampleFrames.configuration
    configuration.incoming = nil
    let entries = [
      Entry(index: 1, epoch: SampleFrames.first, time: 0, payload: .configuration(configuration)),
      Entry(index: 2, epoch: SampleFrames.first, time: 0, payload: .noop),
      Entry(index: 3, epoch: SampleFrames.first, time: 0, payload: .mutations([.put([1], [1])])),
      Entry(index: 4, epoch: SampleFrames.second, time: 0, payload: .noop),
    ]
    return RecoveredState(
      hardState: HardState(
        cluster: configuration.cluster, promised: SampleFrames.second, highestRound: 2), lastIndex: 4,
      reigns: [Reign(first: 1, epoch: SampleFrames.first), Reign(first: 4, epoch: SampleFrames.second)],
      configurations: [IndexedConfiguration(index: 1, configuration: configuration)], commit: 2, applied: 1,
      unapplied: Array(entries.dropFirst()))
  }()

  init(recovered: RecoveredState) {
    initial = recovered
    // What was applied before the start is not given back by a recovery; it is on the disk all the same.
    let applied = recovered.configurations.map {
      Entry(index: $0.index, epoch: SampleFrames.first, time: 0, payload: .configuration($0.configuration))
    }
    entries = applied + recovered.unapplied
    epoch = entries.last?.epoch ?? .zero
    commit = recovered.commit
    promised = recovered.hardState.promised
  }

  /// The last index that would survive a crash now.
  var durableIndex: LogIndex { LogIndex(entries.count) }

  mutating func submit(_ write: LogWrite) throws {
    tickets += 1
    try expect(write.ticket == tickets, "write \(write.ticket) comes as number \(tickets)")
    waiting.append(write)
  }

  /// Does the oldest write that is waiting; returns its ticket.
  mutating func finishOne() throws -> UInt64? {
    guard !waiting.isEmpty else { return nil }
    let write = waiting.removeFirst()
    if let first = write.truncateFrom, first <= durableIndex {
      try expect(first > commit, "the log is asked to drop entry \(first), \(commit) is committed")
      entries.removeSubrange(Int(first - 1)...)
      epoch = entries.last?.epoch ?? .zero
    }
    for entry in write.entries {
      try expect(
        entry.index == durableIndex + 1 && entry.epoch >= epoch,
        "entry \(entry.index) of \(entry.epoch) is written after \(durableIndex) of \(epoch)")
      entries.append(entry)
      epoch = entry.epoch
    }
    if let hard = write.hardState {
      try expect(hard.promised >= promised, "promise \(promised) is taken back for \(hard.promised)")
      promised = hard.promised
    }
    commit = max(commit, write.commit)
    try expect(commit <= durableIndex, "commit index \(commit) is written beyond entry \(durableIndex)")
    return write.ticket
  }

  func read(from first: LogIndex) -> [Entry] {
    first > 0 && first <= durableIndex ? Array(entries[Int(first - 1)...].prefix(5)) : []
  }
}
