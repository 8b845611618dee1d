import Replication

/// One evaluation under way, of a command or of a transaction: what it was given, and what it has decided so far.
///
/// Commands read the keyspace through it alone, so that they see their own mutations, and so that what it means for
/// a key to be past its expiry stands in one place.
public struct Evaluation {
  /// The command that is evaluated.
  var command: Command { running! }
  /// The command's name and its arguments.
  private(set) var arguments: [[UInt8]] = []
  /// The time and the limits.
  let context: CommandContext
  /// Where the scans that are under way stand.
  let cursors: ScanCursors
  /// The keyspace before all that was decided here.
  let view: any KeyspaceView
  private(set) var decided = DecidedMutations()
  private var changedMembers: [[UInt8]: ChangedMembers] = [:]
  private var events: [KeyEvent] = []
  private var running: Command?
  /// Known once the command at hand has looked at all keys.
  var keyChanges: KeyChanges?

  /// Begins an evaluation against a keyspace.
  public init(view: any KeyspaceView, context: CommandContext, cursors: ScanCursors = ScanCursors()) {
    self.view = view
    self.context = context
    self.cursors = cursors
  }

  // MARK: Running commands

  /// Decides what a command answers and does, after what was decided before. A command that is refused has done
  /// nothing; its reply is an error. Only what the view throws is thrown.
  public mutating func run(_ command: Command, _ arguments: [[UInt8]]) throws -> Reply {
    guard let evaluator = command.evaluator else {
      return .error("ERR '\(command.name)' needs a connection to a node")
    }
    running = command
    self.arguments = arguments
    decided.beginCommand()
    keyChanges = nil
    let eventsBefore = events.count
    do {
      return try evaluator(&self)
    } catch let error as CommandError {
      events.removeLast(events.count - eventsBefore)
      if decided.undoCommand() { try rebuildMembers() }
      return .error(error.text)
    }
  }

  /// All that was decided, with the reply to give once it is committed.
  public func outcome(_ reply: Reply) -> Outcome {
    var outcome = Outcome(reply: reply, mutations: decided.mutations)
    if !changedMembers.isEmpty {
      outcome.containers = changedMembers.mapValues {
        ContainerState(memberCount: $0.value.memberCount, expiresAt: $0.value.expiresAt)
      }
    }
    outcome.events = events
    return outcome
  }

  /// Notes an event for those who have asked to hear of them.
  mutating func notify(_ kind: KeyEvent.Kind, _ name: String, _ key: [UInt8]) {
    if context.wantsEvents { events.append(KeyEvent(kind: kind, name: name, key: key)) }
  }

  // MARK: Reading keys

  /// The first key of the command.
  var key: [UInt8] { arguments[1] }

  /// What the key holds now, or nil.
  ///
  /// A key past its expiry holds nothing. That the reader saw it gone has to be in the log before the reply leaves,
  /// or another master, whose clock is behind, could show it again: so the delete is a mutation of this command.
  mutating func live(_ key: [UInt8]) throws -> StoredValue? {
    if !changedMembers.isEmpty, let changed = changedMembers[key] { return changed.value }
    if !decided.isEmpty, let mutation = decided.last(of: key) {
      guard mutation.operation == .put else { return nil }
      return StoredValue(
        value: mutation.value, version: 0, createdIndex: 0, modifiedIndex: 0, expiresAt: mutation.expiresAt)
    }
    guard let stored = try view.value(for: key) else { return nil }
    return isLive(key, until: stored.expiresAt) ? stored : nil
  }

  /// What the key holds, if that is a string; else the command is refused.
  mutating func string(_ key: [UInt8]) throws -> StoredValue? {
    guard let stored = try live(key) else { return nil }
    guard stored.type == .string else { throw CommandError.wrongType }
    return stored
  }

  /// Whether a key of the keyspace with this end is still there; if not, its delete is decided.
  mutating func isLive(_ key: [UInt8], until expiresAt: Int64?) -> Bool {
    guard let expiresAt, expiresAt < context.now else { return true }
    decided.append(.delete(key))
    notify(.expired, "expired", key)
    return false
  }

