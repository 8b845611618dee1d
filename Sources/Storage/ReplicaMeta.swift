import Replication
import SQLite

/// The one row of the table `meta`: whose replica it is, where in the log it stands, and what it must hold.
final class ReplicaMeta {
  struct Content {
    var node: String
    var standing: LogBase
    var totals: ReplicaTotals
  }

  private let path: String
  private let select: SQLiteStatement
  private let update: SQLiteStatement
  private let updateDurable: SQLiteStatement

  /// - Parameter schema: The name under which the connection has the replica.
  init(_ connection: SQLiteConnection, schema: String = "main") throws {
    path = connection.path
    select = try connection.prepare(
      """
      SELECT node, key_count, content_checksum, applied_index, epoch_round, epoch_master, time, log_checksum,
        configuration_index, configuration
      FROM \(schema).meta
      """)
    updateDurable = try connection.prepare("UPDATE \(schema).meta SET durable_index = ?")
    update = try connection.prepare(
      """
      UPDATE \(schema).meta SET applied_index = ?, epoch_round = ?, epoch_master = ?, time = ?, log_checksum = ?,
        configuration_index = ?, configuration = ?, cluster = ?, key_count = ?, content_checksum = ?
      """)
  }

  /// Writes the row of an empty replica.
  static func insert(_ node: NodeID, into connection: SQLiteConnection) throws {
    let insert = try connection.prepare(
      "INSERT INTO meta VALUES (1, ?, NULL, 0, 0, 0, 0, 0, 0, NULL, 0, 0, 0)")
    try insert.bind(node.description, at: 1)
    try insert.run()
  }

  func read() throws -> Content {
    defer { select.reset() }
    guard try select.step(), let standing = BaseRow.read(select, from: 3) else {
      throw Self.damage(path)
    }
    return Content(
      node: select.text(0), standing: standing,
      totals: ReplicaTotals(keys: select.integer(1), checksum: select.bits(2)))
  }

  /// Writes that everything up to an index is on disk; true only once this is committed and fsynced.
  func write(durable index: LogIndex) throws {
    updateDurable.bind(bits: index, at: 1)
    try updateDurable.run()
  }

  static func damage(_ path: String) -> StorageError {
    StorageError(
      .damaged, path,
      "The table 'meta' of \(path) is damaged: move the file away, and it is built again from the log.")
  }

  func write(standing: LogBase, _ totals: ReplicaTotals) throws {
    if let cluster = standing.configuration?.configuration.cluster {
      try update.bind(cluster.description, at: BaseRow.columns + 1)
    } else {
      update.bindNull(at: BaseRow.columns + 1)
    }
    update.bind(totals.keys, at: BaseRow.columns + 2)
    update.bind(bits: totals.checksum, at: BaseRow.columns + 3)
    try BaseRow.run(update, with: standing)
  }
}
