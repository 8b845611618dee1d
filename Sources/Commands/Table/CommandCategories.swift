// The categories in which users are allowed commands. They follow from the declaration, so that a new command is in
// the right ones without a further word.

extension Command {
  /// The categories that Redis has, as ACL CAT names them, with the sign before them.
  public static let allCategories = [
    "@keyspace", "@read", "@write", "@set", "@sortedset", "@list", "@hash", "@string", "@bitmap",
    "@hyperloglog",
    "@geo", "@stream", "@pubsub", "@admin", "@fast", "@slow", "@blocking", "@dangerous", "@connection",
    "@transaction", "@scripting",
  ]

  /// What Redis calls dangerous although it is no admin's command: it can cost much, or tells of the server.
  private static let dangerousNames: Set<String> = [
    "flushall", "flushdb", "info", "keys", "role", "sort", "sort_ro", "swapdb",
  ]

  /// The categories that access lists of Redis put it in.
  public var categories: [String] {
    let group = documentation.group
    let isContainer = !subcommands.isEmpty
    let touchesData = !flags.isDisjoint(with: [.readonly, .write])
    let isOnKeyspace =
      group == .generic && (keys != nil || touchesData) || group == .server && touchesData && keys == nil
    let isOnConnection =
      [.connection, .cluster].contains(group) || group == .generic && keys == nil && !touchesData
      || name == "command" || name.hasPrefix("command|")
    let isAdmin = flags.contains(.admin) || name == "role"
    let all: [(String, Bool)] = [
      ("@keyspace", isOnKeyspace), ("@read", flags.contains(.readonly)), ("@write", flags.contains(.write)),
      ("@set", group == .set), ("@sortedset", group == .sortedSet), ("@list", group == .list),
      ("@hash", group == .hash), ("@string", group == .string), ("@bitmap", group == .bitmap),
      ("@pubsub", group == .pubsub), ("@admin", isAdmin), ("@fast", flags.contains(.fast)),
      ("@slow", !flags.contains(.fast)), ("@blocking", flags.contains(.blocking)),
      ("@dangerous", isAdmin || Self.dangerousNames.contains(name)),
      ("@connection", isOnConnection && (!isContainer || name == "command")),
      ("@transaction", group == .transactions),
    ]
    return all.filter(\.1).map(\.0)
  }
}
