// No command here is part of a transaction unless it only sends: the others change what the connection is for.
private let subscribes: CommandFlags = [.pubsub, .noScript, .loading, .stale, .noMulti]
private let asks: CommandFlags = [.pubsub, .loading, .stale]
private let channel = CommandArgument.string("channel")
private let pattern = CommandArgument(.pattern, "pattern")

/// The commands on messages between clients; the node answers them.
let pubsubCommands: [Command] = [
  Command(
    "subscribe", arity: -2, subscribes,
    .init(
      .pubsub, since: "2.0.0", "Listen for messages published to the given channels",
      complexity: "O(N) where N is the number of channels to subscribe to", channel.multiple)),
  Command(
    "unsubscribe", arity: -1, subscribes,
    .init(
      .pubsub, since: "2.0.0", "Stop listening for messages posted to the given channels",
      complexity: "O(N) where N is the number of channels to unsubscribe from", channel.optional.multiple)),
  Command(
    "psubscribe", arity: -2, subscribes,
    .init(
      .pubsub, since: "2.0.0", "Listen for messages published to channels matching the given patterns",
      complexity: "O(N) where N is the number of patterns to subscribe to", pattern.multiple)),
  Command(
    "punsubscribe", arity: -1, subscribes,
    .init(
      .pubsub, since: "2.0.0",
      "Stop listening for messages posted to channels matching the given patterns",
      complexity: "O(N) where N is the number of patterns to unsubscribe from", pattern.optional.multiple)),
  Command(
    "publish", arity: 3, [.pubsub, .loading, .stale, .fast],
    .init(
      .pubsub, since: "2.0.0", "Post a message to a channel",
      complexity:
        "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of "
        + "subscribed patterns (by any client).", channel, .string("message"))),
  Command(
    "pubsub", arity: -2, [],
    .init(
      .pubsub, since: "2.8.0", "A container for Pub/Sub commands", complexity: "Depends on subcommand."),
    subcommands: [
      Command(
        "pubsub|channels", arity: -2, asks,
        .init(
          .pubsub, since: "2.8.0", "List active channels",
          complexity: "O(N) where N is the number of active channels", pattern.optional)),
      Command(
        "pubsub|numsub", arity: -2, asks,
        .init(
          .pubsub, since: "2.8.0", "Get the count of subscribers for channels",
          complexity: "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
          channel.optional.multiple)),
      Command(
        "pubsub|numpat", arity: 2, asks,
        .init(.pubsub, since: "2.8.0", "Get the count of unique patterns pattern subscriptions")),
      Command(
        "pubsub|help", arity: 2, [.loading, .stale],
        .init(.pubsub, since: "6.2.0", "Show helpful text about the different subcommands")),
    ]),
]
