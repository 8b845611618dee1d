import Replication

/// A value as it is stored, with what the log says of it.
public struct StoredValue: Hashable, Sendable {
  /// What kind of value it is.
  public var type = ValueType.string
  /// Any bytes; empty for a value that has members.
  public var value: [UInt8]
  /// How many members it has; 0 for a string.
  public var memberCount = 0
  /// Counts the writes of the key since it was created, from 1.
  public var version: UInt64
  /// The entry that created the key.
  public var createdIndex: LogIndex
  /// The entry that wrote it last.
  public var modifiedIndex: LogIndex
  /// When the key ends, in milliseconds of Unix time; nil means never.
  public var expiresAt: Int64?

  /// Makes a value from its parts.
  public init(
    type: ValueType = .string, value: [UInt8], memberCount: Int = 0, version: UInt64, createdIndex: LogIndex,
    modifiedIndex: LogIndex, expiresAt: Int64?
  ) {
    self.type = type
    self.value = value
    self.memberCount = memberCount
    self.version = version
    self.createdIndex = createdIndex
    self.modifiedIndex = modifiedIndex
    self.expiresAt = expiresAt
  }
}

/// A member of a hash, a set, a sorted set or a list, as `Mutation` describes it.
public struct KeyMember: Hashable, Sendable {
  /// A field, a member or a position; any bytes.
  public var name: [UInt8]
  /// What stands beside it; empty in a set.
  public var value: [UInt8]

  /// Makes a member from its parts.
  public init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }
}

/// A key as a scan finds it.
public struct ScannedKey: Hashable, Sendable {
  /// Any bytes.
  public var key: [UInt8]
  /// What it holds.
  public var type: ValueType
  /// When the key ends, in milliseconds of Unix time; nil means never.
  public var expiresAt: Int64?

  /// Makes a scanned key.
  public init(key: [UInt8], type: ValueType = .string, expiresAt: Int64?) {
    self.key = key
    self.type = type
    self.expiresAt = expiresAt
  }
}

/// The keyspace that a command is evaluated against: everything appended so far, committed or not.
///
/// It knows no clock: a key past its expiry is there until the log has its delete.
public protocol KeyspaceView {
  /// What the key holds, or nil.
  func value(for key: [UInt8]) throws -> StoredValue?
  /// What stands beside a member of a key, or nil if there is no such member.
  func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]?
  /// Up to `limit` members of a key after `name`, or from the first one, in the order of their bytes; fewer only at the
  /// end. `descending` turns the order round: the members before `name`, or from the last one.
  func members(of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool) throws -> [KeyMember]
  /// How many places `member(at:of:)` knows: at least one for each member of the key.
  func placeCount(of key: [UInt8]) throws -> Int
  /// The member at a place, counted from 0; for drawing one. Each member has one place; some have none, and give nil.
  func member(at place: Int, of key: [UInt8]) throws -> KeyMember?
  /// How many keys there are, those past their expiry included.
  func count() throws -> Int
  /// Up to `limit` keys after `key`, or from the first one, in the order of `precedes`; fewer only at the end.
  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey]
  /// One of the keys, chosen by a random number; nil if there is none.
  func anyKey(_ random: UInt64) throws -> ScannedKey?
  /// Whether one key stands before another in a page.
  func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool
}

extension KeyspaceView {
  /// In the order of the bytes.
  public func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }
}
