import Replication
import Storage

/// Builds a replica from logs.
struct Replay {
  /// Where it ends.
  enum End {
    case everything
    case index(LogIndex)
    /// Milliseconds of Unix time: before the first entry that is later.
    case time(Int64)

    func isBefore(_ entry: Entry) -> Bool {
      switch self {
      case .everything: false
      case .index(let index): entry.index > index
      case .time(let time): entry.time > time
      }
    }
  }

  /// What was built.
  struct Report: Encodable {
    var into: String
    var base: String?
    var appliedIndex: LogIndex
    var appliedEpoch: String
    var appliedTime: Int64
    var logChecksum: String
    var keys: Int64
    var contentChecksum: String
    var commitIndex: LogIndex
    /// Entries behind the end that fit, but are not proven committed.
    var uncommitted: LogIndex
    var entries: LogIndex
    var seconds: Double
    /// Why some of what was named is no log that could be read.
    var problems: [String]
    var merge: MergeReport
  }

  var logs: [LogSource]
  /// Why other logs could not be opened.
  var problems: [String] = []
  var base: Snapshot?
  var end = End.everything
  var includesUncommitted = false
  /// Up to here something else than the logs proves them committed: a replica that holds it.
  var proven: LogIndex = 0

  /// Builds the replica in a new directory.
  func run(into target: String, progress: @escaping (UInt64, UInt64) -> Void) throws -> Report {
    guard !NewDirectory.isTaken(target) else {
      throw Unusable("\(target) exists and is not empty: choose another --into, or move it away.")
    }
    let clock = ContinuousClock()
    let started = clock.now
    let directory = try NewDirectory(target)
    let node = logs.lazy.compactMap(\.identity?.id).first ?? NodeID(0)
    let builder = try ReplicaBuilder(directory: directory.path, node: node)
    try begin(builder)
    let first = builder.standing.index
    let merge = LogMerge(logs, after: builder.standing)
    let commit = max(merge.commit, first, proven)
    let last = includesUncommitted ? LogIndex.max : commit
    let total = min(logs.lazy.map(\.lastIndex).max() ?? 0, last)
    var isCut = false
    try EntryBatches { [end] in
      guard merge.standing.index < last, let next = merge.peek() else { return nil }
      guard !end.isBefore(next.entry) else {
        isCut = true
        return nil
      }
      merge.take()
      return next
    }.forEach { batch in
      try builder.apply(batch)
      progress(builder.standing.index - first, total - min(first, total))
    }
    let (standing, keys, content) = (builder.standing, builder.keyCount, builder.contentChecksum)
    try builder.complete()
    _ = try directory.complete()
    let seconds = (clock.now - started) / .seconds(1)
    var uncommitted: LogIndex = 0
    if !isCut, !includesUncommitted { while merge.next() != nil { uncommitted += 1 } }
    var report = MergeReport(merge)
    if isCut { report.gap = nil }
    return Report(
      into: directory.target, base: base?.path, appliedIndex: standing.index,
      appliedEpoch: "\(standing.position.epoch)", appliedTime: standing.time,
      logChecksum: hexadecimal(standing.checksum), keys: keys, contentChecksum: hexadecimal(content),
      commitIndex: commit, uncommitted: uncommitted, entries: standing.index - first, seconds: seconds,
      problems: problems, merge: report)
  }

  private func begin(_ builder: ReplicaBuilder) throws {
    if let base {
      try builder.copy(base.reader)
      if case .index(let index) = end, builder.standing.index > index {
        throw Unusable(
          "\(base.path) stands at entry \(builder.standing.index), behind entry \(index): give an older snapshot, or none."
        )
      }
      if case .time(let time) = end, builder.standing.time > time {
        throw Unusable("\(base.path) is of a later time than --until: give an older snapshot, or none.")
      }
    } else if let first = logs.compactMap(\.base).min(by: { $0.index < $1.index }), first.index > 0 {
      throw Unusable(
        "The logs begin after entry \(first.index): give a replica.db that stands there or later with --base, or the "
          + "archived segments with what came before.")
    }
  }
}

func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}
