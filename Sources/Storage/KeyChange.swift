import Replication

/// What a batch of entries does to one key in the end, whatever the key held before.
///
/// Puts and deletes alone come to one row, whose version is all that depends on what was there. From the first change
/// of a member or of an expiry on, what a mutation does depends on what is there, so these are kept as they are.
struct KeyChange {
  /// A mutation, and the entry that it is of.
  struct Step {
    var mutation: Mutation
    var index: LogIndex
  }

  let key: [UInt8]
  /// Whether the batch deleted the key at some point, so that what it held before does not matter.
  private(set) var isReset = false
  /// The puts since the last delete, or all of them; 0 means that the key is gone.
  private(set) var puts: Int64 = 0
  /// The index of the first of these puts: where the key was created, if it did not exist.
  private(set) var createdIndex: LogIndex = 0
  /// The index of the last put.
  private(set) var modifiedIndex: LogIndex = 0
  /// The value of the last put.
  private(set) var value: [UInt8] = []
  /// The expiry of the last put.
  private(set) var expiresAt: Int64?
  /// What comes after these puts, from the first mutation on that is neither put nor delete.
  private(set) var steps: [Step] = []

  init(key: [UInt8]) { self.key = key }

  mutating func add(_ mutation: Mutation, at index: LogIndex) {
    switch mutation.operation {
    case .delete:
      isReset = true
      puts = 0
      value = []
      expiresAt = nil
      steps = []
    case .put where steps.isEmpty:
      if puts == 0 { createdIndex = index }
      puts += 1
      modifiedIndex = index
      value = mutation.value
      expiresAt = mutation.expiresAt
    default: steps.append(Step(mutation: mutation, index: index))
    }
  }
}
