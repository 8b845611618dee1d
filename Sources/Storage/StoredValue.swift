import Replication

/// What a key holds.
public struct StoredValue: Hashable, Sendable {
  /// Any bytes.
  public var value: [UInt8]
  /// The number of puts since the key was created, from 1.
  public var version: Int64
  /// The index of the entry that created the key.
  public var createdIndex: LogIndex
  /// The index of the entry that put the value.
  public var modifiedIndex: LogIndex
  /// When the key ends, in milliseconds of Unix time; nil means never.
  public var expiresAt: Int64?

  /// Makes a value from its parts.
  public init(
    value: [UInt8], version: Int64, createdIndex: LogIndex, modifiedIndex: LogIndex, expiresAt: Int64? = nil
  ) {
    self.value = value
    self.version = version
    self.createdIndex = createdIndex
    self.modifiedIndex = modifiedIndex
    self.expiresAt = expiresAt
  }
}
