import Commands
import Replication
import Serving

/// A stored keyspace in memory.
final class MemoryKeyspace: StoredKeyspace {
  private(set) var values: [[UInt8]: StoredValue] = [:]
  private(set) var applied: LogIndex = 0
  /// Called at each lookup of a value.
  var onLookup: () -> Void = {}

  func apply(_ entry: Entry) {
    applied = entry.index
    guard case .mutations(let mutations) = entry.payload else { return }
    for mutation in mutations {
      guard mutation.operation == .put else {
        values[mutation.key] = nil
        continue
      }
      let old = values[mutation.key]
      values[mutation.key] = StoredValue(
        value: mutation.value, version: (old?.version ?? 0) + 1,
        createdIndex: old?.createdIndex ?? entry.index, modifiedIndex: entry.index,
        expiresAt: mutation.expiresAt)
    }
  }

  func value(for key: [UInt8]) -> StoredValue? {
    onLookup()
    return values[key]
  }

  func count() -> Int { values.count }

  func keys(after key: [UInt8]?, limit: Int) -> [ScannedKey] {
    values.keys.sorted(by: precedes).filter { candidate in key.map { precedes($0, candidate) } ?? true }
      .prefix(limit).map { ScannedKey(key: $0, expiresAt: values[$0]?.expiresAt) }
  }

  func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }
  func appliedIndex() -> LogIndex { applied }

  private(set) var isHoldingSnapshot = false
  func holdSnapshot() { isHoldingSnapshot = true }
  func releaseSnapshot() { isHoldingSnapshot = false }
  func shareSnapshot() {}
}
