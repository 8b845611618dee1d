import Replication
import SQLite

/// The changes that a batch of entries makes, one a key.
struct KeyChanges {
  /// Whether the batch emptied the keyspace at some point: the changes are those since then.
  private var isCleared = false
  private var changes: [KeyChange] = []
  private var positions: [[UInt8]: Int] = [:]

  init(_ entries: ArraySlice<Entry>) {
    changes.reserveCapacity(entries.count)
    positions.reserveCapacity(entries.count)
    for entry in entries {
      guard case .mutations(let mutations) = entry.payload else { continue }
      for mutation in mutations { add(mutation, at: entry.index) }
    }
  }

  private mutating func add(_ mutation: Mutation, at index: LogIndex) {
    guard mutation.operation != .clear else {
      isCleared = true
      changes.removeAll(keepingCapacity: true)
      positions.removeAll(keepingCapacity: true)
      return
    }
    if let position = positions[mutation.key] {
      changes[position].add(mutation, at: index)
    } else {
      positions[mutation.key] = changes.count
      changes.append(KeyChange(key: mutation.key))
      changes[changes.count - 1].add(mutation, at: index)
    }
  }

  /// The changes in the order in which the table stands, so that each page is visited once.
  func inTableOrder() -> OrderedChanges {
    OrderedChanges(
      isCleared: isCleared,
      changes: TablePlace.inOrder(changes.count) { changes[$0].key }.map { (changes[$0.position], $0.form) })
  }
}

/// The changes that a batch of entries makes, in the order of the table.
struct OrderedChanges {
  /// Whether nothing of what was there before stays.
  let isCleared: Bool
  let changes: [(change: KeyChange, form: ByteStringForm)]
}
