import Replication
import SQLite
import Schema

/// Brings files that older releases have written to the present format, one version a transaction.
enum Migration {
  @Sendable static func log(_ connection: SQLiteConnection, on files: any FileSystem) throws {
    if try version(of: connection) == 1 { try logFrom1To2(connection) }
    try connection.transaction { try connection.execute(Schema.logFrom2To3) }
  }

  /// The log in the same directory must be there for a replica of version 1; it may be of any version.
  @Sendable static func replica(_ connection: SQLiteConnection, on files: any FileSystem) throws {
    if try version(of: connection) == 1 { try replicaFrom1To2(connection, on: files) }
    try connection.transaction { try connection.execute(Schema.replicaFrom2To3) }
  }

  private static func version(of connection: SQLiteConnection) throws -> Int64 {
    try connection.integer("PRAGMA user_version") ?? 0
  }

  /// Version 1 had no `base`, since no log was ever trimmed.
  private static func logFrom1To2(_ connection: SQLiteConnection) throws {
    try connection.transaction {
      try connection.execute(Schema.logFrom1To2)
      try BaseStatements.insert(.zero, into: connection)
    }
  }

  /// Version 1 had no checksums, and did not say where in the log the replica stands but by the index.
  private static func replicaFrom1To2(_ connection: SQLiteConnection, on files: any FileSystem) throws {
    let old = try connection.prepare("SELECT node, applied_index, key_count FROM meta")
    guard try old.step(), let id = NodeID(text: old.text(0)) else {
      throw ReplicaMeta.damage(connection.path)
    }
    let (applied, keyCount) = (old.bits(1), old.integer(2))
    old.reset()
    let log = try LogReader(directory: DataDirectory.parent(of: connection.path), on: files)
    guard let standing = try log.point(at: applied) else {
      throw StorageError(
        .replicaAhead, connection.path,
        """
        \(connection.path) holds everything up to index \(applied), and \(log.path) does not: move replica.db away, \
        and it is built again from the log.
        """)
    }
    try connection.transaction {
      try connection.execute(Schema.replicaFrom1To2)
      let content = try addChecksums(connection)
      try ReplicaMeta.insert(id, into: connection)
      try ReplicaMeta(connection).write(
        standing: standing, ReplicaTotals(keys: keyCount, checksum: content))
    }
  }

  private static func addChecksums(_ connection: SQLiteConnection) throws -> UInt64 {
    let rows = try connection.prepare(
      "SELECT rowid, key, value, version, created_index, modified_index, expires_at FROM kv")
    let update = try connection.prepare("UPDATE kv SET checksum = ? WHERE rowid = ?")
    var checksum = RowChecksum()
    var content: UInt64 = 0
    while try rows.step() {
      let value = rows.withBytes(1) { key in
        rows.withBytes(2) { value in
          checksum.of(
            key: key, value: value, version: rows.integer(3), createdIndex: rows.bits(4),
            modifiedIndex: rows.bits(5), expiresAt: rows.optionalInteger(6))
        }
      }
      content &+= value
      update.bind(bits: value, at: 1)
      update.bind(rows.integer(0), at: 2)
      try update.run()
    }
    return content
  }
}
