import Replication

/// A key as a scan finds it.
public struct StoredKey: Hashable, Sendable {
  /// Any bytes.
  public var key: [UInt8]
  /// What it holds.
  public var type: ValueType
  /// When the key ends, in milliseconds of Unix time; nil means never.
  public var expiresAt: Int64?
}
