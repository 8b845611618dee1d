import Replication

/// The keyspace of a node at an applied index.
struct Replica {
  private(set) var applied: LogIndex = 0
  private var values: [[UInt8]: (value: [UInt8], index: LogIndex)] = [:]
  /// A hash of the contents that does not depend on the order of the keys.
  private(set) var digest: UInt64 = 0

  func value(of key: [UInt8]) -> (value: [UInt8], index: LogIndex)? { values[key] }

  mutating func apply(_ entry: Entry) {
    precondition(entry.index == applied + 1, "entries are applied in order and once")
    applied = entry.index
    guard case .mutations(let mutations) = entry.payload else { return }
    for mutation in mutations {
      if let old = values[mutation.key] { digest ^= Self.digest(mutation.key, old.value) }
      switch mutation.operation {
      case .put:
        values[mutation.key] = (mutation.value, entry.index)
        digest ^= Self.digest(mutation.key, mutation.value)
      case .delete: values[mutation.key] = nil
      }
    }
  }

  private static func digest(_ key: [UInt8], _ value: [UInt8]) -> UInt64 {
    xxh64(value, seed: xxh64(key, seed: 1))
  }
}
