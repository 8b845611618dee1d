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

  /// The statements for names of the two forms, which give rows in the same direction.
  private struct Forms {
    var texts: SQLiteStatement
    var blobs: SQLiteStatement

    /// Whether of the two rows at hand the text has the lesser name.
    var textIsFirst: Bool {
      texts.withBytes(0) { text in blobs.withBytes(0) { text.lexicographicallyPrecedes($0) } }
    }
  }

  private let ascending: Forms
  private let descending: Forms
  private let descendingFromEnd: Forms
  private let point: SQLiteStatement
  private let place: SQLiteStatement
  private var checksum = RowChecksum()

  init(_ connection: SQLiteConnection) throws {
    let columns = "SELECT member, value, checksum FROM member WHERE key = ?1"
    ascending = Forms(
      texts: try connection.prepare("\(columns) AND member >= ?2 AND member < x'' ORDER BY member"),
      blobs: try connection.prepare("\(columns) AND member >= ?2 ORDER BY member"))
    descending = Forms(
      texts: try connection.prepare("\(columns) AND member < ?2 ORDER BY member DESC"),
      blobs: try connection.prepare("\(columns) AND member >= x'' AND member < ?2 ORDER BY member DESC"))
    descendingFromEnd = Forms(
      texts: try connection.prepare("\(columns) AND member < x'' ORDER BY member DESC"),
      blobs: try connection.prepare("\(columns) AND member >= x'' ORDER BY member DESC"))
    point = try connection.prepare("\(columns) AND member = ?2")
    place = try connection.prepare("\(columns) ORDER BY member LIMIT 1 OFFSET ?2")
  }

  /// Hands out the members after a name, or all, until `body` returns false; those before it, from the last one on, if
  /// `descending`.
  func forEach(
    of key: [UInt8], after name: [UInt8]?, descending: Bool = false, _ body: (Row) throws -> Bool
  ) throws {
    let forms = !descending ? ascending : name == nil ? descendingFromEnd : self.descending
    // The byte string that follows another one directly is longer by a zero.
    let limit = descending ? name : name.map { $0 + [0] } ?? []
    let (texts, blobs) = (forms.texts, forms.blobs)
    try key.withUnsafeBytes { key in
      try (limit ?? []).withUnsafeBytes { bytes in
        for (statement, form) in [(texts, ByteStringForm.text), (blobs, .blob)] {
          try statement.bind(key, at: 1)
          if limit != nil { try statement.bind(bytes, as: form, at: 2) }
        }
        defer {
          texts.reset()
          blobs.reset()
        }
        var isText = try texts.step()
        var isBlob = try blobs.step()
        while isText || isBlob {
          let takesText = isText && (!isBlob || forms.textIsFirst == !descending)
          let row = takesText ? texts : blobs
          guard try body(current(row, key)) else { return }
          if takesText { isText = try texts.step() } else { isBlob = try blobs.step() }
        }
      }
    }
  }

  /// Up to `limit` members after a name, or from the first one; before it, or from the last one, if `descending`.
  func members(
    of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool = false,
    _ transform: (Row) throws -> StoredKeyMember
  ) throws -> [StoredKeyMember] {
    var found: [StoredKeyMember] = []
    guard limit > 0 else { return found }
    try forEach(of: key, after: name, descending: descending) { row in
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

  private func current(_ row: SQLiteStatement, _ key: UnsafeRawBufferPointer) -> Row {
    let actual = row.withBytes(0) { name in
      row.withBytes(1) { checksum.of(key: key, member: name, value: $0) }
    }
    return Row(
      member: StoredKeyMember(name: row.bytes(0), value: row.bytes(1)), checksum: actual,
      isSound: actual == row.bits(2) && row.hasOneForm(0) && row.hasOneForm(1))
  }
}
