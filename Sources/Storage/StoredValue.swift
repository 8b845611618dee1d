import Replication

/// What a key holds.
public struct StoredValue: Hashable, Sendable {
  /// What kind of value it is.
  public var type: ValueType
  /// Any bytes; empty for a value that has members.
  public var value: [UInt8]
  /// How many members it has; 0 for a string.
  public var memberCount: Int
  /// The number of mutations that changed the key since it was created, from 1.
  public var version: Int64
  /// The index of the entry that created the key.
  public var createdIndex: LogIndex
  /// The index of the last entry that changed the key.
  public var modifiedIndex: LogIndex
  /// When the key ends, in milliseconds of Unix time; nil means never.
  public var expiresAt: Int64?

  /// Makes a value from its parts.
  public init(
    type: ValueType = .string, value: [UInt8], memberCount: Int = 0, version: Int64, createdIndex: LogIndex,
    modifiedIndex: LogIndex, expiresAt: Int64? = nil
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
