import Replication
import SQLite

/// What the rows of a replica come to, as its table `meta` says.
struct ReplicaTotals {
  /// The number of keys.
  var keys: Int64 = 0
  /// The sum of the checksums of all rows, modulo 2^64.
  var checksum: UInt64 = 0
}

/// Writes the rows of `kv`, and with `MemberRows` those of `member`.
final class ReplicaRows {
  private struct Row {
    var rowid: Int64
    var version: Int64
    var createdIndex: LogIndex
    var checksum: UInt64
    var hasMembers: Bool
  }

  private let connection: SQLiteConnection
  private let select: SQLiteStatement
  private let insert: SQLiteStatement
  private let update: SQLiteStatement
  private let delete: SQLiteStatement
  private let read: SQLiteStatement
  private let members: MemberRows
  private var checksum = RowChecksum()

  init(_ connection: SQLiteConnection) throws {
    self.connection = connection
    select = try connection.prepare(
      "SELECT rowid, version, created_index, checksum, type <> 'string' FROM kv WHERE key = ?")
    update = try connection.prepare(
      """
      UPDATE kv SET value = ?2, version = ?3, created_index = ?4, modified_index = ?5, expires_at = ?6, checksum = ?7,
        type = ?8
      WHERE rowid = ?1
      """)
    insert = try connection.prepare(
      """
      INSERT INTO kv (key, value, version, created_index, modified_index, expires_at, checksum, type)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      """)
    delete = try connection.prepare("DELETE FROM kv WHERE rowid = ?")
    read = try connection.prepare(
      """
      SELECT value, version, created_index, modified_index, expires_at, type, rowid, checksum FROM kv WHERE key = ?
      """)
    members = try MemberRows(connection)
  }

  /// Writes what a batch of entries did.
  func write(_ batch: OrderedChanges, to totals: inout ReplicaTotals) throws {
    if batch.isCleared {
      try connection.execute("DELETE FROM kv; DELETE FROM member")
      totals = ReplicaTotals()
    }
    for (change, form) in batch.changes { try write(change, form, to: &totals) }
  }

  /// What a key holds.
  func value(for key: [UInt8]) throws -> StoredValue? {
    try key.withUnsafeBytes { try findWhole($0, ByteStringForm(of: $0))?.value }
  }

  private func write(_ change: KeyChange, _ form: ByteStringForm, to totals: inout ReplicaTotals) throws {
    try change.key.withUnsafeBytes { key in
      guard change.steps.isEmpty else { return try replay(change, key, form, to: &totals) }
      let old = try find(key, form)
      if let old, old.hasMembers { totals.checksum &-= try members.removeAll(of: key, form) }
      guard change.puts > 0 else {
        if let old { try remove(old.rowid, old.checksum, from: &totals) }
        return
      }
      let kept = change.isReset ? nil : old
      try change.value.withUnsafeBytes { value in
        let version = (kept?.version ?? 0) &+ change.puts
        let created = kept?.createdIndex ?? change.createdIndex
        let new = checksum.of(
          key: key, value: value, version: version, createdIndex: created,
          modifiedIndex: change.modifiedIndex, expiresAt: change.expiresAt)
        let statement = try begin(old?.rowid, key, form)
        try statement.bind(value, at: 2)
        statement.bind(version, at: 3)
        statement.bind(bits: created, at: 4)
        statement.bind(bits: change.modifiedIndex, at: 5)
        statement.bind(change.expiresAt, at: 6)
        try finish(statement, .string, new, instead: old?.checksum, in: &totals)
      }
    }
  }

  // MARK: Keys with members

  /// Does what a change says step by step, since what each does depends on what is there, and writes how it ends.
  private func replay(
    _ change: KeyChange, _ key: UnsafeRawBufferPointer, _ form: ByteStringForm, to totals: inout ReplicaTotals
  ) throws {
    let old = try findWhole(key, form)
    var replay = KeyReplay(old?.value, change)
    let names = replay.names
    // A member that cannot be there need not be looked for.
    if replay.keepsMembers {
      for (name, nameForm) in names {
        if let row = try members.find(name, nameForm, of: key, form) { replay.found(row, name) }
      }
    }
    replay.run()
    if let old, old.value.type != .string, !replay.keepsMembers {
      totals.checksum &-= try members.removeAll(of: key, form)
    }
    for (name, nameForm) in names {
      guard let outcome = replay.outcome(of: name) else { continue }
      totals.checksum &+= try members.write(name, nameForm, of: key, form, outcome)
    }
    guard let value = replay.value else {
      if let old { try remove(old.rowid, old.checksum, from: &totals) }
      return
    }
    try write(value, key, form, instead: old, in: &totals)
  }

  private func write(
    _ value: StoredValue, _ key: UnsafeRawBufferPointer, _ form: ByteStringForm,
    instead old: (value: StoredValue, rowid: Int64, checksum: UInt64)?, in totals: inout ReplicaTotals
  ) throws {
    if let old, old.value == value { return }
    try value.value.withUnsafeBytes { bytes in
      let statement = try begin(old?.rowid, key, form)
      if value.type == .string {
        try statement.bind(bytes, at: 2)
      } else {
        statement.bind(Int64(value.memberCount), at: 2)
      }
      statement.bind(value.version, at: 3)
      statement.bind(bits: value.createdIndex, at: 4)
      statement.bind(bits: value.modifiedIndex, at: 5)
      statement.bind(value.expiresAt, at: 6)
      try finish(statement, value.type, checksum.of(key, value), instead: old?.checksum, in: &totals)
    }
  }

  // MARK: Statements

  private func begin(
    _ rowid: Int64?, _ key: UnsafeRawBufferPointer, _ form: ByteStringForm
  ) throws -> SQLiteStatement {
    guard let rowid else {
      try insert.bind(key, as: form, at: 1)
      return insert
    }
    update.bind(rowid, at: 1)
    return update
  }

  private func finish(
    _ statement: SQLiteStatement, _ type: ValueType, _ checksum: UInt64, instead old: UInt64?,
    in totals: inout ReplicaTotals
  ) throws {
    statement.bind(bits: checksum, at: 7)
    try type.bind(to: statement, at: 8)
    try statement.run()
    if old == nil { totals.keys &+= 1 }
    totals.checksum &+= checksum &- (old ?? 0)
  }

  private func remove(_ rowid: Int64, _ checksum: UInt64, from totals: inout ReplicaTotals) throws {
    delete.bind(rowid, at: 1)
    try delete.run()
    totals.keys &-= 1
    totals.checksum &-= checksum
  }

  private func find(_ key: UnsafeRawBufferPointer, _ form: ByteStringForm) throws -> Row? {
    try select.bind(key, as: form, at: 1)
    defer { select.reset() }
    guard try select.step() else { return nil }
    return Row(
      rowid: select.integer(0), version: select.integer(1), createdIndex: select.bits(2),
      checksum: select.bits(3), hasMembers: select.integer(4) != 0)
  }

  private func findWhole(
    _ key: UnsafeRawBufferPointer, _ form: ByteStringForm
  ) throws -> (value: StoredValue, rowid: Int64, checksum: UInt64)? {
    try read.bind(key, as: form, at: 1)
    defer { read.reset() }
    guard try read.step() else { return nil }
    guard let value = StoredValue(row: read, from: 0, type: 5) else {
      throw StorageError.unknownType(connection.path, key)
    }
    return (value, read.integer(6), read.bits(7))
  }
}
