private let ofConfiguration: CommandFlags = [.admin, .noScript, .loading, .stale]

/// The commands on the server and the cluster; the node answers them.
let serverCommands: [Command] = [
  Command(
    "command", arity: -1, [.loading, .stale],
    .init(
      .server, since: "2.8.13", "Get array of Redis command details",
      complexity: "O(N) where N is the total number of Redis commands"),
    subcommands: [
      Command(
        "command|count", arity: 2, [.loading, .stale],
        .init(.server, since: "2.8.13", "Get total number of Redis commands")),
      Command(
        "command|docs", arity: -2, [.loading, .stale],
        .init(
          .server, since: "7.0.0", "Get array of specific Redis command documentation",
          complexity: "O(N) where N is the number of commands to look up",
          .string("command-name").optional.multiple)),
      Command(
        "command|getkeys", arity: -3, [.loading, .stale],
        .init(
          .server, since: "2.8.13", "Extract keys given a full Redis command",
          complexity: "O(N) where N is the number of arguments to the command", .string("command"),
          .string("arg").optional.multiple)),
      Command(
        "command|getkeysandflags", arity: -3, [.loading, .stale],
        .init(
          .server, since: "7.0.0", "Extract keys and access flags given a full Redis command",
          complexity: "O(N) where N is the number of arguments to the command", .string("command"),
          .string("arg").optional.multiple)),
      Command(
        "command|info", arity: -2, [.loading, .stale],
        .init(
          .server, since: "2.8.13",
          "Get array of specific Redis command details, or all when no argument is given.",
          complexity: "O(N) where N is the number of commands to look up",
          .string("command-name").optional.multiple)),
      Command(
        "command|list", arity: -2, [.loading, .stale],
        .init(
          .server, since: "7.0.0", "Get an array of Redis command names",
          complexity: "O(N) where N is the total number of Redis commands",
          .oneOf(
            "filterby", token: "FILTERBY", .string("module-name", token: "MODULE"),
            .string("category", token: "ACLCAT"), CommandArgument(.pattern, "pattern", token: "PATTERN")
          ).optional)),
      Command(
        "command|help", arity: 2, [.loading, .stale],
        .init(.server, since: "5.0.0", "Show helpful text about the different subcommands")),
    ]),
  Command(
    "config", arity: -2, [],
    .init(
      .server, since: "2.0.0", "A container for server configuration commands",
      complexity: "Depends on subcommand."),
    subcommands: [
      Command(
        "config|get", arity: -3, ofConfiguration,
        .init(
          .server, since: "2.0.0", "Get the values of configuration parameters",
          complexity: "O(N) where N is the number of configuration parameters provided",
          .block("parameter", .string("parameter")).multiple)),
      Command(
        "config|set", arity: -4, ofConfiguration,
        .init(
          .server, since: "2.0.0", "Set configuration parameters to the given values",
          complexity: "O(N) where N is the number of configuration parameters provided",
          .block("parameter_value", .string("parameter"), .value).multiple)),
      Command(
        "config|resetstat", arity: 2, ofConfiguration,
        .init(.server, since: "2.0.0", "Reset the stats returned by INFO")),
      Command(
        "config|rewrite", arity: 2, ofConfiguration,
        .init(
          .server, since: "2.8.0", "Refused: a node has no configuration file, it is told all when it starts")
      ),
      Command(
        "config|help", arity: 2, [.loading, .stale],
        .init(.server, since: "5.0.0", "Show helpful text about the different subcommands")),
    ]),
  Command(
    "info", arity: -1, [.loading, .stale],
    .init(
      .server, since: "1.0.0", "Get information and statistics about the server",
      .string("section").optional.multiple)),
  Command(
    "role", arity: 1, [.noScript, .loading, .stale, .fast],
    .init(.server, since: "2.8.12", "Return the role of the instance in the context of replication")),
  Command(
    "time", arity: 1, [.loading, .stale, .fast],
    .init(.server, since: "2.6.0", "Return the current server time")),
]
