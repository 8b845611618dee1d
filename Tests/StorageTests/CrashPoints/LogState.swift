import Replication
import Storage

/// What a log.db holds.
struct LogState: Hashable {
  var base = LogBase.zero
  var entries: [Entry] = []
  var hardState = HardState()
  var commit: LogIndex = 0
  var address: String?

  var lastIndex: LogIndex { base.index + LogIndex(entries.count) }
  var epoch: Epoch { entries.last?.epoch ?? base.position.epoch }

  /// The state after a batch, by the rules of `LogWrite`.
  func after(_ batch: [LogWrite]) -> LogState {
    var state = self
    for write in batch {
      if let snapshot = write.installed { state.install(snapshot) }
      if let first = write.truncateFrom { state.entries = state.entries.filter { $0.index < first } }
      state.entries += write.entries
      if let hardState = write.hardState { state.hardState = hardState }
      state.commit = max(state.commit, write.commit)
    }
    return state
  }

  /// The state once the entries up to an index are trimmed.
  func trimmed(upTo index: LogIndex) -> LogState {
    var state = self
    while let entry = state.entries.first, entry.index <= index {
      state.base.advance(by: entry)
      state.entries.removeFirst()
    }
    return state
  }

  /// The state once the replica has taken a snapshot.
  mutating func install(_ snapshot: LogBase) {
    commit = max(commit, snapshot.index)
    let isHeld =
      snapshot.index <= base.index
      || entries.contains { $0.index == snapshot.index && $0.epoch == snapshot.position.epoch }
    guard !isHeld else { return }
    base = snapshot
    entries = []
  }

  init(address: String? = nil) { self.address = address }

  /// What a reader finds; damage makes it throw.
  init(_ reader: LogReader) throws {
    base = try reader.base()
    entries = try reader.entries(from: base.index + 1, limitBytes: .max, limitCount: .max)
    hardState = try reader.hardState()
    commit = try reader.commit()
    address = try reader.identity().listenAddress
  }
}
