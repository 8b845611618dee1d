private let flags: CommandFlags = [.noScript, .loading, .stale, .fast, .allowBusy]

/// The commands that make one of several; the server of the clients answers them.
let transactionCommands: [Command] = [
  Command("multi", arity: 1, flags, .init(.transactions, since: "1.2.0", "Start a transaction")),
  Command(
    "exec", arity: 1, [.noScript, .loading, .stale],
    .init(
      .transactions, since: "1.2.0", "Do all commands issued after MULTI, or none",
      complexity: "Depends on commands in the transaction")),
  Command(
    "discard", arity: 1, flags,
    .init(.transactions, since: "2.0.0", "Discard all commands issued after MULTI")),
  Command(
    "watch", arity: -2, flags, keys: .all("RO"),
    .init(
      .transactions, since: "2.2.0", "Watch the given keys: the next EXEC does nothing if one has changed",
      complexity: "O(1) for every key.", .key.multiple)),
  Command("unwatch", arity: 1, flags, .init(.transactions, since: "2.2.0", "Forget about all watched keys")),
]
