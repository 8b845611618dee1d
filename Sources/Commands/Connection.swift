private let onOrOff = CommandArgument.oneOf("enabled", .token("ON"), .token("OFF"))
private let ofSession: CommandFlags = [.noScript, .loading, .stale]
private let beforeLogin: CommandFlags = [.noScript, .loading, .stale, .fast, .noAuth, .allowBusy]

/// The commands on the client's connection; the node answers them.
let connectionCommands: [Command] = [
  Command(
    "ping", arity: -1, [.fast],
    .init(.connection, since: "1.0.0", "Ping the server", .string("message").optional)),
  Command(
    "echo", arity: 2, [.loading, .stale, .fast],
    .init(.connection, since: "1.0.0", "Echo the given string", .string("message"))),
  Command(
    "hello", arity: -1, beforeLogin,
    .init(
      .connection, since: "6.0.0", "Handshake with Redis",
      .block(
        "arguments", .integer("protover"),
        .block("username_password", token: "AUTH", .string("username"), .string("password")).optional,
        .string("clientname", token: "SETNAME").optional
      ).optional)),
  Command(
    "auth", arity: -2, beforeLogin,
    .init(
      .connection, since: "1.0.0", "Authenticate to the server", .string("username").optional,
      .string("password"))),
  Command(
    "select", arity: 2, [.loading, .stale, .fast],
    .init(
      .connection, since: "1.0.0", "Change the selected database for the current connection",
      .integer("index"))),
  Command("quit", arity: -1, beforeLogin, .init(.connection, since: "1.0.0", "Close the connection")),
  Command("reset", arity: 1, beforeLogin, .init(.connection, since: "6.2.0", "Reset the connection")),
  Command(
    "readonly", arity: 1, [.loading, .stale, .fast],
    .init(.cluster, since: "3.0.0", "Enables read queries for a connection to a slave")),
  Command(
    "readwrite", arity: 1, [.loading, .stale, .fast],
    .init(.cluster, since: "3.0.0", "Disables read queries for a connection to a slave")),
  Command(
    "client", arity: -2, [],
    .init(
      .connection, since: "2.4.0", "A container for client connection commands",
      complexity: "Depends on subcommand."),
    subcommands: [
      Command(
        "client|id", arity: 2, ofSession,
        .init(.connection, since: "5.0.0", "Returns the client ID for the current connection")),
      Command(
        "client|info", arity: 2, ofSession,
        .init(.connection, since: "6.2.0", "Returns information about the current client connection.")),
      Command(
        "client|list", arity: -2, [ofSession, .admin],
        .init(
          .connection, since: "2.4.0", "Get the list of client connections",
          complexity: "O(N) where N is the number of client connections",
          .string("client-type", token: "TYPE").optional,
          .block("id", token: "ID", .integer("client-id").multiple).optional)),
      Command(
        "client|kill", arity: -3, [ofSession, .admin],
        .init(
          .connection, since: "2.4.0", "Kill the connection of a client",
          complexity: "O(N) where N is the number of client connections", .string("filter").multiple)),
      Command(
        "client|getname", arity: 2, ofSession,
        .init(.connection, since: "2.6.9", "Get the current connection name")),
      Command(
        "client|setname", arity: 3, ofSession,
        .init(.connection, since: "2.6.9", "Set the current connection name", .string("connection-name"))),
      Command(
        "client|setinfo", arity: 4, ofSession,
        .init(
          .connection, since: "7.2.0", "Set client or connection specific info",
          .oneOf("attr", .string("libname", token: "LIB-NAME"), .string("libver", token: "LIB-VER")))),
      Command(
        "client|no-evict", arity: 3, [ofSession, .admin],
        .init(
          .connection, since: "7.0.0", "Set client eviction mode for the current connection", onOrOff)),
      Command(
        "client|no-touch", arity: 3, ofSession,
        .init(
          .connection, since: "7.2.0", "Controls whether reads of this connection count as uses of keys",
          onOrOff)),
      Command(
        "client|pause", arity: -3, [ofSession, .admin],
        .init(
          .connection, since: "3.0.0", "Lets commands of clients wait",
          .integer("timeout"), .oneOf("mode", .token("WRITE"), .token("ALL")).optional)),
      Command(
        "client|unpause", arity: 2, [ofSession, .admin],
        .init(
          .connection, since: "6.2.0", "Ends what CLIENT PAUSE began",
          complexity: "O(N) where N is the number of clients that wait")),
      Command(
        "client|reply", arity: 3, [ofSession, .noMulti],
        .init(
          .connection, since: "3.2.0", "Chooses whether the connection is answered",
          .oneOf("action", .token("ON"), .token("OFF"), .token("SKIP")))),
      Command(
        "client|unblock", arity: -3, [ofSession, .admin],
        .init(
          .connection, since: "5.0.0", "Ends the wait of a client that is in WAIT or WAITAOF",
          .integer("client-id"), .oneOf("unblock-type", .token("TIMEOUT"), .token("ERROR")).optional)),
      Command(
        "client|getredir", arity: 2, ofSession,
        .init(.connection, since: "6.0.0", "Tells where news of keys goes, which is nowhere: -1")),
      Command(
        "client|tracking", arity: -3, ofSession,
        .init(
          .connection, since: "6.0.0", "Refused: clients are not told of the keys that they have cached",
          .oneOf("status", .token("ON"), .token("OFF")), .string("option").optional.multiple)),
      Command(
        "client|trackinginfo", arity: 2, ofSession,
        .init(.connection, since: "6.2.0", "Tells that the keys of the connection are not tracked")),
      Command(
        "client|caching", arity: 3, ofSession,
        .init(
          .connection, since: "6.0.0", "Refused: clients are not told of the keys that they have cached",
          .oneOf("mode", .token("YES"), .token("NO")))),
      Command(
        "client|help", arity: 2, [.loading, .stale],
        .init(.connection, since: "5.0.0", "Show helpful text about the different subcommands")),
    ]),
]
