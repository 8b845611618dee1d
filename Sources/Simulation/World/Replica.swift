import Commands
import Replication

/// The keyspace of a node at an applied index.
struct Replica {
  private(set) var applied: LogIndex = 0
  private(set) var values: [[UInt8]: StoredValue] = [:]
  /// A hash of the contents that does not depend on the order of the keys.
  private(set) var digest: UInt64 = 0

  mutating func apply(_ entry: Entry) {
    precondition(entry.index == applied + 1, "entries are applied in order and once")
    applied = entry.index
    guard case .mutations(let mutations) = entry.payload else { return }
    for mutation in mutations {
      let old = values[mutation.key]
      if let old { digest ^= Self.digest(mutation.key, old) }
      guard mutation.operation == .put else {
        values[mutation.key] = nil
        continue
      }
      let new = StoredValue(
        value: mutation.value, version: (old?.version ?? 0) + 1,
        createdIndex: old?.createdIndex ?? entry.index, modifiedIndex: entry.index,
        expiresAt: mutation.expiresAt)
      values[mutation.key] = new
      digest ^= Self.digest(mutation.key, new)
    }
  }

  private static func digest(_ key: [UInt8], _ stored: StoredValue) -> UInt64 {
    let numbers = stored.version &* 31 &+ stored.createdIndex &* 17 &+ stored.modifiedIndex
    return xxh64(stored.value, seed: xxh64(key, seed: numbers ^ UInt64(bitPattern: stored.expiresAt ?? 0)))
  }
}
