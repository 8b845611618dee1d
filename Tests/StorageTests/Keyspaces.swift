import Commands
import Replication
import Storage

/// The keyspace that a log makes, by the plainest way to compute it.
func replay(_ entries: some Sequence<Entry>) -> PlainKeyspace {
  var keyspace = PlainKeyspace()
  for entry in entries {
    if case .mutations(let mutations) = entry.payload { keyspace.apply(mutations, at: entry.index) }
  }
  return keyspace
}

extension ReplicaReader {
  /// All that the replica holds.
  func everything() throws -> PlainKeyspace {
    var keyspace = PlainKeyspace()
    for key in try keys(after: nil, limit: .max).map(\.key) {
      guard let value = try value(for: key) else { continue }
      let members = try members(of: key, after: nil, limit: .max)
      keyspace.set(
        key,
        Commands.StoredValue(
          type: value.type, value: value.value, memberCount: value.memberCount,
          version: UInt64(value.version), createdIndex: value.createdIndex,
          modifiedIndex: value.modifiedIndex, expiresAt: value.expiresAt),
        members: Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) }))
    }
    return keyspace
  }
}

/// Makes random mutations of a few keys and members, so that they meet often.
struct RandomMutations {
  var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  static let keys: [[UInt8]] = ["a", "b", "ab", "ü"].map { Array($0.utf8) } + [[], [0], [0xFF], [0xFF, 1]]
  static let members: [[UInt8]] =
    ["x", "y", "xy", "longer than eight bytes", "longer than eight bytes too"].map { Array($0.utf8) }
    + [[], [0], [0x78, 0], [0x80, 0, 0, 0, 0, 0, 0, 1], [0xFF]]

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  mutating func mutation() -> Mutation {
    // Those on members come most often, and sometimes in the same container for a while.
    let all = Mutation.Operation.allCases
    let operation: Mutation.Operation =
      switch below(40) {
      case 0: .clear
      case 1..<4: .delete
      case 4..<8: .expire
      case 8..<12: .put
      default: all.filter { $0.container != nil }[below(8)]
      }
    return Mutation(
      operation: operation, key: operation == .clear ? [] : Self.keys[below(Self.keys.count)],
      member: operation.container == nil ? [] : Self.members[below(Self.members.count)],
      value: operation.hasValue ? (0..<below(12)).map { _ in UInt8(below(256)) } : [],
      expiresAt: operation.hasExpiry && below(3) > 0 ? Int64(below(50)) : nil)
  }

  mutating func entry(_ index: LogIndex) -> Entry {
    below(12) == 0 ? Samples.noop(index) : Samples.entry(index, (0...below(4)).map { _ in mutation() })
  }
}
