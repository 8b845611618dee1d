import Replication
import SQLite

/// Reads the members of a key in the order of their names' bytes, each held against its checksum.
///
/// The table has all texts before all blobs, so both are read side by side.
final class MemberCursor {
  /// A row of `member`.
  struct Row {
    var member: StoredKeyMember
    /// The checksum that the row should have.
    var checksum: UInt64
    /// Whether it has it.
    var isSound: Bool
  }

  private let texts: SQLiteStatement
  private let blobs: SQLiteStatement
  private let point: SQLiteStatement
  private let place: SQLiteStatement
  private var checksum = RowChecksum()

  init(_ connection: SQLiteConnection) throws {
    let columns = "SELECT member, value, checksum FROM member WHERE key = ?1"
    texts = try connection.prepare("\(columns) AND member >= ?2 AND member < x'' ORDER BY member")
    blobs = try connection.prepare("\(columns) AND member >= ?2 ORDER BY member")
    point = try connection.prepare("\(columns) AND member = ?2")
    place = try connection.prepare("\(columns) ORDER BY member LIMIT 1 OFFSET ?2")
  }

  /// Hands out the members after a name, or all, until `body` returns false.
  func forEach(of key: [UInt8], after name: [UInt8]?, _ body: (Row) throws -> Bool) throws {
    // The byte string that follows another one directly is longer by a zero.
    let first = name.map { $0 + [0] } ?? []
    try key.withUnsafeBytes { key in
      try first.withUnsafeBytes { first in
        for (statement, form) in [(texts, ByteStringForm.text), (blobs, .blob)] {
          try statement.bind(key, at: 1)
          try statement.bind(first, as: form, at: 2)
        }
        defer {
          texts.reset()
          blobs.reset()
        }
        var isText = try texts.step()
        var isBlob = try blobs.step()
        while isText || isBlob {
          let takesText = isText && (!isBlob || textIsFirst())
          let row = takesText ? texts : blobs
          guard try body(current(row, key)) else { return }
          if takesText { isText = try texts.step() } else { isBlob = try blobs.step() }
        }
      }
    }
  }

  /// Up to `limit` members after a name, or from the first one.
  func members(
    of key: [UInt8], after name: [UInt8]?, limit: Int, _ transform: (Row) throws -> StoredKeyMember
  ) throws -> [StoredKeyMember] {
    var found: [StoredKeyMember] = []
    guard limit > 0 else { return found }
    try forEach(of: key, after: name) { row in
      found.append(try transform(row))
      return found.count < limit
    }
    return found
  }

  /// A member of a key; nil if there is none of that name.
  func find(_ name: [UInt8], of key: [UInt8]) throws -> Row? {
    try key.withUnsafeBytes { key in
      try name.withUnsafeBytes { name in
        try point.bind(key, at: 1)
        try point.bind(name, at: 2)
        defer { point.reset() }
        return try point.step() ? current(point, key) : nil
      }
    }
  }

  /// The member at a place in the order of the table, counted from 0; nil if there are no more.
  func find(at position: Int, of key: [UInt8]) throws -> Row? {
    try key.withUnsafeBytes { key in
      try place.bind(key, at: 1)
      place.bind(Int64(position), at: 2)
      defer { place.reset() }
      return try place.step() ? current(place, key) : nil
    }
  }

  private func textIsFirst() -> Bool {
    texts.withBytes(0) { text in blobs.withBytes(0) { text.lexicographicallyPrecedes($0) } }
  }

  private func current(_ row: SQLiteStatement, _ key: UnsafeRawBufferPointer) -> Row {
    let actual = row.withBytes(0) { name in
      row.withBytes(1) { checksum.of(key: key, member: name, value: $0) }
    }
    return Row(
      member: StoredKeyMember(name: row.bytes(0), value: row.bytes(1)), checksum: actual,
      isSound: actual == row.bits(2) && row.hasOneForm(0) && row.hasOneForm(1))
  }
}
