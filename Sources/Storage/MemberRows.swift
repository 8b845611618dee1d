import Replication
import SQLite

/// Writes the rows of `member`.
final class MemberRows {
  private let select: SQLiteStatement
  private let insert: SQLiteStatement
  private let update: SQLiteStatement
  private let delete: SQLiteStatement
  private let sums: SQLiteStatement
  private let deleteAll: SQLiteStatement
  private var checksum = RowChecksum()

  init(_ connection: SQLiteConnection) throws {
    select = try connection.prepare("SELECT rowid, checksum FROM member WHERE key = ? AND member = ?")
    insert = try connection.prepare("INSERT INTO member (value, checksum, key, member) VALUES (?, ?, ?, ?)")
    update = try connection.prepare("UPDATE member SET value = ?, checksum = ? WHERE rowid = ?")
    delete = try connection.prepare("DELETE FROM member WHERE rowid = ?")
    sums = try connection.prepare("SELECT checksum FROM member WHERE key = ?")
    deleteAll = try connection.prepare("DELETE FROM member WHERE key = ?")
  }

  /// The row of a member of a key.
  func find(
    _ name: [UInt8], _ nameForm: ByteStringForm, of key: UnsafeRawBufferPointer, _ form: ByteStringForm
  ) throws -> KeyReplay.MemberRow? {
    try name.withUnsafeBytes { name in
      try select.bind(key, as: form, at: 1)
      try select.bind(name, as: nameForm, at: 2)
      defer { select.reset() }
      guard try select.step() else { return nil }
      return KeyReplay.MemberRow(rowid: select.integer(0), checksum: select.bits(1))
    }
  }

  /// Writes what a member comes to; returns by how much the sum of the checksums grew.
  func write(
    _ name: [UInt8], _ nameForm: ByteStringForm, of key: UnsafeRawBufferPointer, _ form: ByteStringForm,
    _ outcome: KeyReplay.Outcome
  ) throws -> UInt64 {
    guard let value = outcome.value else {
      guard let row = outcome.row else { return 0 }
      delete.bind(row.rowid, at: 1)
      try delete.run()
      return 0 &- row.checksum
    }
    return try name.withUnsafeBytes { name in
      try value.withUnsafeBytes { value in
        let new = checksum.of(key: key, member: name, value: value)
        let statement = outcome.row == nil ? insert : update
        try statement.bind(value, at: 1)
        statement.bind(bits: new, at: 2)
        if let row = outcome.row {
          statement.bind(row.rowid, at: 3)
        } else {
          try statement.bind(key, as: form, at: 3)
          try statement.bind(name, as: nameForm, at: 4)
        }
        try statement.run()
        return new &- (outcome.row?.checksum ?? 0)
      }
    }
  }

  /// Writes a member of a key that does not have it.
  func insert(_ member: StoredKeyMember, of key: [UInt8]) throws {
    _ = try key.withUnsafeBytes { key in
      let form = ByteStringForm(of: key)
      return try write(
        member.name, member.name.withUnsafeBytes(ByteStringForm.init), of: key, form,
        KeyReplay.Outcome(row: nil, value: member.value))
    }
  }

  /// Removes all members of a key; returns the sum of their checksums.
  func removeAll(of key: UnsafeRawBufferPointer, _ form: ByteStringForm) throws -> UInt64 {
    var sum: UInt64 = 0
    try sums.bind(key, as: form, at: 1)
    while try sums.step() { sum &+= sums.bits(0) }
    sums.reset()
    try deleteAll.bind(key, as: form, at: 1)
    try deleteAll.run()
    return sum
  }
}
