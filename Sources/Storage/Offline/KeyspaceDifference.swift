import Replication
import SQLite

/// A key that two replicas do not have in common, or not alike.
public struct KeyspaceDifference: Sendable {
  /// A member that two replicas do not have in common, or not alike.
  public struct Member: Hashable, Sendable {
    /// The field, the member or the position.
    public var name: [UInt8]
    /// What stands beside it in the first replica; nil if it is not there.
    public var first: [UInt8]?
    /// What stands beside it in the second replica; nil if it is not there.
    public var second: [UInt8]?
  }

  /// The key.
  public var key: [UInt8]
  /// What the first replica holds; nil if nothing.
  public var first: StoredValue?
  /// What the second replica holds; nil if nothing.
  public var second: StoredValue?
  /// The first hundred of the members that differ, if both replicas hold the key with the same type.
  public var members: [Member] = []
  /// How many members differ.
  public var memberCount = 0

  private static let named = 100

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
      if let type = difference.first?.type, type == difference.second?.type, type != .string {
        try difference.compareMembers(first, second)
      }
      if order <= 0 { try a.advance() }
      if order >= 0 { try b.advance() }
      guard difference.first != difference.second || difference.memberCount > 0 else { continue }
      if try !body(difference) { return }
    }
  }

  private static func order(_ a: [UInt8]?, _ b: [UInt8]?) -> Int {
    guard let a else { return 1 }
    guard let b else { return -1 }
    if a == b { return 0 }
    return ReplicaReader.precedes(a, b) ? -1 : 1
  }

  private mutating func compareMembers(_ first: ReplicaReader, _ second: ReplicaReader) throws {
    var (a, b) = (try OrderedMembers(first, key), try OrderedMembers(second, key))
    while let name = Self.least(a.next?.name, b.next?.name) {
      var member = Member(name: name)
      if let one = a.next, one.name == name {
        member.first = one.value
        try a.advance()
      }
      if let other = b.next, other.name == name {
        member.second = other.value
        try b.advance()
      }
      guard member.first != member.second else { continue }
      memberCount += 1
      if members.count < Self.named { members.append(member) }
    }
  }

  private static func least(_ a: [UInt8]?, _ b: [UInt8]?) -> [UInt8]? {
    guard let a, let b else { return a ?? b }
    return a.lexicographicallyPrecedes(b) ? a : b
  }
}

/// The members of a key in one replica, in the order of their names' bytes, some at a time.
private struct OrderedMembers {
  private static let page = 1_024

  let reader: ReplicaReader
  let key: [UInt8]
  private var page: ArraySlice<StoredKeyMember> = []
  private var isAtEnd = false

  init(_ reader: ReplicaReader, _ key: [UInt8]) throws {
    (self.reader, self.key) = (reader, key)
    try fill(after: nil)
  }

  var next: StoredKeyMember? { page.first }

  mutating func advance() throws {
    let last = page.removeFirst()
    if page.isEmpty { try fill(after: last.name) }
  }

  private mutating func fill(after name: [UInt8]?) throws {
    guard !isAtEnd else { return }
    page = try reader.anyMembers(of: key, after: name, limit: Self.page)[...]
    isAtEnd = page.count < Self.page
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
        """
        SELECT key, value, version, created_index, modified_index, expires_at, \(reader.typeColumn) FROM kv
        ORDER BY key
        """)
    }
    try advance()
  }

  /// A row whose type is none counts as a string; that it is damaged, its checksum tells.
  var value: StoredValue {
    StoredValue(row: rows, from: 1, type: 6)
      ?? StoredValue(
        value: rows.bytes(1), version: rows.integer(2), createdIndex: rows.bits(3),
        modifiedIndex: rows.bits(4),
        expiresAt: rows.optionalInteger(5))
  }

  mutating func advance() throws {
    let isRow = try wordingErrors { try rows.step() }
    key = isRow ? rows.bytes(0) : nil
  }
}
