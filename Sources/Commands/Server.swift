private let ofConfiguration: CommandFlags = [.admin, .noScript, .loading, .stale]
private let masterName = CommandArgument.string("master-name")

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
  Command(
    "sentinel", arity: -2, [],
    .init(
      .sentinel, since: "2.8.4", "A container for Sentinel commands", complexity: "Depends on subcommand."),
    subcommands: [
      sentinel("get-master-addr-by-name", arity: 3, "Get the address of the active master", masterName),
      sentinel("masters", arity: 2, "List the monitored masters"),
      sentinel("master", arity: 3, "Show the state of the active master", masterName),
      sentinel("replicas", arity: 3, "List the slaves", masterName),
      sentinel("slaves", arity: 3, "List the slaves; the same as SENTINEL REPLICAS", masterName),
      sentinel("sentinels", arity: 3, "List the other nodes that answer these commands", masterName),
      sentinel("ckquorum", arity: 3, "Say whether there are enough slaves for a failover", masterName),
      sentinel("failover", arity: 3, "Hand over to the other master", masterName),
      sentinel("myid", arity: 2, "Show the identity of this node"),
      sentinel("help", arity: 2, "Show helpful text about the different subcommands"),
    ]),
]

/// The commands on published messages; the node answers them.
let pubsubCommands: [Command] = [
  Command(
    "subscribe", arity: -2, [.pubsub, .noScript, .loading, .stale],
    .init(
      .pubsub, since: "2.0.0", "Listen for messages published to the given channels",
      complexity: "O(N) where N is the number of channels to subscribe to.", .string("channel").multiple)),
  Command(
    "unsubscribe", arity: -1, [.pubsub, .noScript, .loading, .stale],
    .init(
      .pubsub, since: "2.0.0", "Stop listening for messages posted to the given channels",
      complexity: "O(N) where N is the number of channels to unsubscribe from.",
      .string("channel").optional.multiple)),
  Command(
    "psubscribe", arity: -2, [.pubsub, .noScript, .loading, .stale],
    .init(
      .pubsub, since: "2.0.0", "Listen for messages published to channels matching the given patterns",
      complexity: "O(N) where N is the number of patterns to subscribe to.",
      CommandArgument(.pattern, "pattern").multiple)),
  Command(
    "punsubscribe", arity: -1, [.pubsub, .noScript, .loading, .stale],
    .init(
      .pubsub, since: "2.0.0", "Stop listening for messages posted to channels matching the given patterns",
      complexity: "O(N) where N is the number of patterns to unsubscribe from.",
      CommandArgument(.pattern, "pattern").optional.multiple)),
]

private func sentinel(
  _ word: String, arity: Int, _ summary: String, _ arguments: CommandArgument...
) -> Command {
  var documentation = CommandDocumentation(.sentinel, since: "2.8.4", summary)
  documentation.arguments = arguments
  return Command("sentinel|\(word)", arity: arity, [.admin, .loading, .stale], documentation)
}
