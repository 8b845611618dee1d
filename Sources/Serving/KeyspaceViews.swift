import Commands
import Replication

/// What the active master evaluates commands against: the overlay over its stored keyspace.
///
/// Notes the newest entry that an evaluation has seen the effect of: its reply may not leave before that entry is
/// committed, or a reader could see a write that is lost later (design 4.6).
final class MasterView: KeyspaceView {
  var overlay = Overlay()
  private(set) var newestSeen: LogIndex = 0
  /// Whether versions are wanted; without them a key in the overlay needs no look into what is stored.
  var needsVersions = false

  private let stored: any StoredKeyspace
  private let lookups: LookupCounter

  init(stored: any StoredKeyspace, lookups: LookupCounter) {
    self.stored = stored
    self.lookups = lookups
  }

  func beginEvaluation() { newestSeen = 0 }

  func value(for key: [UInt8]) throws -> StoredValue? {
    let found = try look(for: key)
    lookups.note(isFound: found != nil)
    return found
  }

  private func look(for key: [UInt8]) throws -> StoredValue? {
    guard let change = overlay[key] else { return try stored.value(for: key) }
    newestSeen = max(newestSeen, change.index)
    guard change.value != nil else { return nil }
    return Overlay.value(of: change, over: needsVersions ? try stored.value(for: key) : nil)
  }

  func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? { fatalError("not yet") }
  func members(of key: [UInt8], after name: [UInt8]?, limit: Int) throws -> [KeyMember] {
    fatalError("not yet")
  }

  func count() throws -> Int {
    try stored.snapshot {
      var count = try stored.count()
      for (key, change) in overlay.changes {
        newestSeen = max(newestSeen, change.index)
        let isStored = try stored.value(for: key) != nil
        if change.value == nil, isStored { count -= 1 }
        if change.value != nil, !isStored { count += 1 }
      }
      return count
    }
  }

  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] {
    // The overlay hides at most as many of the stored keys as it has entries.
    let wanted = limit + overlay.changes.count
    let scanned = try stored.keys(after: key, limit: wanted)
    let horizon = scanned.count < wanted ? nil : scanned.last?.key
    var merged = Dictionary(uniqueKeysWithValues: scanned.map { ($0.key, $0.expiresAt) })
    for (changed, change) in overlay.changes {
      newestSeen = max(newestSeen, change.index)
      if let key, !stored.precedes(key, changed) { continue }
      if let horizon, stored.precedes(horizon, changed) { continue }
      if change.value == nil {
        merged.removeValue(forKey: changed)
      } else {
        merged.updateValue(change.expiresAt, forKey: changed)
      }
    }
    return merged.sorted { stored.precedes($0.key, $1.key) }.prefix(limit)
      .map { ScannedKey(key: $0.key, expiresAt: $0.value) }
  }
}

/// What any node answers stale reads from: its own keyspace.
struct StaleView: KeyspaceView {
  let stored: any StoredKeyspace
  let lookups: LookupCounter

  func value(for key: [UInt8]) throws -> StoredValue? {
    let found = try stored.value(for: key)
    lookups.note(isFound: found != nil)
    return found
  }
  func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? { try stored.member(name, of: key) }
  func members(of key: [UInt8], after name: [UInt8]?, limit: Int) throws -> [KeyMember] {
    try stored.members(of: key, after: name, limit: limit)
  }
  func count() throws -> Int { try stored.count() }
  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] {
    try stored.keys(after: key, limit: limit)
  }
}

/// A few keys whose values were gathered from the slaves.
struct GatheredView: KeyspaceView {
  let values: [[UInt8]: StoredValue]

  func value(for key: [UInt8]) throws -> StoredValue? { values[key] }
  func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? { nil }
  func members(of key: [UInt8], after name: [UInt8]?, limit: Int) throws -> [KeyMember] { [] }
  func count() throws -> Int { values.count }
  /// Only commands that name their keys are read by majority.
  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] { [] }
}
