import Replication

/// What is known of a key with members beside these.
public struct ContainerState: Hashable, Sendable {
  /// How many members it has.
  public var memberCount: Int
  /// When it ends, in milliseconds of Unix time; nil means never.
  public var expiresAt: Int64?

  /// Makes a state from its parts.
  public init(memberCount: Int, expiresAt: Int64?) {
    self.memberCount = memberCount
    self.expiresAt = expiresAt
  }
}

/// What came of evaluating a command: nothing has happened yet.
public struct Outcome: Hashable, Sendable {
  /// What to answer once the mutations are committed; at once if there are none.
  public var reply: Reply
  /// What the command does, in order and all of it or nothing: one entry of the log.
  ///
  /// A command that only reads has none, except the delete of a key that it met past its expiry. A node that does
  /// not lead leaves those out.
  public var mutations: [Mutation]
  /// What the keys are like whose members change.
  public var containers: [[UInt8]: ContainerState] = [:]
  /// What to tell subscribers once the mutations are committed.
  public var events: [KeyEvent] = []

  /// Makes an outcome.
  public init(reply: Reply, mutations: [Mutation] = []) {
    self.reply = reply
    self.mutations = mutations
  }
}
