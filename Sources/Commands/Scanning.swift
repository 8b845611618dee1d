/// The commands on all keys.
let scanningCommands: [Command] = [
  Command(
    "keys", arity: 2, [.readonly],
    .init(
      .generic, since: "1.0.0", "Find all keys matching the given pattern",
      complexity: "O(N) with N being the number of keys in the database",
      CommandArgument(.pattern, "pattern"))
  ) { evaluation in
    let pattern = GlobPattern(evaluation.arguments[1])
    var found: [Reply] = []
    var start: [UInt8]?
    repeat {
      let page = try evaluation.keys(after: start, limit: 20_000) { pattern.matches($0.key) }
      found += page.live.lazy.map { .bulk($0.key) }
      start = page.last
    } while start != nil
    return .array(found)
  },
  Command(
    "scan", arity: -2, [.readonly],
    .init(
      .generic, since: "2.8.0", "Iterate over the keys in the database",
      complexity: "O(1) for every call; O(N) for a complete iteration.",
      .integer("cursor"), CommandArgument(.pattern, "pattern", token: "MATCH").optional,
      .integer("count", token: "COUNT").optional, .string("type", token: "TYPE").optional)
  ) { evaluation in
    let options = try ScanOptions(evaluation.arguments[1], evaluation.arguments[2...], takesType: true)
    let start = evaluation.cursors.position(options.cursor)
    let page = try evaluation.keys(after: start, limit: options.count) {
      options.includes($0.key) && options.includes($0.type)
    }
    return options.reply(
      at: page.last.map { evaluation.cursors.cursor(at: $0) }, page.live.map { .bulk($0.key) })
  },
  Command(
    "randomkey", arity: 1, [.readonly],
    .init(.generic, since: "1.0.0", "Return a random key from the keyspace")
  ) { try .optional($0.anyKey()) },
  Command(
    "dbsize", arity: 1, [.readonly, .fast],
    .init(.server, since: "1.0.0", "Return the number of keys in the selected database")
  ) { try .integer(Int64($0.count())) },
  Command(
    "flushdb", arity: -1, [.write],
    .init(.server, since: "1.0.0", "Remove all keys from the current database", flushMode), evaluate: flush),
  Command(
    "flushall", arity: -1, [.write],
    .init(.server, since: "1.0.0", "Remove all keys from all databases", flushMode), evaluate: flush),
]

private let flushMode = CommandArgument.oneOf("flush-type", .token("ASYNC"), .token("SYNC")).optional

private let flush: Command.Evaluator = { evaluation in
  let options = evaluation.arguments.dropFirst()
  guard options.count <= 1, options.allSatisfy({ $0.isWord("async") || $0.isWord("sync") }) else {
    throw CommandError.syntax
  }
  evaluation.clear()
  return .ok
}