  /// The version of a key, which counts its writes since it was created, with those that are decided here; 0 for a key
  /// that does not exist.
  mutating func version(of key: [UInt8]) throws -> UInt64 {
    guard try live(key) != nil else { return 0 }
    var writes: UInt64 = 0
    for mutation in decided.mutations.reversed() {
      if mutation.operation == .clear { return writes }
      guard mutation.key == key else { continue }
      if mutation.operation == .delete { return writes }
      writes += 1
    }
    return try writes + (view.value(for: key)?.version ?? 0)
  }

  // MARK: Changing keys

  /// The key holds the string from now on; throws when either is over its limit.
  ///
  /// An end that is past already is a delete, so that no node has the value to show.
  mutating func put(_ key: [UInt8], _ value: [UInt8], expiresAt: Int64? = nil) throws(CommandError) {
    try checkLength(ofKey: key)
    try checkLength(ofValue: value.count)
    if !changedMembers.isEmpty { changedMembers[key] = nil }
    if let expiresAt, expiresAt <= context.now {
      decided.append(.delete(key))
    } else {
      decided.append(.put(key, value, expiresAt: expiresAt))
    }
  }

  /// The key is gone from now on.
  mutating func delete(_ key: [UInt8]) {
    if !changedMembers.isEmpty { changedMembers[key] = nil }
    decided.append(.delete(key))
  }

  /// Every key is gone from now on.
  mutating func clear() {
    changedMembers = [:]
    decided.append(Mutation(operation: .clear, key: []))
  }

  /// The key, which holds what it is given with, ends at a moment or never; one that is past already deletes it.
  mutating func setExpiry(of key: [UInt8], holding stored: StoredValue, to expiresAt: Int64?)
    throws(CommandError)
  {
    if stored.type == .string { return try put(key, stored.value, expiresAt: expiresAt) }
    if let expiresAt, expiresAt <= context.now { return delete(key) }
    if var changed = changedMembers[key] {
      changed.value.expiresAt = expiresAt
      changedMembers[key] = changed
    } else {
      var value = stored
      value.expiresAt = expiresAt
      changedMembers[key] = ChangedMembers(value: value, hidesView: false)
    }
    decided.append(Mutation(operation: .expire, key: key, expiresAt: expiresAt))
  }

  // MARK: Members

  /// What the key holds, if that has members of this kind; else the command is refused.
  mutating func container(_ type: ValueType, _ key: [UInt8]) throws -> StoredValue? {
    guard let stored = try live(key) else { return nil }
    guard stored.type == type else { throw CommandError.wrongType }
    return stored
  }

  /// What stands beside a member of a key that is live, or nil.
  func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? {
    guard !changedMembers.isEmpty, let changed = changedMembers[key] else {
      return try view.member(name, of: key)
    }
    return try member(name, of: key, in: changed)
  }

  private func member(_ name: [UInt8], of key: [UInt8], in changed: ChangedMembers) throws -> [UInt8]? {
    if let change = changed.changes[name] { return change }
    return changed.hidesView ? nil : try view.member(name, of: key)
  }

  /// Up to `limit` members of a key that is live, after a name, in the order of their names; before it if `descending`.
  func members(
    of key: [UInt8], after name: [UInt8]? = nil, limit: Int = .max, descending: Bool = false
  ) throws -> [KeyMember] {
    guard let changed = changedMembers[key], !changed.changes.isEmpty || changed.hidesView else {
      return try view.members(of: key, after: name, limit: limit, descending: descending)
    }
    return try changed.changes.page(
      after: name, limit: limit, descending: descending,
      element: { name, value in value.map { KeyMember(name: name, value: $0) } }
    ) { after, limit in
      changed.hidesView
        ? [] : try view.members(of: key, after: after, limit: limit, descending: descending)
    }
  }

  /// What was done here to the members of a key, and whether those of the view are gone.
  func changes(of key: [UInt8]) -> (hidesView: Bool, members: [[UInt8]: [UInt8]?]) {
    changedMembers[key].map { ($0.hidesView, $0.changes.byName) } ?? (false, [:])
  }

