import Commands
import Replication

/// The keyspace that requests are tried on.
struct TriedKeyspace {
  static let now: Int64 = 1_700_000_000_000

  private var index: LogIndex = 10
  private(set) var keyspace = PlainKeyspace()

  init() {
    keyspace.set(
      Array("n".utf8),
      StoredValue(
        value: Array("10".utf8), version: 3, createdIndex: 5, modifiedIndex: 9, expiresAt: Self.now + 1_500))
    keyspace.set(
      Array("gone".utf8),
      StoredValue(
        value: [0, 0xFF], version: 1, createdIndex: 6, modifiedIndex: 6, expiresAt: Self.now - 1))
  }

  mutating func apply(_ mutations: [Mutation]) {
    index += 1
    keyspace.apply(mutations, at: index)
  }
}
