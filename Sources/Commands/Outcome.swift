import Replication

/// What came of evaluating a command: nothing has happened yet.
public struct Outcome: Hashable, Sendable {
  /// What to answer once the mutations are committed; at once if there are none.
  public var reply: Reply
  /// What the command does, in order and all of it or nothing: one entry of the log.
  ///
  /// A command that only reads has none, except the delete of a key that it met past its expiry. A node that does
  /// not lead leaves those out.
  public var mutations: [Mutation]
  /// How many members each key has, whose members change.
  public var memberCounts: [[UInt8]: Int] = [:]
  /// What to tell subscribers once the mutations are committed.
  public var events: [KeyEvent] = []

  /// Makes an outcome.
  public init(reply: Reply, mutations: [Mutation] = []) {
    self.reply = reply
    self.mutations = mutations
  }
}
