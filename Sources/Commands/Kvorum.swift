/// The commands that Redis does not have.
let kvorumCommands: [Command] = [
  Command(
    "read", arity: 2, [.readonly, .fast], keys: .first("RO", "access"),
    .init(.string, since: "0.1.0", "Get the value of a key; the same as GET", .key)
  ) { try .optional($0.live($0.key)?.value) },
  Command(
    "write", arity: 3, [.write, .denyOOM], keys: .first("OW", "update"),
    .init(.string, since: "0.1.0", "Set the value of a key; the same as SET without options", .key, .value)
  ) {
    try $0.put($0.key, $0.arguments[2])
    return .ok
  },
  Command(
    "kv.get", arity: 2, [.readonly, .fast], keys: .first("RO", "access"),
    .init(.string, since: "0.1.0", "Get the value of a key with its version and the log's indexes", .key)
  ) {
    let stored = try $0.live($0.key)
    func integer(_ value: UInt64?) -> Reply { value.map { .integer(Int64(clamping: $0)) } ?? .null }
    // The node adds what it knows of itself: how far it has applied, and of which cluster.
    return .fields([
      "value": .optional(stored?.value),
      "version": integer(stored?.version),
      "created_index": integer(stored?.createdIndex),
      "modified_index": integer(stored?.modifiedIndex),
      "expires_at": stored?.expiresAt.map { .integer($0) } ?? .null,
    ])
  },
  Command(
    "kv.consistency", arity: -1, [.loading, .stale, .fast],
    .init(
      .connection, since: "0.1.0", "Show or choose how fresh the reads of this connection are",
      .oneOf("level", .token("LINEARIZABLE"), .token("MAJORITY"), .token("STALE")).optional)),
  Command(
    "kv.status", arity: -1, [.loading, .stale, .fast],
    .init(.server, since: "0.1.0", "Show the state of this node and of the cluster as it sees it")),
  Command(
    "kv.admin", arity: -2, [.admin, .noScript, .loading, .stale],
    .init(
      .server, since: "0.1.0", "Change the cluster", .string("action"), .string("argument").optional.multiple)
  ),
]
