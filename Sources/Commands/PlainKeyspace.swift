import Replication

/// A keyspace in memory, in the plainest form: what entries mean, for the simulator and for tests to hold others
/// against.
public struct PlainKeyspace: KeyspaceView, Hashable, Sendable {
  /// What a key holds, with its members.
  public struct Content: Hashable, Sendable {
    /// The value without its members.
    public var value: StoredValue
    /// The members by their names; empty for a string.
    public var members: [[UInt8]: [UInt8]] = [:]
  }

  /// The keys.
  public private(set) var contents: [[UInt8]: Content] = [:]

  /// An empty keyspace.
  public init() {}

  /// Puts a value there that no entry has written.
  public mutating func set(_ key: [UInt8], _ value: StoredValue, members: [[UInt8]: [UInt8]] = [:]) {
    contents[key] = Content(value: value, members: members)
  }

  // MARK: Entries

  /// Does what an entry says.
  public mutating func apply(_ mutations: [Mutation], at index: LogIndex) {
    for mutation in mutations { apply(mutation, at: index) }
  }

  private mutating func apply(_ mutation: Mutation, at index: LogIndex) {
    let key = mutation.key
    switch mutation.operation {
    case .put:
      var value = written(contents[key], as: .string, at: index)
      value.value = mutation.value
      value.expiresAt = mutation.expiresAt
      contents[key] = Content(value: value)
    case .delete: contents[key] = nil
    case .clear: contents = [:]
    case .expire:
      guard var content = contents[key] else { return }
      content.value = written(content, as: content.value.type, at: index)
      content.value.expiresAt = mutation.expiresAt
      contents[key] = content
    case let operation: change(mutation, of: operation.container ?? .string, at: index)
    }
  }

  private mutating func change(_ mutation: Mutation, of type: ValueType, at index: LogIndex) {
    var content = contents[mutation.key]
    if content?.value.type != type { content = nil }
    var members = content?.members ?? [:]
    // What is not there cannot be taken away, and the key stays as it is.
    guard !mutation.operation.isRemoval || members[mutation.member] != nil else { return }
    members[mutation.member] = mutation.operation.isRemoval ? nil : mutation.value
    guard !members.isEmpty else {
      contents[mutation.key] = nil
      return
    }
    var value = written(content ?? contents[mutation.key], as: type, at: index)
    if content == nil { value.expiresAt = nil }
    value.value = []
    value.memberCount = members.count
    contents[mutation.key] = Content(value: value, members: members)
  }

  /// The value that a write leaves: one version more than before, or the first.
  private func written(_ before: Content?, as type: ValueType, at index: LogIndex) -> StoredValue {
    var value =
      before?.value
      ?? StoredValue(value: [], version: 0, createdIndex: index, modifiedIndex: index, expiresAt: nil)
    value.type = type
    value.memberCount = type == before?.value.type ? value.memberCount : 0
    value.version += 1
    value.modifiedIndex = index
    return value
  }

  // MARK: Reading

  /// What the key holds, or nil.
  public func value(for key: [UInt8]) -> StoredValue? { contents[key]?.value }

  /// What stands beside the member, or nil.
  public func member(_ name: [UInt8], of key: [UInt8]) -> [UInt8]? { contents[key]?.members[name] }

  /// Up to `limit` members after a name, or before it.
  public func members(
    of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool = false
  ) -> [KeyMember] {
    let members = contents[key]?.members ?? [:]
    return Self.page(Array(members.keys), after: name, limit: limit, descending: descending)
      .map { KeyMember(name: $0, value: members[$0] ?? []) }
  }

  /// How many places the key has.
  public func placeCount(of key: [UInt8]) -> Int { contents[key]?.members.count ?? 0 }

  /// The member at a place.
  public func member(at place: Int, of key: [UInt8]) -> KeyMember? {
    members(of: key, after: nil, limit: place + 1).dropFirst(place).first
  }

  /// How many keys there are.
  public func count() -> Int { contents.count }

  /// Up to `limit` keys after a key.
  public func keys(after key: [UInt8]?, limit: Int) -> [ScannedKey] {
    Self.page(Array(contents.keys), after: key, limit: limit).compactMap(scanned)
  }

  /// Up to `limit` keys that end at or after `start` and before `moment`, the earliest first; of those that end at `start`
  /// only those after `key`, if there is one.
  public func keys(
    endingFrom start: Int64, after key: [UInt8]? = nil, before moment: Int64, limit: Int
  ) -> [ScannedKey] {
    var ending: [(end: Int64, key: [UInt8])] = []
    for (name, content) in contents {
      guard let end = content.value.expiresAt, start <= end, end < moment else { continue }
      if end == start, let key, !key.lexicographicallyPrecedes(name) { continue }
      ending.append((end, name))
    }
    ending.sort { a, b in a.end == b.end ? a.key.lexicographicallyPrecedes(b.key) : a.end < b.end }
    return ending.prefix(limit).compactMap { scanned($0.key) }
  }

  /// One of the keys, chosen by a random number.
  public func anyKey(_ random: UInt64) -> ScannedKey? {
    guard !contents.isEmpty else { return nil }
    let keys = contents.keys.sorted { $0.lexicographicallyPrecedes($1) }
    return scanned(keys[Int(random % UInt64(keys.count))])
  }

  private func scanned(_ key: [UInt8]) -> ScannedKey? {
    contents[key].map { ScannedKey(key: key, type: $0.value.type, expiresAt: $0.value.expiresAt) }
  }

  private static func page(
    _ names: [[UInt8]], after name: [UInt8]?, limit: Int, descending: Bool = false
  ) -> [[UInt8]] {
    func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
      descending ? b.lexicographicallyPrecedes(a) : a.lexicographicallyPrecedes(b)
    }
    let later = names.filter { candidate in name.map { precedes($0, candidate) } ?? true }
    return Array(later.sorted(by: precedes).prefix(limit))
  }
}
