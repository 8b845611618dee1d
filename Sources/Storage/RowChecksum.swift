import Replication
import SQLite

/// The checksum of one row of `kv`: XXH64, seed 0, over the row's canonical bytes (schema/README.md).
///
/// With it a value that has decayed or was edited by hand is known without the log. The sum of all of them, modulo
/// 2^64, is the checksum of the content: it says which rows there must be, whatever their order, and costs one
/// subtraction and one addition for each row that changes.
struct RowChecksum {
  private var bytes: [UInt8] = []

  /// The checksum of a row.
  mutating func of(
    key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, version: Int64, createdIndex: LogIndex,
    modifiedIndex: LogIndex, expiresAt: Int64?
  ) -> UInt64 {
    bytes.removeAll(keepingCapacity: true)
    bytes.reserveCapacity(key.count + value.count + 49)
    append(UInt64(key.count))
    bytes.append(contentsOf: key)
    append(UInt64(value.count))
    bytes.append(contentsOf: value)
    append(UInt64(bitPattern: version))
    append(createdIndex)
    append(modifiedIndex)
    bytes.append(expiresAt == nil ? 0 : 1)
    append(UInt64(bitPattern: expiresAt ?? 0))
    return xxh64(bytes, seed: 0)
  }

  private mutating func append(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
