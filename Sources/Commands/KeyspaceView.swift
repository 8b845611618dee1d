import Replication

/// A value as it is stored, with what the log says of it.
public struct StoredValue: Hashable, Sendable {
  /// Any bytes.
  public var value: [UInt8]
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
    value: [UInt8], version: UInt64, createdIndex: LogIndex, modifiedIndex: LogIndex, expiresAt: Int64?
  ) {
    self.value = value
    self.version = version
    self.createdIndex = createdIndex
    self.modifiedIndex = modifiedIndex
    self.expiresAt = expiresAt
  }
}

/// A key as a scan finds it.
public struct ScannedKey: Hashable, Sendable {
  /// Any bytes.
  public var key: [UInt8]
  /// When the key ends, in milliseconds of Unix time; nil means never.
  public var expiresAt: Int64?

  /// Makes a scanned key.
  public init(key: [UInt8], expiresAt: Int64?) {
    self.key = key
    self.expiresAt = expiresAt
  }
}

/// The keyspace that a command is evaluated against: everything appended so far, committed or not.
///
/// It knows no clock: a key past its expiry is there until the log has its delete.
public protocol KeyspaceView {
  /// What the key holds, or nil.
  func value(for key: [UInt8]) throws -> StoredValue?
  /// How many keys there are, those past their expiry included.
  func count() throws -> Int
  /// Up to `limit` keys after `key`, or from the first one, in the order of their bytes; fewer only at the end.
  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey]
}
