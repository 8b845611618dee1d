import Commands
import Replication
import Storage

/// The keyspace as the records so far have left it: what is being built, and over it what is not yet applied.
final class ImportedKeyspace: KeyspaceView {
  /// What is not yet applied of a key.
  private struct Pending {
    /// What the key holds; nil if it does not exist.
    var value: Commands.StoredValue?
    /// Members that were set, and those that were removed; in order, whatever the key holds.
    var members = MemberChanges<[UInt8]?>(of: .list)
    /// Whether none of the members in the replica counts any more.
    var hidesMembers = false

    mutating func hold(_ value: Commands.StoredValue?) {
      self = Pending(value: value, hidesMembers: true)
    }
  }

  private let replica: ReplicaBuilder
  private var overlay: [[UInt8]: Pending] = [:]
  /// Whether nothing in the replica counts any more.
  private var isCleared = false

  init(_ replica: ReplicaBuilder) { self.replica = replica }

  /// Does what mutations say.
  func add(_ mutations: [Mutation]) throws {
    for mutation in mutations {
      guard mutation.operation != .clear else {
        overlay.removeAll(keepingCapacity: true)
        isCleared = true
        continue
      }
      var pending =
        try overlay[mutation.key] ?? Pending(value: try stored(mutation.key), hidesMembers: isCleared)
      try add(mutation, to: &pending)
      overlay[mutation.key] = pending
    }
  }

  private func add(_ mutation: Mutation, to pending: inout Pending) throws {
    switch mutation.operation {
    case .put:
      pending.hold(value(.string, mutation.value, expiresAt: mutation.expiresAt))
    case .delete, .clear: pending.hold(nil)
    case .expire: pending.value?.expiresAt = mutation.expiresAt
    case let operation:
      let type = operation.container ?? .string
      let found = try member(mutation.member, of: mutation.key, pending)
      let isThere = pending.value?.type == type && found != nil
      guard isThere || !operation.isRemoval else { return }
      if pending.value?.type != type { pending.hold(value(type, [], expiresAt: nil)) }
      pending.members[mutation.member] = .some(operation.isRemoval ? nil : mutation.value)
      pending.value?.memberCount += operation.isRemoval ? -1 : isThere ? 0 : 1
      if pending.value?.memberCount == 0 { pending.hold(nil) }
    }
  }

  private func value(_ type: ValueType, _ bytes: [UInt8], expiresAt: Int64?) -> Commands.StoredValue {
    StoredValue(
      type: type, value: bytes, version: 0, createdIndex: 0, modifiedIndex: 0, expiresAt: expiresAt)
  }

  /// What was pending is applied now.
  func clear() {
    overlay.removeAll(keepingCapacity: true)
    isCleared = false
  }

  // MARK: Reading

  func value(for key: [UInt8]) throws -> Commands.StoredValue? {
    if let pending = overlay[key] { return pending.value }
    return try stored(key)
  }

  private func stored(_ key: [UInt8]) throws -> Commands.StoredValue? {
    guard !isCleared, let stored = try replica.value(for: key) else { return nil }
    return StoredValue(
      type: stored.type, value: stored.value, memberCount: stored.memberCount,
      version: UInt64(stored.version), createdIndex: stored.createdIndex,
      modifiedIndex: stored.modifiedIndex, expiresAt: stored.expiresAt)
  }

  func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? {
    try member(name, of: key, overlay[key] ?? Pending(hidesMembers: isCleared))
  }

  private func member(_ name: [UInt8], of key: [UInt8], _ pending: Pending) throws -> [UInt8]? {
    if let changed = pending.members[name] { return changed }
    return pending.hidesMembers ? nil : try replica.member(name, of: key)
  }

  func members(
    of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool
  ) throws -> [KeyMember] {
    let pending = overlay[key] ?? Pending(hidesMembers: isCleared)
    return try pending.members.page(
      after: name, limit: limit, descending: descending,
      element: { name, value in value.map { KeyMember(name: name, value: $0) } }
    ) { after, limit in
      guard !pending.hidesMembers else { return [] }
      return try replica.members(of: key, after: after, limit: limit, descending: descending)
        .map { KeyMember(name: $0.name, value: $0.value) }
    }
  }

  /// Only commands that read ask for these, and those are passed over.
  func placeCount(of key: [UInt8]) -> Int { 0 }
  func member(at place: Int, of key: [UInt8]) -> KeyMember? { nil }
  func anyKey(_ random: UInt64) -> ScannedKey? { nil }
  func count() -> Int { Int(replica.keyCount) }
  func keys(after key: [UInt8]?, limit: Int) -> [ScannedKey] { [] }
}
