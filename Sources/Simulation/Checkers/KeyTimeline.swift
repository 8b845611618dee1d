import Commands
import Replication

/// What each key held after each committed entry that changed it.
struct KeyTimeline {
  private var changes: [[UInt8]: [(index: LogIndex, stored: StoredValue?)]] = [:]

  private var keyspace = PlainKeyspace()

  mutating func take(_ entry: Entry) {
    guard case .mutations(let mutations) = entry.payload else { return }
    for mutation in mutations {
      let touched = mutation.operation == .clear ? Array(keyspace.contents.keys) : [mutation.key]
      keyspace.apply([mutation], at: entry.index)
      for key in touched { changes[key, default: []].append((entry.index, keyspace.value(for: key))) }
    }
  }

  /// What a key held after an entry.
  func value(of key: [UInt8], at index: LogIndex) -> StoredValue? {
    changes[key]?.last { $0.index <= index }?.stored
  }

  /// Whether a key ever held these bytes, or nothing.
  func everHeld(_ value: [UInt8]?, _ key: [UInt8]) -> Bool {
    guard let value else { return true }
    return changes[key]?.contains { $0.stored?.value == value } == true
  }
}
