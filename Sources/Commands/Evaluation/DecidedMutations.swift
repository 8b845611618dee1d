import Replication

/// The mutations of a command or a transaction in order, with the last one of each key at hand.
struct DecidedMutations {
  /// Up to this many are searched; for more, an index is worth its cost.
  private static let searchedUpTo = 8

  private(set) var mutations: [Mutation] = []
  private var positions: [[UInt8]: Int] = [:]
  /// What was decided before the command at hand stays as it is, so that the command can be undone.
  private var firstOfCommand = 0

  var isEmpty: Bool { mutations.isEmpty }

  /// The last mutation of the key, or the one that cleared all keys if that came later.
  func last(of key: [UInt8]) -> Mutation? {
    if let position = position(of: key), position > (lastClear ?? -1) { return mutations[position] }
    return lastClear.map { mutations[$0] }
  }

  /// Adds a mutation. A put takes the place of an earlier put of the key by the same command, which nobody will have
  /// seen.
  mutating func append(_ mutation: Mutation) {
    if mutation.operation == .put, let position = position(of: mutation.key), position >= firstOfCommand,
      mutations[position].operation == .put
    {
      mutations[position] = mutation
      return
    }
    mutations.append(mutation)
    if mutation.operation == .clear { lastClear = mutations.count - 1 }
    if mutations.count == Self.searchedUpTo + 1 {
      index(from: 0)
    } else if mutations.count > Self.searchedUpTo {
      positions[mutation.key] = mutations.count - 1
    }
  }

  /// From here on it is another command.
  mutating func beginCommand() { firstOfCommand = mutations.count }

  /// Takes back what the command at hand has decided; tells whether that was anything.
  mutating func undoCommand() -> Bool {
    guard mutations.count > firstOfCommand else { return false }
    mutations.removeLast(mutations.count - firstOfCommand)
    positions = [:]
    lastClear = mutations.lastIndex { $0.operation == .clear }
    if mutations.count > Self.searchedUpTo { index(from: 0) }
    return true
  }

  private var lastClear: Int?

  private mutating func index(from start: Int) {
    for position in start..<mutations.count { positions[mutations[position].key] = position }
  }

  private func position(of key: [UInt8]) -> Int? {
    mutations.count > Self.searchedUpTo ? positions[key] : mutations.lastIndex { $0.key == key }
  }
}
