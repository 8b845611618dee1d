/// The commands that Redis does not have.
let kvorumCommands: [Command] = [
  Command(
    "read", arity: 2, [.readonly, .fast], keys: .first("RO", "access"),
    .init(.string, since: "0.1.0", "Get the value of a key; the same as GET", .key)
  ) { try .optional($0.string($0.key)?.value) },
  Command(
    "write", arity: 3, [.write, .denyOOM], keys: .first("OW", "update"),
    .init(.string, since: "0.1.0", "Set the value of a key; the same as SET without options", .key, .value)
  ) {
    try $0.put($0.key, $0.arguments[2])
    $0.notify(.string, "set", $0.key)
    return .ok
  },
  Command(
    "kv.get", arity: 2, [.readonly, .fast], keys: .first("RO", "access"),
    .init(.string, since: "0.1.0", "Get the value of a key with its version and the log's indexes", .key)
  ) {
    let stored = try $0.string($0.key)
    let version = try $0.version(of: $0.key)
    func integer(_ value: UInt64?) -> Reply { value.map { .integer(Int64(clamping: $0)) } ?? .null }
    // The node adds what it knows of itself: how far it has applied, and of which cluster.
    return .fields([
      "value": .optional(stored?.value),
      "version": stored == nil ? .null : integer(version),
      "created_index": integer(stored?.createdIndex),
      "modified_index": integer(stored?.modifiedIndex),
      "expires_at": stored?.expiresAt.map { .integer($0) } ?? .null,
    ])
  },
  Command(
    "kv.cas", arity: -4, [.write, .denyOOM, .fast], keys: .first("RW", "access", "update"),
    .init(
      .string, since: "0.2.0",
      "Set a key if its version is the expected one, 0 for a key that does not exist; answers the new version, or null",
      .key, .integer("expected-version"), .value, .expiration), evaluate: compareAndSet),
  Command(
    "kv.version", arity: 2, [.readonly, .fast], keys: .first("RO"),
    .init(
      .generic, since: "0.2.0",
      "Get the version of a key, which counts its writes since it was created; 0 for a key that does not exist",
      .key)
  ) { try .integer(Int64(clamping: $0.version(of: $0.key))) },
  Command(
    "kv.once", arity: -3, [.write, .noMulti, .movableKeys],
    .init(
      .generic, since: "0.2.0",
      "Do a command that writes, or EXEC, once: a repetition with the same token is answered what the first was",
      complexity: "That of the command", .string("token"), .string("command"),
      .string("arg").optional.multiple)),
  Command(
    "kv.consistency", arity: -1, [.loading, .stale, .fast],
    .init(
      .connection, since: "0.1.0", "Show or choose how fresh the reads of this connection are",
      .oneOf("level", .token("LINEARIZABLE"), .token("MAJORITY"), .token("STALE")).optional)),
  Command(
    "kv.status", arity: -1, [.loading, .stale, .fast],
    .init(.server, since: "0.1.0", "Show the state of this node and of the cluster as it sees it")),
  Command(
    "kv.admin", arity: -2, [.admin, .noScript, .loading, .stale, .noMulti],
    .init(
      .server, since: "0.1.0", "Change the cluster", .string("action"), .string("argument").optional.multiple)
  ),
]

private let compareAndSet: Command.Evaluator = { evaluation in
  let key = evaluation.key
  guard let expected = evaluation.arguments[2].parsedInteger, expected >= 0 else {
    throw CommandError("ERR the expected version is not a number from 0 on")
  }
  let options = try SetOptions(evaluation.arguments[4...])
  guard options.condition == nil, !options.returnsOld else { throw CommandError.syntax }
  let old = try evaluation.live(key)
  guard try evaluation.version(of: key) == UInt64(expected) else { return .null }
  let expiresAt: Int64? =
    switch options.expiry {
    case .none: nil
    case .keep: old?.expiresAt
    case .at(let argument, let unit): try evaluation.expiry(argument, in: unit)
    }
  try evaluation.put(key, evaluation.arguments[3], expiresAt: expiresAt)
  evaluation.notify(.string, "set", key)
  return .integer(expected + 1)
}
