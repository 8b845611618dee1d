import Replication
import Storage

/// What a part of a log does to keys of which only what came before could tell what they hold: which it deletes, which
/// it changes otherwise than by saying all that they hold, and which of their members it removes.
///
/// It is kept in a file, as keys of a replica, so that it may be more than fits into memory.
final class TouchedKeys {
  /// The kinds of note, as the first byte of keys.
  private enum Note: UInt8 {
    case deleted
    case changed
    case removed

    func key(_ key: [UInt8]) -> [UInt8] { [rawValue] + key }
  }

  /// Reads what was noted.
  struct Reader {
    fileprivate let notes: ReplicaReader

    /// Whether the key is deleted at some point.
    func isDeleted(_ key: [UInt8]) throws -> Bool { try notes.value(for: Note.deleted.key(key)) != nil }

    /// Whether the key is changed where it stands.
    func isChanged(_ key: [UInt8]) throws -> Bool { try notes.value(for: Note.changed.key(key)) != nil }

    /// Up to `limit` names of members that are removed from a key at some point, after a name.
    func removed(from key: [UInt8], after name: [UInt8]?, limit: Int) throws -> [[UInt8]] {
      try notes.members(of: Note.removed.key(key), after: name, limit: limit).map(\.name)
    }
  }

  private let builder: ReplicaBuilder
  /// Whether every key is gone at some point.
  private(set) var isCleared = false

  init(_ directory: TemporaryDirectory, after base: LogBase) throws {
    builder = try ReplicaBuilder(directory: try directory.directory("touched"), node: NodeID(0))
    builder.begin(after: base)
  }

  /// Notes what a batch does.
  func apply(_ batch: PreparedEntries) throws {
    let entries = batch.entries.map { entry in
      guard case .mutations(let mutations) = entry.payload else { return entry }
      let notes = mutations.flatMap(notes)
      return Entry(
        index: entry.index, epoch: entry.epoch, time: entry.time,
        payload: notes.isEmpty ? .noop : .mutations(notes))
    }
    try builder.apply(PreparedEntries(entries, checksums: batch.checksums))
  }

  private func notes(_ mutation: Mutation) -> [Mutation] {
    switch mutation.operation {
    case .put: return []
    case .delete: return [.put(Note.deleted.key(mutation.key), [])]
    case .clear:
      isCleared = true
      return []
    case .expire: return [.put(Note.changed.key(mutation.key), [])]
    case let operation:
      guard operation.isRemoval else { return [] }
      return [
        .put(Note.changed.key(mutation.key), []),
        Mutation(
          operation: .addMember, key: Note.removed.key(mutation.key), member: mutation.member),
      ]
    }
  }

  /// Ends the notes.
  func complete() throws -> Reader {
    try builder.complete()
    return Reader(notes: try ReplicaReader(path: builder.path, isOffline: true))
  }
}
