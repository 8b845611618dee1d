import Replication
import SQLite
import Schema

/// Entries that were cut from a log because another master's log won: nobody was told that they are committed,
/// and they are kept in a file of their own for people.
public struct DiscardedTail: Hashable, Sendable {
  /// The file: an SQLite file with the tables of log.db.
  public var path: String
  /// The first index that was cut.
  public var first: LogIndex
  /// The last index that was cut.
  public var last: LogIndex
  /// The epoch of the first entry that was cut.
  public var epoch: Epoch

  /// Copies the rows after a point to a new file in `directory`, durably.
  static func keep(
    from log: SQLiteConnection, in directory: String, on files: any FileSystem, after before: LogBase,
    last: LogIndex
  ) throws -> DiscardedTail {
    let first = before.index + 1
    let row = try log.prepare(#"SELECT epoch_round, epoch_master FROM log WHERE "index" = ?"#)
    row.bind(bits: first, at: 1)
    let epoch = try row.step() ? Epoch(round: row.bits(0), master: NodeID(row.bits(1))) : .zero
    let partial = directory + "/discarded.partial"
    for leftover in [partial, partial + "-journal"] { try files.remove(leftover) }
    let copy = try SQLiteConnection(path: partial, mode: .create, vfs: files.sqliteVFS)
    try copy.execute("PRAGMA synchronous = FULL")
    try copy.transaction {
      try copy.execute(Schema.log)
      try BaseStatements.insert(before, into: copy)
      try Self.copy("log", columns: 10, from: first, of: log, to: copy)
      try Self.copy("log_part", columns: 7, from: first, of: log, to: copy)
      try copy.execute(
        """
        INSERT INTO reigns
        SELECT min("index"), epoch_round, epoch_master FROM log GROUP BY epoch_round, epoch_master
        """)
    }
    try copy.close()
    // A tail that begins at the same entry may have been cut before, and may be a longer one.
    let name = directory + "/discarded-\(epoch)-\(first)"
    var path = name + ".db"
    var number = 2
    while files.exists(path) {
      path = name + ".\(number).db"
      number += 1
    }
    try files.rename(partial, to: path)
    try files.synchronizeDirectory(directory)
    return DiscardedTail(path: path, first: first, last: last, epoch: epoch)
  }

  private static func copy(
    _ table: String, columns: Int32, from first: LogIndex, of log: SQLiteConnection,
    to copy: SQLiteConnection
  ) throws {
    let rows = try log.prepare(#"SELECT * FROM \#(table) WHERE "index" >= ?"#)
    let places = Array(repeating: "?", count: Int(columns)).joined(separator: ", ")
    let insert = try copy.prepare("INSERT INTO \(table) VALUES (\(places))")
    rows.bind(bits: first, at: 1)
    while try rows.step() {
      for column in 0..<columns { try insert.bind(column: column, of: rows, at: column + 1) }
      try insert.run()
    }
  }
}
