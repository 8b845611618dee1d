import Replication
import SQLite

/// Writes the rows of `kv`.
final class ReplicaRows {
  /// What a change did to the table as a whole.
  struct Effect {
    /// By how much the number of keys grew.
    var keys: Int64
    /// By how much, modulo 2^64, the sum of the rows' checksums grew.
    var checksum: UInt64
  }

  private struct Row {
    var rowid: Int64
    var version: Int64
    var createdIndex: LogIndex
    var checksum: UInt64
  }

  private let select: SQLiteStatement
  private let insert: SQLiteStatement
  private let update: SQLiteStatement
  private let delete: SQLiteStatement
  private let read: SQLiteStatement
  private var checksum = RowChecksum()

  init(_ connection: SQLiteConnection) throws {
    select = try connection.prepare("SELECT rowid, version, created_index, checksum FROM kv WHERE key = ?")
    update = try connection.prepare(
      """
      UPDATE kv SET value = ?2, version = ?3, created_index = ?4, modified_index = ?5, expires_at = ?6, checksum = ?7
      WHERE rowid = ?1
      """)
    insert = try connection.prepare(
      """
      INSERT INTO kv (key, value, version, created_index, modified_index, expires_at, checksum)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """)
    delete = try connection.prepare("DELETE FROM kv WHERE rowid = ?")
    read = try connection.prepare(
      "SELECT value, version, created_index, modified_index, expires_at FROM kv WHERE key = ?")
  }

  /// Writes a key's change.
  func write(_ change: KeyChange, _ form: ByteStringForm) throws -> Effect {
    try change.key.withUnsafeBytes { key in
      let old = try find(key, form)
      guard change.puts > 0 else {
        guard let old else { return Effect(keys: 0, checksum: 0) }
        delete.bind(old.rowid, at: 1)
        try delete.run()
        return Effect(keys: -1, checksum: 0 &- old.checksum)
      }
      let kept = change.isReset ? nil : old
      let version = (kept?.version ?? 0) &+ change.puts
      let created = kept?.createdIndex ?? change.createdIndex
      return try change.value.withUnsafeBytes { value in
        let new = checksum.of(
          key: key, value: value, version: version, createdIndex: created,
          modifiedIndex: change.modifiedIndex,
          expiresAt: change.expiresAt)
        let statement = old == nil ? insert : update
        if let old { update.bind(old.rowid, at: 1) } else { try insert.bind(key, as: form, at: 1) }
        try statement.bind(value, at: 2)
        statement.bind(version, at: 3)
        statement.bind(bits: created, at: 4)
        statement.bind(bits: change.modifiedIndex, at: 5)
        statement.bind(change.expiresAt, at: 6)
        statement.bind(bits: new, at: 7)
        try statement.run()
        return Effect(keys: old == nil ? 1 : 0, checksum: new &- (old?.checksum ?? 0))
      }
    }
  }

  /// What a key holds.
  func value(for key: [UInt8]) throws -> StoredValue? {
    try key.withUnsafeBytes { key in
      try read.bind(key, at: 1)
      defer { read.reset() }
      guard try read.step() else { return nil }
      return StoredValue(
        value: read.bytes(0), version: read.integer(1), createdIndex: read.bits(2),
        modifiedIndex: read.bits(3),
        expiresAt: read.optionalInteger(4))
    }
  }

  private func find(_ key: UnsafeRawBufferPointer, _ form: ByteStringForm) throws -> Row? {
    try select.bind(key, as: form, at: 1)
    defer { select.reset() }
    guard try select.step() else { return nil }
    return Row(
      rowid: select.integer(0), version: select.integer(1), createdIndex: select.bits(2),
      checksum: select.bits(3))
  }
}
