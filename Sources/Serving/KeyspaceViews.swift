import Commands
import Replication

/// What the active master evaluates commands against: the overlay over its stored keyspace.
///
/// Notes the newest entry that an evaluation has seen the effect of: its reply may not leave before that entry is
/// committed, or a reader could see a write that is lost later (design 4.6).
final class MasterView: KeyspaceView {
  private(set) var overlay = Overlay()
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

  // MARK: The overlay

  /// Adds what an entry does, as it was evaluated here.
  func add(_ mutations: [Mutation], at index: LogIndex, containers: [[UInt8]: ContainerState] = [:]) {
    overlay.add(mutations, at: index, containers: containers)
  }

  /// Adds what an entry of the log does, of which nothing more is known.
  func recover(_ mutations: [Mutation], at index: LogIndex) throws {
    for mutation in mutations {
      guard mutation.operation.container != nil else {
        overlay.add([mutation], at: index)
        continue
      }
      let before = try value(for: mutation.key)
      let wasThere = try before != nil && member(mutation.member, of: mutation.key) != nil
      let change = (mutation.operation.isRemoval ? 0 : 1) - (wasThere ? 1 : 0)
      let state = ContainerState(
        memberCount: (before?.memberCount ?? 0) + change, expiresAt: before?.expiresAt)
      overlay.add([mutation], at: index, containers: [mutation.key: state])
    }
  }

  /// Drops what is stored now.
  func remove(_ mutations: [Mutation], appliedAt index: LogIndex) {
    if !overlay.isEmpty { overlay.remove(mutations, appliedAt: index) }
  }

  /// Whether the log says something of a key that is not stored yet.
  func hasChange(of key: [UInt8]) -> Bool { overlay[key] != nil || overlay.clearedFrom != nil }

  /// Forgets everything.
  func removeAll() { overlay.removeAll() }

  // MARK: Keys

  func value(for key: [UInt8]) throws -> StoredValue? {
    let found = try look(for: key)
    lookups.note(isFound: found != nil)
    return found
  }

  private func look(for key: [UInt8]) throws -> StoredValue? {
    guard let change = overlay[key] else {
      guard !seesCleared() else { return nil }
      return try stored.value(for: key)
    }
    newestSeen = max(newestSeen, change.index)
    let needsRow =
      switch change.content {
      case .nothing: false
      case .string, .members: needsVersions
      case .stored: true
      }
    let row = try needsRow && overlay.clearedFrom == nil ? stored.value(for: key) : nil
    return Overlay.value(of: change, over: row)
  }