  /// The key has the member with this value; tells whether it is new.
  ///
  /// - Parameter isNew: Whether it is, where that is known; it spares a look.
  @discardableResult
  mutating func setMember(
    _ name: [UInt8], _ value: [UInt8] = [], of key: [UInt8], by operation: Mutation.Operation,
    isNew known: Bool? = nil
  ) throws -> Bool {
    try checkLength(ofKey: key)
    try checkLength(ofKey: name)
    try checkLength(ofValue: value.count)
    try beginChange(of: key, by: operation)
    let isNew = try known ?? (changedMembers[key]?.value.memberCount == 0 || member(name, of: key) == nil)
    changedMembers[key]?.changes[name] = .some(value)
    if isNew { changedMembers[key]?.value.memberCount += 1 }
    decided.append(Mutation(operation: operation, key: key, member: name, value: value))
    return isNew
  }

  /// The key has the member no longer; tells whether it had it. To lose the last member is to be deleted.
  ///
  /// - Parameter isThere: True where it is known that the key has the member; it spares a look.
  @discardableResult
  mutating func removeMember(
    _ name: [UInt8], of key: [UInt8], by operation: Mutation.Operation, isThere: Bool = false
  ) throws -> Bool {
    guard try live(key) != nil, try isThere || member(name, of: key) != nil else { return false }
    try beginChange(of: key, by: operation)
    guard changedMembers[key]?.value.memberCount ?? 0 > 1 else {
      delete(key)
      return true
    }
    changedMembers[key]?.changes[name] = .some(nil)
    changedMembers[key]?.value.memberCount -= 1
    decided.append(Mutation(operation: operation, key: key, member: name))
    return true
  }

  /// Sees to it that `changedMembers` has the key. Its changes are made in place: a copy for each would make a command
  /// with many members slow.
  private mutating func beginChange(of key: [UInt8], by operation: Mutation.Operation) throws {
    guard changedMembers[key] == nil else { return }
    if let stored = try live(key) {
      changedMembers[key] = ChangedMembers(value: stored, hidesView: false)
    } else {
      let value = StoredValue(
        type: operation.container ?? .hash, value: [], version: 0, createdIndex: 0, modifiedIndex: 0,
        expiresAt: nil)
      changedMembers[key] = ChangedMembers(value: value, hidesView: true)
    }
  }

  /// Makes `changedMembers` of what is decided, after a command was undone.
  private mutating func rebuildMembers() throws {
    let mutations = decided.mutations
    decided = DecidedMutations()
    changedMembers = [:]
    for mutation in mutations {
      switch mutation.operation {
      case .put, .delete, .clear:
        if mutation.operation == .clear { changedMembers = [:] } else { changedMembers[mutation.key] = nil }
        decided.append(mutation)
      case .expire:
        guard let stored = try live(mutation.key) else { continue }
        try setExpiry(of: mutation.key, holding: stored, to: mutation.expiresAt)
      case let operation where operation.isRemoval:
        _ = try removeMember(mutation.member, of: mutation.key, by: operation)
      case let operation:
        _ = try setMember(mutation.member, mutation.value, of: mutation.key, by: operation)
      }
      decided.beginCommand()
    }
  }

  // MARK: Limits

  func checkLength(ofKey key: [UInt8]) throws(CommandError) {
    let limit = context.limits.maxKeyBytes
    guard key.count <= limit else { throw .keyTooLong(key.count, limit: limit) }
  }

  /// Throws when a value of this length would be over the limit; for values that are costly to make.
  func checkLength(ofValue count: Int) throws(CommandError) {
    let limit = context.limits.maxValueBytes
    guard count <= limit else { throw .valueTooLong(count, limit: limit) }
  }
}

extension Mutation.Operation {
  /// The operation by which a key with members of this kind gets one.
  static func adding(to type: ValueType) -> Mutation.Operation {
    switch type {
    case .string: .put
    case .hash: .setField
    case .list: .setElement
    case .set: .addMember
    case .sortedSet: .setScore
    }
  }
}

extension Evaluation {
  /// Deletes a key of the view if it has come to the end that it was found with, and nothing was decided about it.
  public mutating func expire(_ key: ScannedKey) {
    if decided.last(of: key.key) == nil { _ = isLive(key.key, until: key.expiresAt) }
  }

  /// Deletes the key if it has come to its end.
  public mutating func expire(_ key: [UInt8]) throws { _ = try live(key) }
}
