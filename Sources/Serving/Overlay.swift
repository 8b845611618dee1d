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
    /// What the key holds.
    var content = Content.nothing
    var expiresAt: Int64?
    /// The entry that created the key, if that is known without the replica.
    var createdIndex: LogIndex?
    /// The entries that wrote the key since `createdIndex`, or since the replica's row, in order.
    var writes: Deque<LogIndex> = []

    var exists: Bool {
      if case .nothing = content { false } else { true }
    }
  }

  enum Content {
    case nothing
    /// What is stored, which has members; only its end has changed.
    case stored
    case string([UInt8])
    case members(Members)
  }

  /// The members of a key that have changed.
  struct Members {
    var type: ValueType
    /// The entry from which on none of the stored members counts; nil if they do.
    var hiddenFrom: LogIndex?
    /// How many there are with the stored ones.
    var count = 0
    var changes: MemberChanges<(index: LogIndex, value: [UInt8]?)>

    init(type: ValueType, hiddenFrom: LogIndex? = nil) {
      self.type = type
      self.hiddenFrom = hiddenFrom
      changes = MemberChanges(of: type)
    }
  }

  private(set) var changes: [[UInt8]: Change] = [:]
  /// The entry that cleared all keys: until it is applied nothing stored counts.
  private(set) var clearedFrom: LogIndex?

  var isEmpty: Bool { changes.isEmpty && clearedFrom == nil }

  subscript(key: [UInt8]) -> Change? { changes[key] }

  /// The newest entry that hides or changes what is stored of a key.
  func newestIndex(of key: [UInt8]) -> LogIndex? { changes[key]?.index ?? clearedFrom }

  mutating func removeAll() {
    changes.removeAll(keepingCapacity: false)
    clearedFrom = nil
  }

  /// Adds the effects of an entry; entries come in the order of their index. `containers` tells of the keys whose
  /// members change what they are like afterwards.
  mutating func add(
    _ mutations: [Mutation], at index: LogIndex, containers: [[UInt8]: ContainerState] = [:]
  ) {
    for mutation in mutations { add(mutation, at: index) }
    for (key, state) in containers {
      guard var change = changes.removeValue(forKey: key) else { continue }
      change.expiresAt = state.expiresAt
      if case .members(var members) = change.content {
        change.content = .nothing
        members.count = state.memberCount
        change.content = .members(members)
      }
      changes[key] = change
    }
  }

  private mutating func add(_ mutation: Mutation, at index: LogIndex) {
    switch mutation.operation {
    case .put:
      write(mutation.key, at: index) { change in
        change.content = .string(mutation.value)
        change.expiresAt = mutation.expiresAt
      }
    case .delete: changes[mutation.key] = Change(index: index)
    case .clear:
      changes.removeAll()
      clearedFrom = index
    case .expire:
      write(mutation.key, at: index) { change in
        if !change.exists { change.content = .stored }
        change.expiresAt = mutation.expiresAt
      }
    case let operation:
      write(mutation.key, at: index) { change in
        var members: Members
        switch change.content {
        case .members(let known):
          members = known
          change.content = .nothing
        case .stored: members = Members(type: operation.container ?? .hash)
        case .nothing where change.createdIndex == nil:
          // The first change of a key that may be stored: its members stay, and its end.
          members = Members(type: operation.container ?? .hash)
        case .nothing, .string:
          members = Members(type: operation.container ?? .hash, hiddenFrom: index)
        }
        members.changes[mutation.member] = (index, operation.isRemoval ? nil : mutation.value)
        change.content = .members(members)
      }
    }
  }

  private mutating func write(_ key: [UInt8], at index: LogIndex, _ body: (inout Change) -> Void) {
    var change: Change
    if let known = changes.removeValue(forKey: key) {
      change = known
      if !change.exists {
        change.createdIndex = index
        change.writes = []
      }
    } else {
      change = Change(index: index)
      if clearedFrom != nil { change.createdIndex = index }
    }
    change.index = index
    body(&change)
    change.writes.append(index)
    changes[key] = change
  }

  /// Drops what an applied entry did. A key that a later entry has changed again stays, but from then on its history
  /// begins with the replica's row: that of a key which is written all the time would grow for ever.
  mutating func remove(_ mutations: [Mutation], appliedAt index: LogIndex) {
    if let cleared = clearedFrom, cleared <= index { clearedFrom = nil }
    for mutation in mutations {
      guard let place = changes.index(forKey: mutation.key) else { continue }
      guard changes.values[place].index > index else {
        changes.remove(at: place)
        continue
      }
      changes.values[place].forget(through: index, member: mutation.member)
    }
  }

  /// What a key holds, given the replica's row, which may already hold some of the changes.
  ///
  /// `row` is the stored row, or nil where it is not needed.
  static func value(of change: Change, over row: StoredValue?) -> StoredValue? {
    var value: StoredValue
    switch change.content {
    case .nothing: return nil
    case .stored:
      guard let row else { return nil }
      value = row
      value.expiresAt = change.expiresAt
      value.modifiedIndex = change.index
    case .string(let bytes):
      value = StoredValue(
        value: bytes, version: 0, createdIndex: 0, modifiedIndex: change.index, expiresAt: change.expiresAt)
    case .members(let members):
      value = StoredValue(
        type: members.type, value: [], memberCount: members.count, version: 0, createdIndex: 0,
        modifiedIndex: change.index, expiresAt: change.expiresAt)
    }
    if let created = change.createdIndex {
      value.version = UInt64(change.writes.count)
      value.createdIndex = created
    } else {
      value.version = (row?.version ?? 0) + UInt64(change.writes(after: row?.modifiedIndex ?? 0))
      value.createdIndex = row?.createdIndex ?? change.writes[0]
    }
    return value
  }
}

extension Overlay.Change {
  /// Drops what the replica has.
  fileprivate mutating func forget(through index: LogIndex, member: [UInt8]) {
    while let first = writes.first, first <= index { writes.removeFirst() }
    if let created = createdIndex, created <= index { createdIndex = nil }
    guard case .members(var members) = content else { return }
    content = .nothing
    if let hidden = members.hiddenFrom, hidden <= index { members.hiddenFrom = nil }
    if let change = members.changes[member], change.index <= index { members.changes[member] = nil }
    content = .members(members)
  }

  /// How many writes are newer than an index. A key can be written many times before the replica has the first, and each
  /// evaluation of a command asks, so they are not counted one by one.
  fileprivate func writes(after index: LogIndex) -> Int {
    var low = 0
    var high = writes.count
    while low < high {
      let middle = (low + high) / 2
      if writes[middle] > index { high = middle } else { low = middle + 1 }
    }
    return writes.count - low
  }
}