  func count() throws -> Int {
    try stored.snapshot {
      let isCleared = seesCleared()
      var count = try isCleared ? 0 : stored.count()
      for (key, change) in overlay.changes {
        newestSeen = max(newestSeen, change.index)
        let isStored = try !isCleared && stored.value(for: key) != nil
        if !change.exists, isStored { count -= 1 }
        if change.exists, !isStored { count += 1 }
      }
      return count
    }
  }

  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] {
    let isCleared = seesCleared()
    let changes = try overlay.changes.compactMap { changed, change -> MergedPage<ScannedKey>.Change? in
      newestSeen = max(newestSeen, change.index)
      if let key, !stored.precedes(key, changed) { return nil }
      return (changed, try scanned(changed, change))
    }
    return try MergedPage.keys(precedes: stored.precedes).elements(
      after: key, limit: limit, changes: changes
    ) { after, limit in isCleared ? [] : try stored.keys(after: after, limit: limit) }
  }

  private func scanned(_ key: [UInt8], _ change: Overlay.Change) throws -> ScannedKey? {
    switch change.content {
    case .nothing: nil
    case .string: ScannedKey(key: key, expiresAt: change.expiresAt)
    case .members(let members): ScannedKey(key: key, type: members.type, expiresAt: change.expiresAt)
    case .stored:
      try stored.value(for: key).map { ScannedKey(key: key, type: $0.type, expiresAt: change.expiresAt) }
    }
  }

  func anyKey(_ random: UInt64) throws -> ScannedKey? { seesCleared() ? nil : try stored.anyKey(random) }

  func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool { stored.precedes(a, b) }

  // MARK: Members

  func placeCount(of key: [UInt8]) throws -> Int {
    var count = try overlay.clearedFrom == nil ? stored.value(for: key)?.memberCount ?? 0 : 0
    if case .members(let members) = overlay[key]?.content {
      if members.hiddenFrom != nil { count = 0 }
      count += members.changes.byName.count
    }
    return count
  }

  func member(at place: Int, of key: [UInt8]) throws -> KeyMember? {
    guard let change = overlay[key] else {
      return seesCleared() ? nil : try stored.member(at: place, of: key)
    }
    newestSeen = max(newestSeen, change.index)
    switch change.content {
    case .nothing, .string: return nil
    case .stored: return try stored.member(at: place, of: key)
    case .members(let members):
      // The changes come first, and then what is stored: there a change hides what it replaces.
      let changes = members.changes.byName
      if place < changes.count {
        let drawn = changes[changes.index(changes.startIndex, offsetBy: place)]
        return drawn.value.value.map { KeyMember(name: drawn.key, value: $0) }
      }
      guard members.hiddenFrom == nil,
        let found = try stored.member(at: place - changes.count, of: key),
        changes[found.name] == nil
      else { return nil }
      return found
    }
  }

  func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? {
    guard let change = overlay[key] else { return seesCleared() ? nil : try stored.member(name, of: key) }
    newestSeen = max(newestSeen, change.index)
    switch change.content {
    case .nothing, .string: return nil
    case .stored: return try stored.member(name, of: key)
    case .members(let members):
      if let changed = members.changes[name] { return changed.value }
      return members.hiddenFrom == nil ? try stored.member(name, of: key) : nil
    }
  }

  func members(
    of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool
  ) throws -> [KeyMember] {
    func stored(_ after: [UInt8]?, _ limit: Int) throws -> [KeyMember] {
      try self.stored.members(of: key, after: after, limit: limit, descending: descending)
    }
    guard let change = overlay[key] else { return seesCleared() ? [] : try stored(name, limit) }
    newestSeen = max(newestSeen, change.index)
    switch change.content {
    case .nothing, .string: return []
    case .stored: return try stored(name, limit)
    case .members(let members):
      return try members.changes.page(
        after: name, limit: limit, descending: descending,
        element: { name, change in change.value.map { KeyMember(name: name, value: $0) } },
        stored: { members.hiddenFrom == nil ? try stored($0, $1) : [] })
    }
  }

  // MARK: What is stored

  /// Whether nothing that is stored counts, which the evaluation has then seen.
  private func seesCleared() -> Bool {
    guard let cleared = overlay.clearedFrom else { return false }
    newestSeen = max(newestSeen, cleared)
    return true
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
  func members(
    of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool
  ) throws -> [KeyMember] {
    try stored.members(of: key, after: name, limit: limit, descending: descending)
  }
  func placeCount(of key: [UInt8]) throws -> Int { try stored.value(for: key)?.memberCount ?? 0 }
  func member(at place: Int, of key: [UInt8]) throws -> KeyMember? { try stored.member(at: place, of: key) }
  func count() throws -> Int { try stored.count() }
  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] {
    try stored.keys(after: key, limit: limit)
  }
  func anyKey(_ random: UInt64) throws -> ScannedKey? { try stored.anyKey(random) }
  func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool { stored.precedes(a, b) }
}

/// A few keys whose values were gathered from the slaves.
struct GatheredView: KeyspaceView {
  let values: [[UInt8]: StoredValue]

  func value(for key: [UInt8]) throws -> StoredValue? { values[key] }
  /// Only commands that name their keys, and need no members of them, are read by majority.
  func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? { nil }
  func members(
    of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool
  ) throws -> [KeyMember] { [] }
  func placeCount(of key: [UInt8]) throws -> Int { 0 }
  func member(at place: Int, of key: [UInt8]) throws -> KeyMember? { nil }
  func count() throws -> Int { values.count }
  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] { [] }
  func anyKey(_ random: UInt64) throws -> ScannedKey? { nil }
}
