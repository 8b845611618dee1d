import Replication
import SQLite

/// The checksum of one row of `kv` or `member`: XXH64 over the row's canonical bytes (schema/README.md), with another
/// seed for each kind of row.
///
/// With it a value that has decayed or was edited by hand is known without the log. The sum of all of them, modulo
/// 2^64, is the checksum of the content: it says which rows there must be, whatever their order, and costs one
/// subtraction and one addition for each row that changes.
struct RowChecksum {
  private static let membersSeed: UInt64 = 1
  private static let memberSeed: UInt64 = 2

  private var bytes: [UInt8] = []

  /// The checksum of the row of a key that holds a string.
  mutating func of(
    key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, version: Int64, createdIndex: LogIndex,
    modifiedIndex: LogIndex, expiresAt: Int64?
  ) -> UInt64 {
    begin(key.count + value.count + 49)
    append(key)
    append(value)
    append(version, createdIndex, modifiedIndex, expiresAt)
    return xxh64(bytes, seed: 0)
  }

  /// The checksum of the row of a key that has members.
  mutating func of(
    key: UnsafeRawBufferPointer, type: ValueType, memberCount: Int64, version: Int64, createdIndex: LogIndex,
    modifiedIndex: LogIndex, expiresAt: Int64?
  ) -> UInt64 {
    begin(key.count + 64)
    append(key)
    append(UInt64(type.rawValue.utf8.count))
    bytes += type.rawValue.utf8
    append(UInt64(bitPattern: memberCount))
    append(version, createdIndex, modifiedIndex, expiresAt)
    return xxh64(bytes, seed: Self.membersSeed)
  }

  /// The checksum of the row of a member.
  mutating func of(
    key: UnsafeRawBufferPointer, member: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
  ) -> UInt64 {
    begin(key.count + member.count + value.count + 24)
    append(key)
    append(member)
    append(value)
    return xxh64(bytes, seed: Self.memberSeed)
  }

  private mutating func begin(_ capacity: Int) {
    bytes.removeAll(keepingCapacity: true)
    bytes.reserveCapacity(capacity)
  }

  private mutating func append(_ string: UnsafeRawBufferPointer) {
    append(UInt64(string.count))
    bytes.append(contentsOf: string)
  }

  private mutating func append(
    _ version: Int64, _ createdIndex: LogIndex, _ modifiedIndex: LogIndex, _ expiresAt: Int64?
  ) {
    append(UInt64(bitPattern: version))
    append(createdIndex)
    append(modifiedIndex)
    bytes.append(expiresAt == nil ? 0 : 1)
    append(UInt64(bitPattern: expiresAt ?? 0))
  }

  private mutating func append(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
