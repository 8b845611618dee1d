import Replication

/// One evaluation of a command under way: what it was given, and what it has decided so far.
///
/// Commands read the keyspace through it alone, so that they see their own mutations, and so that what it means for
/// a key to be past its expiry stands in one place.
struct Evaluation {
  /// The command that is evaluated.
  let command: Command
  /// The command's name and its arguments.
  let arguments: [[UInt8]]
  /// The keyspace before the command.
  let view: any KeyspaceView
  /// The time and the limits.
  let context: CommandContext
  private var decided = DecidedMutations()

  init(command: Command, arguments: [[UInt8]], view: any KeyspaceView, context: CommandContext) {
    self.command = command
    self.arguments = arguments
    self.view = view
    self.context = context
  }

  /// What the command has decided, in order.
  var mutations: [Mutation] { decided.mutations }

  /// The first key of the command.
  var key: [UInt8] { arguments[1] }

  /// What the key holds now, or nil.
  ///
  /// A key past its expiry holds nothing. That the reader saw it gone has to be in the log before the reply leaves,
  /// or another master, whose clock is behind, could show it again: so the delete is a mutation of this command.
  mutating func live(_ key: [UInt8]) throws -> StoredValue? {
    if let mutation = decided.last(of: key) {
      guard mutation.operation == .put else { return nil }
      return StoredValue(
        value: mutation.value, version: 0, createdIndex: 0, modifiedIndex: 0, expiresAt: mutation.expiresAt)
    }
    guard let stored = try view.value(for: key) else { return nil }
    return isLive(key, until: stored.expiresAt) ? stored : nil
  }

  /// Whether a key of the keyspace with this end is still there; if not, its delete is decided.
  mutating func isLive(_ key: [UInt8], until expiresAt: Int64?) -> Bool {
    guard let expiresAt, expiresAt < context.now else { return true }
    decided.append(.delete(key))
    return false
  }

  /// The key holds the value from now on; throws when either is over its limit.
  ///
  /// An end that is past already is a delete, so that no node has the value to show.
  mutating func put(_ key: [UInt8], _ value: [UInt8], expiresAt: Int64? = nil) throws(CommandError) {
    let limits = context.limits
    guard key.count <= limits.maxKeyBytes else { throw .keyTooLong(key.count, limit: limits.maxKeyBytes) }
    try checkLength(ofValue: value.count)
    if let expiresAt, expiresAt <= context.now {
      decided.append(.delete(key))
    } else {
      decided.append(.put(key, value, expiresAt: expiresAt))
    }
  }

  /// The key is gone from now on.
  mutating func delete(_ key: [UInt8]) { decided.append(.delete(key)) }

  /// Throws when a value of this length would be over the limit; for values that are costly to make.
  func checkLength(ofValue count: Int) throws(CommandError) {
    let limit = context.limits.maxValueBytes
    guard count <= limit else { throw .valueTooLong(count, limit: limit) }
  }
}
