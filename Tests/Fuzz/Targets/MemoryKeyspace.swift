import Commands
import Replication

/// A keyspace in memory that takes mutations.
final class MemoryKeyspace: KeyspaceView {
  static let now: Int64 = 1_700_000_000_000

  private var index: LogIndex = 10
  private var stored: [[UInt8]: StoredValue] = [
    Array("n".utf8): StoredValue(
      value: Array("10".utf8), version: 3, createdIndex: 5, modifiedIndex: 9, expiresAt: now + 1_500),
    Array("gone".utf8): StoredValue(
      value: [0, 0xFF], version: 1, createdIndex: 6, modifiedIndex: 6, expiresAt: now - 1),
  ]

  func value(for key: [UInt8]) -> StoredValue? { stored[key] }

  func count() -> Int { stored.count }

  func keys(after key: [UInt8]?, limit: Int) -> [ScannedKey] {
    let sorted = stored.keys.sorted { $0.lexicographicallyPrecedes($1) }
    let rest = sorted.filter { candidate in key.map { $0.lexicographicallyPrecedes(candidate) } ?? true }
    return rest.prefix(limit).map { ScannedKey(key: $0, expiresAt: stored[$0]?.expiresAt) }
  }

  func apply(_ mutations: [Mutation]) {
    index += 1
    for mutation in mutations {
      switch mutation.operation {
      case .delete: stored[mutation.key] = nil
      case .put:
        let before = stored[mutation.key]
        stored[mutation.key] = StoredValue(
          value: mutation.value, version: (before?.version ?? 0) + 1,
          createdIndex: before?.createdIndex ?? index,
          modifiedIndex: index, expiresAt: mutation.expiresAt)
      }
    }
  }
}
