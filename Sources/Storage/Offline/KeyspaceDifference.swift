import Replication
import SQLite

/// A key that two replicas do not have in common, or not alike.
public struct KeyspaceDifference: Sendable {
  /// The key.
  public var key: [UInt8]
  /// What the first replica holds; nil if nothing.
  public var first: StoredValue?
  /// What the second replica holds; nil if nothing.
  public var second: StoredValue?

  /// Goes through all keys of two replicas in the order of the table, in little memory, and hands out those that differ,
  /// until `body` returns false.
  public static func forEach(
    _ first: ReplicaReader, _ second: ReplicaReader, progress: (Int64) -> Void = { _ in },
    _ body: (KeyspaceDifference) throws -> Bool
  ) throws {
    var (a, b) = (try OrderedRows(first), try OrderedRows(second))
    var visited: Int64 = 0
    while a.key != nil || b.key != nil {
      visited += 1
      if visited & 0xFFF == 0 { progress(visited) }
      let order = order(a.key, b.key)
      var difference = KeyspaceDifference(key: (order <= 0 ? a.key : b.key) ?? [])
      if order <= 0 { difference.first = a.value }
      if order >= 0 { difference.second = b.value }
      if order <= 0 { try a.advance() }
      if order >= 0 { try b.advance() }
      if difference.first != difference.second, try !body(difference) { return }
    }
  }

  private static func order(_ a: [UInt8]?, _ b: [UInt8]?) -> Int {
    guard let a else { return 1 }
    guard let b else { return -1 }
    if a == b { return 0 }
    return ReplicaReader.precedes(a, b) ? -1 : 1
  }
}

/// The rows of a replica in the order of its keys.
private struct OrderedRows {
  private(set) var key: [UInt8]?
  private let path: String
  private let rows: SQLiteStatement

  init(_ reader: ReplicaReader) throws {
    path = reader.path
    rows = try wordingErrors {
      try reader.connection.prepare(
        "SELECT key, value, version, created_index, modified_index, expires_at FROM kv ORDER BY key")
    }
    try advance()
  }

  var value: StoredValue {
    StoredValue(
      value: rows.bytes(1), version: rows.integer(2), createdIndex: rows.bits(3), modifiedIndex: rows.bits(4),
      expiresAt: rows.optionalInteger(5))
  }

  mutating func advance() throws {
    let isRow = try wordingErrors { try rows.step() }
    key = isRow ? rows.bytes(0) : nil
  }
}
