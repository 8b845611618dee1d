@testable import Replication

/// A log.db and a replica.db that are done at once, or when they are released.
struct CoreDisk {
  private(set) var hard = HardState()
  private(set) var entries: [Entry] = []
  private(set) var commit: LogIndex = 0
  var applied: LogIndex = 0
  var held = false
  private var unfinished: [LogWrite] = []

  var lastIndex: LogIndex { entries.last?.index ?? 0 }

  /// What a start finds.
  var recovered: RecoveredState {
    RecoveredState(entries: entries, hard: hard, commit: min(commit, lastIndex), applied: applied)
  }

  /// Takes a write; true if it is finished already.
  mutating func put(_ write: LogWrite) -> Bool {
    guard !held else {
      unfinished.append(write)
      return false
    }
    finish(write)
    return true
  }

  /// Finishes all that was held back.
  mutating func release() -> [LogWrite] {
    held = false
    defer { unfinished = [] }
    for write in unfinished { finish(write) }
    return unfinished
  }

  mutating func loseUnfinished() {
    unfinished = []
    held = false
  }

  func read(_ fetch: Fetch) -> [Entry] { Array(entries.drop { $0.index < fetch.from }.prefix(100)) }

  private mutating func finish(_ write: LogWrite) {
    if let cut = write.truncateFrom {
      precondition(cut > applied, "an applied entry is cut")
      entries.removeAll { $0.index >= cut }
    }
    for entry in write.entries {
      precondition(entry.index == lastIndex + 1, "entry \(entry.index) does not follow \(lastIndex)")
      entries.append(entry)
    }
    if let new = write.hardState {
      precondition(new.promised >= hard.promised, "a promise is taken back")
      hard = new
    }
    commit = max(commit, write.commit)
  }
}
