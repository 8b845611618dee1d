import Commands
import Replication

/// The keyspace of a node at an applied index.
struct Replica {
  private(set) var applied: LogIndex = 0
  private(set) var keyspace = PlainKeyspace()
  /// A hash of the contents that does not depend on the order of the keys.
  private(set) var digest: UInt64 = 0

  mutating func apply(_ entry: Entry) {
    precondition(entry.index == applied + 1, "entries are applied in order and once")
    applied = entry.index
    guard case .mutations(let mutations) = entry.payload else { return }
    for mutation in mutations {
      digest ^= digest(of: mutation.key)
      keyspace.apply([mutation], at: entry.index)
      digest = mutation.operation == .clear ? 0 : digest ^ digest(of: mutation.key)
    }
  }

  private func digest(of key: [UInt8]) -> UInt64 {
    guard let content = keyspace.contents[key] else { return 0 }
    let stored = content.value
    let numbers = stored.version &* 31 &+ stored.createdIndex &* 17 &+ stored.modifiedIndex
    let whole = xxh64(
      stored.value, seed: xxh64(key, seed: numbers ^ UInt64(bitPattern: stored.expiresAt ?? 0)))
    return content.members.reduce(whole) { $0 ^ xxh64($1.value, seed: xxh64($1.key, seed: whole)) }
  }
}
