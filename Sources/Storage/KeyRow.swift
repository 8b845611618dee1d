import Replication
import SQLite

extension StoredValue {
  /// Reads a row of `kv`; nil if its type is none.
  ///
  /// - Parameters:
  ///   - first: The first of the columns value, version, created_index, modified_index and expires_at.
  ///   - type: The column of the type.
  init?(row: SQLiteStatement, from first: Int32, type: Int32) {
    guard let type = row.valueType(type) else { return nil }
    self.init(
      type: type, value: type == .string ? row.bytes(first) : [],
      memberCount: type == .string ? 0 : Int(row.integer(first)), version: row.integer(first + 1),
      createdIndex: row.bits(first + 2), modifiedIndex: row.bits(first + 3),
      expiresAt: row.optionalInteger(first + 4))
  }
}

extension SQLiteStatement {
  /// The type that a column names; nil if it is none.
  func valueType(_ column: Int32) -> ValueType? {
    guard isText(column) else { return nil }
    return withBytes(column) { bytes in ValueType.allCases.first { $0.rowWord.elementsEqual(bytes) } }
  }
}

extension ValueType {
  func bind(to statement: SQLiteStatement, at parameter: Int32) throws {
    try statement.bind(rowWord, as: .text, at: parameter)
  }

  fileprivate var rowWord: UnsafeRawBufferPointer {
    let word: StaticString =
      switch self {
      case .string: "string"
      case .hash: "hash"
      case .list: "list"
      case .set: "set"
      case .sortedSet: "zset"
      }
    return UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
  }
}

extension RowChecksum {
  /// The checksum of the row of a key, whatever it holds.
  mutating func of(_ key: UnsafeRawBufferPointer, _ value: StoredValue) -> UInt64 {
    guard value.type == .string else {
      return of(
        key: key, type: value.type, memberCount: Int64(value.memberCount), version: value.version,
        createdIndex: value.createdIndex, modifiedIndex: value.modifiedIndex, expiresAt: value.expiresAt)
    }
    return value.value.withUnsafeBytes {
      of(
        key: key, value: $0, version: value.version, createdIndex: value.createdIndex,
        modifiedIndex: value.modifiedIndex, expiresAt: value.expiresAt)
    }
  }

  /// The checksum that a row of `kv` should have; nil if its type is none. The columns are as in `StoredValue.init`.
  mutating func of(
    _ key: UnsafeRawBufferPointer, _ row: SQLiteStatement, from first: Int32, type: Int32
  ) -> UInt64? {
    let (version, expiresAt) = (row.integer(first + 1), row.optionalInteger(first + 4))
    let (createdIndex, modifiedIndex) = (row.bits(first + 2), row.bits(first + 3))
    guard let type = row.valueType(type) else { return nil }
    guard type == .string else {
      return of(
        key: key, type: type, memberCount: row.integer(first), version: version, createdIndex: createdIndex,
        modifiedIndex: modifiedIndex, expiresAt: expiresAt)
    }
    return row.withBytes(first) {
      of(
        key: key, value: $0, version: version, createdIndex: createdIndex, modifiedIndex: modifiedIndex,
        expiresAt: expiresAt)
    }
  }
}
