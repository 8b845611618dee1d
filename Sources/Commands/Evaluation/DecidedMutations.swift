import Replication

/// The mutations of a command in order, with the last one of each key at hand.
struct DecidedMutations {
  /// Up to this many are searched; for more, an index is worth its cost.
  private static let searchedUpTo = 8

  private(set) var mutations: [Mutation] = []
  private var positions: [[UInt8]: Int] = [:]

  /// The last mutation of the key.
  func last(of key: [UInt8]) -> Mutation? { position(of: key).map { mutations[$0] } }

  /// Adds a mutation. A put takes the place of an earlier put of the key, which nobody will have seen.
  mutating func append(_ mutation: Mutation) {
    if mutation.operation == .put, let position = position(of: mutation.key),
      mutations[position].operation == .put
    {
      mutations[position] = mutation
      return
    }
    mutations.append(mutation)
    if mutations.count == Self.searchedUpTo + 1 {
      for (position, mutation) in mutations.enumerated() { positions[mutation.key] = position }
    } else if mutations.count > Self.searchedUpTo {
      positions[mutation.key] = mutations.count - 1
    }
  }

  private func position(of key: [UInt8]) -> Int? {
    mutations.count > Self.searchedUpTo ? positions[key] : mutations.lastIndex { $0.key == key }
  }
}
