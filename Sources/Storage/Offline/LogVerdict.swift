import Replication
import SQLite

/// What is wrong with a file, and where.
public struct FileFault: Hashable, Sendable {
  /// The entry; nil if it is of the file as a whole.
  public var index: LogIndex?
  /// What is wrong, without a full stop.
  public var text: String

  /// Describes a fault.
  public init(index: LogIndex? = nil, _ text: String) {
    self.index = index
    self.text = text
  }
}

/// What was found when every row of a log was held against the chain and the rest of the file.
public struct LogVerdict: Sendable {
  /// How many rows were read.
  public var rows: UInt64 = 0
  /// The last entry that fits.
  public var last: LogBase
  /// The runs of one epoch: first index and epoch.
  public var reigns: [LogPosition] = []
  /// What is wrong; the first hundred.
  public var faults: [FileFault] = []
  /// How many faults there are.
  public var faultCount = 0
  /// The first entry with a fault; nil if none has one.
  public var firstFault: LogIndex?

  private static let named = 100

  /// Adds a fault.
  public mutating func add(_ text: String, at index: LogIndex? = nil) {
    faultCount += 1
    if let index { firstFault = min(firstFault ?? .max, index) }
    if faults.count < Self.named { faults.append(FileFault(index: index, text)) }
  }
}

extension LogSource {
  /// Holds every row against the checksum chain, and the file's tables against each other.
  ///
  /// - Parameter progress: Called now and then with the index reached.
  public func verify(progress: (LogIndex) -> Void = { _ in }) throws -> LogVerdict {
    var check = LogCheck(base ?? .zero, isBaseKnown: base != nil)
    for problem in problems { check.verdict.add(problem) }
    for problem in SQLiteCheck.problems(of: connection) { check.verdict.add(problem) }
    try forEachRow(strictly: true) { row in
      check.add(row)
      if check.verdict.rows & 0xFFF == 0 { progress(check.expected) }
      return true
    }
    finish(&check)
    return check.verdict
  }

  private func finish(_ check: inout LogCheck) {
    let last = check.expected - 1
    if last < commit {
      check.verdict.add(
        "it ends at entry \(last), and entries up to \(commit) were committed in it: its end was lost, perhaps with \(path)-wal",
        at: last + 1)
    }
    do {
      try wordingErrors {
        try compareReigns(&check)
        try findStrays(&check)
      }
    } catch { check.verdict.add("its small tables cannot be read: \(error)") }
  }

  private func compareReigns(_ check: inout LogCheck) throws {
    let rows = try connection.prepare("SELECT first, epoch_round, epoch_master FROM reigns ORDER BY first")
    var stored: [LogPosition] = []
    while try rows.step() {
      stored.append(
        LogPosition(epoch: Epoch(round: rows.bits(1), master: NodeID(rows.bits(2))), index: rows.bits(0)))
    }
    let base = base?.index ?? 0
    guard check.verdict.firstFault == nil else { return }
    let later = stored.filter { $0.index > base }
    if later != check.verdict.reigns { check.verdict.add("the table 'reigns' contradicts the entries") }
    if let own = self.base, own.index > 0, identity != nil,
      stored.last(where: { $0.index <= base })?.epoch != own.position.epoch
    {
      check.verdict.add("the table 'reigns' contradicts the table 'base'")
    }
  }

  private func findStrays(_ check: inout LogCheck) throws {
    let strays = try connection.prepare(
      """
      SELECT DISTINCT "index" FROM log_part
      WHERE NOT EXISTS (SELECT 1 FROM log WHERE log."index" = log_part."index" AND op = 'txn') LIMIT 10
      """)
    while try strays.step() {
      check.verdict.add("parts of a transaction stand there, and no transaction", at: strays.bits(0))
    }
    if try connection.integer(#"SELECT count(*) FROM log WHERE "index" < 1"#) ?? 0 > 0 {
      check.verdict.add("it has rows below entry 1")
    }
  }
}

/// The state of a walk along the chain.
private struct LogCheck {
  var verdict: LogVerdict
  /// The next index.
  var expected: LogIndex
  private var previous: UInt64?
  private var epoch: Epoch
  private let base: LogBase

  init(_ base: LogBase, isBaseKnown: Bool) {
    self.base = base
    verdict = LogVerdict(last: base)
    expected = base.index + 1
    epoch = base.position.epoch
    previous = isBaseKnown ? base.checksum : nil
  }

  mutating func add(_ row: LogSource.Row) {
    switch row {
    case .entry(let entry, let checksum):
      guard place(entry.index) else { return }
      check(entry, checksum)
      previous = checksum
    case .unfit(let index, let reason, let checksum):
      guard place(index) else { return }
      verdict.add(reason, at: index)
      previous = checksum
    case .unreadable(let range, let reason):
      verdict.add(
        "SQLite cannot read entries \(range.lowerBound) to \(range.upperBound): \(reason)",
        at: range.lowerBound)
      expected = range.upperBound + 1
      previous = nil
    }
  }

  /// Whether a row stands where it may.
  private mutating func place(_ index: LogIndex) -> Bool {
    verdict.rows += 1
    guard index >= expected else {
      verdict.add("the log begins after entry \(base.index), and has this row all the same", at: index)
      return false
    }
    if index > expected {
      verdict.add(
        index == expected + 1 ? "the entry is missing" : "the entries to \(index - 1) are missing",
        at: expected)
      previous = nil
    }
    expected = index + 1
    return true
  }

  private mutating func check(_ entry: Entry, _ checksum: UInt64) {
    if let previous, EntryChecksum.next(after: previous, entry) != checksum {
      verdict.add("the checksum does not fit the entry and the one before it", at: entry.index)
    } else if verdict.firstFault == nil {
      verdict.last.advance(by: entry, checksum: checksum)
    }
    if entry.epoch < epoch {
      verdict.add("its epoch is lower than that of the entry before it", at: entry.index)
    }
    if entry.epoch != epoch || entry.index == 1 {
      verdict.reigns.append(LogPosition(epoch: entry.epoch, index: entry.index))
    }
    epoch = entry.epoch
  }
}

/// What SQLite itself finds wrong with a file.
enum SQLiteCheck {
  private static let named = 20

  /// Sentences, of which each names a page or a table; none if all is well.
  static func problems(of connection: SQLiteConnection) -> [String] {
    var problems: [String] = []
    do {
      let rows = try connection.prepare("PRAGMA integrity_check(\(named))")
      while try rows.step() {
        let line = rows.text(0)
        if line != "ok" { problems.append("SQLite: \(line)") }
      }
    } catch let error as SQLiteError {
      problems.append("SQLite: \(error.message)")
    } catch {
      problems.append("\(error)")
    }
    return problems
  }
}
