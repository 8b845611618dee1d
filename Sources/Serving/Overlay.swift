import Commands
import DequeModule
import Replication

/// The effects that are in the log but not yet in replica.db, newest per key.
///
/// Commands are evaluated against the overlay over replica.db, so that each sees all that was appended before it.
struct Overlay {
  struct Change {
    /// The entry that changed the key last.
    var index: LogIndex
    /// Nil after a delete.
    var value: [UInt8]?
    var expiresAt: Int64?
    /// The entry that created the key, if that is known without the replica.
    var createdIndex: LogIndex?
    /// The entries that put the key since `createdIndex`, or since the replica's row, in order.
    var puts: Deque<LogIndex>
  }

  private(set) var changes: [[UInt8]: Change] = [:]

  var isEmpty: Bool { changes.isEmpty }

  subscript(key: [UInt8]) -> Change? { changes[key] }

  mutating func removeAll() { changes.removeAll(keepingCapacity: false) }

  /// Adds the effects of an entry; entries come in the order of their index.
  mutating func add(_ mutations: [Mutation], at index: LogIndex) {
    for mutation in mutations { add(mutation, at: index) }
  }

  private mutating func add(_ mutation: Mutation, at index: LogIndex) {
    switch mutation.operation {
    case .delete:
      changes[mutation.key] = Change(index: index, value: nil, createdIndex: nil, puts: [])
    case .put:
      guard var change = changes.removeValue(forKey: mutation.key) else {
        changes[mutation.key] = Change(
          index: index, value: mutation.value, expiresAt: mutation.expiresAt, puts: [index])
        return
      }
      if change.value == nil {
        change.createdIndex = index
        change.puts = []
      }
      change.index = index
      change.value = mutation.value
      change.expiresAt = mutation.expiresAt
      change.puts.append(index)
      changes[mutation.key] = change
    default: fatalError("not yet")
    }
  }

  /// Drops what an applied entry did. A key that a later entry has changed again stays, but from then on its history
  /// begins with the replica's row: that of a key which is written all the time would grow for ever.
  mutating func remove(_ mutations: [Mutation], appliedAt index: LogIndex) {
    for mutation in mutations {
      guard let place = changes.index(forKey: mutation.key) else { continue }
      guard changes.values[place].index > index else {
        changes.remove(at: place)
        continue
      }
      changes.values[place].forget(through: index)
    }
  }

  /// What a key holds, given the replica's row, which may already hold some of the changes.
  static func value(of change: Change, over row: StoredValue?) -> StoredValue? {
    guard let value = change.value else { return nil }
    if let created = change.createdIndex {
      return StoredValue(
        value: value, version: UInt64(change.puts.count), createdIndex: created,
        modifiedIndex: change.index, expiresAt: change.expiresAt)
    }
    let later = change.puts(after: row?.modifiedIndex ?? 0)
    return StoredValue(
      value: value, version: (row?.version ?? 0) + UInt64(later),
      createdIndex: row?.createdIndex ?? change.puts[0], modifiedIndex: change.index,
      expiresAt: change.expiresAt)
  }
}

extension Overlay.Change {
  /// Drops the puts that the replica has.
  fileprivate mutating func forget(through index: LogIndex) {
    while let first = puts.first, first <= index { puts.removeFirst() }
    if let created = createdIndex, created <= index { createdIndex = nil }
  }

  /// How many puts are newer than an index. A key can be put many times before the replica has the first, and each
  /// evaluation of a command asks, so they are not counted one by one.
  fileprivate func puts(after index: LogIndex) -> Int {
    var low = 0
    var high = puts.count
    while low < high {
      let middle = (low + high) / 2
      if puts[middle] > index { high = middle } else { low = middle + 1 }
    }
    return puts.count - low
  }
}
