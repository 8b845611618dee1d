import Replication
import SQLite

/// One of several copies of a log, of which any part may be missing or damaged: a node's log.db, an archived segment,
/// or a file of discarded entries. Nothing in it is believed that does not fit the checksum chain.
public final class LogSource {
  /// What is found where an entry should be.
  enum Finding {
    case entry(Entry, checksum: UInt64)
    /// There is no such row.
    case absent
    /// There is an entry of another history.
    case other
    /// There is something, and it is no entry as it was written.
    case unfit(String)
  }

  /// The file.
  public let path: String
  /// Who wrote the log; nil if the file does not say.
  public let identity: NodeIdentity?
  /// What that node must never forget.
  public let hardState: HardState
  /// The entry after which the log begins; nil if that cannot be read.
  public let base: LogBase?
  /// Up to here the file's own node knew its entries as committed, so that no other history can be the right one.
  public let commit: LogIndex
  /// The index of the last row; the base's if there is none that can be read.
  public let lastIndex: LogIndex
  /// What cannot be read of the file beside its entries, each a sentence.
  public private(set) var problems: [String] = []

  private static let checkedBytes: Int64 = 32 << 20
  let connection: SQLiteConnection
  let reader: EntryReader
  private let later: SQLiteStatement
  private let point: SQLiteStatement
  /// The index of the row at which the running statement stands, the highest number at the end; nil if none runs.
  var row: LogIndex?
  /// No row lies from here to that one.
  private var first: LogIndex = 0

  /// Opens a log, or any file with its tables.
  public init(path: String) throws {
    self.path = path
    var problems: [String] = []
    // A larger one is not held in memory; what it lacks at its end is seen as entries that are missing.
    if SystemFiles.real.size(of: path + "-wal") < Self.checkedBytes {
      do { try WriteAheadFile.check(of: path, on: .real) } catch { problems.append("\(error)") }
    }
    (connection, reader, later, point) = try wordingErrors {
      let connection = try DatabaseFile.openOffline(path, .log, on: .real)
      // All that is read is of one moment, also while the node runs.
      try connection.execute("BEGIN")
      return (
        connection, try EntryReader(connection),
        try connection.prepare(#"SELECT min("index") FROM log WHERE "index" > ?"#),
        try connection.prepare(#"SELECT checksum FROM log WHERE "index" = ?"#)
      )
    }
    let name = path.split(separator: "/").last ?? ""
    var node: NodeRow?
    if try wordingErrors({ [connection] in try connection.integer("SELECT count(*) FROM node") }) ?? 0 > 0 {
      do { node = try NodeRow.read(connection) } catch {
        problems.append("the table 'node' is damaged: the file does not say whose log it is")
      }
    }
    identity = node?.identity
    hardState = node?.hardState ?? HardState()
    do { base = try reader.base() } catch {
      base = nil
      problems.append("the table 'base' is damaged: the file does not say after which entry it begins")
    }
    do {
      lastIndex =
        try connection.integer(#"SELECT max("index") FROM log"#).map { UInt64(bitPattern: $0) } ?? base?.index
        ?? 0
    } catch {
      lastIndex = base?.index ?? 0
      problems.append("the end of the table 'log' cannot be read (\(error))")
    }
    // Only what is applied, and so committed, is ever trimmed and archived.
    let isSegment = node == nil && name.hasPrefix("segment-")
    commit = node?.commit ?? (isSegment ? lastIndex : 0)
    self.problems = problems
  }

  /// The cluster, as far as the file says.
  public var cluster: ClusterID? {
    hardState.cluster ?? base?.configuration?.configuration.cluster
  }

  /// The chain's value at an entry, or at the one after which the log begins; nil if it has neither.
  public func chain(at index: LogIndex) -> UInt64? {
    checksum(at: index) ?? base.flatMap { $0.index == index ? $0.checksum : nil }
  }

  /// The version of the file's format.
  public var formatVersion: Int64 { (try? connection.integer("PRAGMA user_version")) ?? 0 }

  /// Where the snapshot stands that was being installed; nil if none was.
  public func installation() throws -> LogIndex? {
    guard formatVersion > 1 else { return nil }
    return try wordingErrors { try connection.integer("SELECT installing_index FROM base") }.map {
      UInt64(bitPattern: $0)
    }
  }

  /// Looks for the entry that follows one with a known chain value.
  func find(_ index: LogIndex, after previous: UInt64) -> Finding {
    do {
      try seek(index)
      guard row == index else { return .absent }
      let entry = try reader.current(index)
      let stored = reader.entries.bits(8)
      guard EntryChecksum.next(after: previous, entry) == stored else {
        let isOther = checksum(at: index - 1).map { EntryChecksum.next(after: $0, entry) == stored } ?? false
        return isOther ? .other : .unfit("the checksum does not fit the entry")
      }
      return .entry(entry, checksum: stored)
    } catch {
      // After an error of SQLite the statement stands nowhere.
      if error is SQLiteError {
        row = nil
        reader.entries.reset()
      }
      let finding = (error as? StorageError)?.finding
      return .unfit(finding ?? "SQLite cannot read it: \((error as? SQLiteError)?.message ?? "\(error)")")
    }
  }

  /// The first row after an index; nil if there is none, or if it cannot be read.
  func firstRow(after index: LogIndex) -> LogIndex? {
    defer { later.reset() }
    later.bind(bits: index, at: 1)
    guard (try? later.step()) == true, !later.isNull(0) else { return nil }
    return later.bits(0)
  }

  private func checksum(at index: LogIndex) -> UInt64? {
    defer { point.reset() }
    point.bind(bits: index, at: 1)
    return (try? point.step()) == true ? point.bits(0) : nil
  }

  /// Goes to the first row at or after an index; asked in order, one statement runs through the table.
  private func seek(_ index: LogIndex) throws {
    if let row, first <= index {
      if index <= row { return }
      if index - row < 64 {
        while let row = self.row, row < index { try step(after: row) }
        return
      }
    }
    row = nil
    reader.entries.reset()
    reader.entries.bind(bits: index, at: 1)
    try step(after: index - 1)
  }

  private func step(after index: LogIndex) throws {
    first = index + 1
    row = try reader.entries.step() ? reader.entries.bits(0) : .max
  }
}
