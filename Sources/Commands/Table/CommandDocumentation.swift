/// What `COMMAND DOCS` says of a command.
public struct CommandDocumentation: Hashable, Sendable {
  /// What a command is about. The raw values are those of Redis.
  public enum Group: String, Sendable {
    /// Any keys.
    case generic
    /// Values that are strings.
    case string
    /// The client's connection.
    case connection
    /// The server.
    case server
    /// The nodes among themselves, and what clients ask about them.
    case cluster
    /// The bits of strings.
    case bitmap
    /// Values that are hashes.
    case hash
    /// Values that are lists.
    case list
    /// Values that are sets.
    case set
    /// Values that are sorted sets.
    case sortedSet = "sorted-set"
    /// Messages between clients.
    case pubsub
    /// Several commands as one.
    case transactions
    /// Which master leads, for clients that follow it.
    case sentinel
  }

  /// What the command is about.
  public var group: Group
  /// The version of Redis, or for a command of Kvorum's own the version of Kvorum, that first had it.
  public var since: String
  /// One sentence.
  public var summary: String
  /// How its time grows.
  public var complexity: String
  /// What may follow its name.
  public var arguments: [CommandArgument]

  /// Makes a documentation from its parts.
  public init(
    _ group: Group, since: String, _ summary: String, complexity: String = "O(1)",
    _ arguments: CommandArgument...
  ) {
    self.group = group
    self.since = since
    self.summary = summary
    self.complexity = complexity
    self.arguments = arguments
  }
}
