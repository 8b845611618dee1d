import Commands
import Replication
import Storage

/// What the active master evaluates commands against: the overlay over its replica.
///
/// Notes the newest entry that an evaluation has seen the effect of: its reply may not leave before that entry is
/// committed, or a reader could see a write that is lost later (design 4.6).
final class MasterView: KeyspaceView {
  var overlay = Overlay()
  private(set) var newestSeen: LogIndex = 0
  /// Whether versions are wanted; without them a key in the overlay needs no look into the replica.
  var needsVersions = false

  private let replica: ReplicaReader

  init(replica: ReplicaReader) { self.replica = replica }

  func beginEvaluation() { newestSeen = 0 }

  func value(for key: [UInt8]) throws -> Commands.StoredValue? {
    guard let change = overlay[key] else { return try replica.storedValue(for: key) }
    newestSeen = max(newestSeen, change.index)
    guard change.value != nil else { return nil }
    return Overlay.value(of: change, over: needsVersions ? try replica.storedValue(for: key) : nil)
  }

  func count() throws -> Int {
    try replica.snapshot { replica in
      var count = try replica.count()
      for (key, change) in overlay.changes {
        newestSeen = max(newestSeen, change.index)
        let inReplica = try replica.value(for: key) != nil
        if change.value == nil, inReplica { count -= 1 }
        if change.value != nil, !inReplica { count += 1 }
      }
      return count
    }
  }

  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] {
    // The overlay hides at most as many of the replica's keys as it has entries.
    let wanted = limit + overlay.changes.count
    let stored = try replica.keys(after: key, limit: wanted)
    let horizon = stored.count < wanted ? nil : stored.last?.key
    var merged = Dictionary(uniqueKeysWithValues: stored.map { ($0.key, $0.expiresAt) })
    for (changed, change) in overlay.changes {
      newestSeen = max(newestSeen, change.index)
      if let key, !ReplicaReader.precedes(key, changed) { continue }
      if let horizon, ReplicaReader.precedes(horizon, changed) { continue }
      if change.value == nil {
        merged.removeValue(forKey: changed)
      } else {
        merged.updateValue(change.expiresAt, forKey: changed)
      }
    }
    return merged.sorted { ReplicaReader.precedes($0.key, $1.key) }.prefix(limit)
      .map { ScannedKey(key: $0.key, expiresAt: $0.value) }
  }
}

/// What any node answers stale reads from: its own replica.
struct ReplicaView: KeyspaceView {
  let replica: ReplicaReader

  func value(for key: [UInt8]) throws -> Commands.StoredValue? { try replica.storedValue(for: key) }
  func count() throws -> Int { try replica.count() }
  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] {
    try replica.keys(after: key, limit: limit).map { ScannedKey(key: $0.key, expiresAt: $0.expiresAt) }
  }
}

/// A few keys whose values were gathered from the slaves.
struct GatheredView: KeyspaceView {
  let values: [[UInt8]: Commands.StoredValue]

  func value(for key: [UInt8]) throws -> Commands.StoredValue? { values[key] }
  func count() throws -> Int { values.count }
  /// Only commands that name their keys are read by majority.
  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] { [] }
}

extension ReplicaReader {
  func storedValue(for key: [UInt8]) throws -> Commands.StoredValue? {
    try value(for: key).map {
      Commands.StoredValue(
        value: $0.value, version: UInt64($0.version), createdIndex: $0.createdIndex,
        modifiedIndex: $0.modifiedIndex, expiresAt: $0.expiresAt)
    }
  }
}
