private let conditions = CommandArgument.oneOf(
  "condition", .token("NX"), .token("XX"), .token("GT"), .token("LT")
).optional

/// The commands on keys, whatever they hold.
let keyCommands: [Command] = [
  Command(
    "del", arity: -2, [.write], keys: .all("RM", "delete"),
    .init(
      .generic, since: "1.0.0", "Delete a key",
      complexity: "O(N) where N is the number of keys that will be removed.", .key.multiple)
  ) { try $0.deleteAll() },
  Command(
    "unlink", arity: -2, [.write, .fast], keys: .all("RM", "delete"),
    .init(
      .generic, since: "4.0.0", "Delete a key; the same as DEL",
      complexity: "O(N) where N is the number of keys that will be removed.", .key.multiple)
  ) { try $0.deleteAll() },
  Command(
    "exists", arity: -2, [.readonly, .fast], keys: .all("RO"),
    .init(
      .generic, since: "1.0.0", "Determine if a key exists",
      complexity: "O(N) where N is the number of keys to check.", .key.multiple)
  ) { try $0.countLive() },
  Command(
    "touch", arity: -2, [.readonly, .fast], keys: .all("RO"),
    .init(
      .generic, since: "3.2.1", "Count the keys that exist; the same as EXISTS",
      complexity: "O(N) where N is the number of keys to check.", .key.multiple)
  ) { try $0.countLive() },
  Command(
    "type", arity: 2, [.readonly, .fast], keys: .first("RO"),
    .init(.generic, since: "1.0.0", "Determine the type stored at key", .key)
  ) { try .simple($0.live($0.key) == nil ? "none" : "string") },
  Command(
    "ttl", arity: 2, [.readonly, .fast], keys: .first("RO", "access"),
    .init(.generic, since: "1.0.0", "Get the time to live for a key in seconds", .key)
  ) { try $0.expiryReply { ($0 - $1 + 500) / 1000 } },
  Command(
    "pttl", arity: 2, [.readonly, .fast], keys: .first("RO", "access"),
    .init(.generic, since: "2.6.0", "Get the time to live for a key in milliseconds", .key)
  ) { try $0.expiryReply { $0 - $1 } },
  Command(
    "expiretime", arity: 2, [.readonly, .fast], keys: .first("RO", "access"),
    .init(.generic, since: "7.0.0", "Get the expiration Unix timestamp for a key", .key)
  ) { try $0.expiryReply { expiresAt, _ in (expiresAt + 500) / 1000 } },
  Command(
    "pexpiretime", arity: 2, [.readonly, .fast], keys: .first("RO", "access"),
    .init(.generic, since: "7.0.0", "Get the expiration Unix timestamp for a key in milliseconds", .key)
  ) { try $0.expiryReply { expiresAt, _ in expiresAt } },
  Command(
    "expire", arity: -3, [.write, .fast], keys: .first("RW", "update"),
    .init(
      .generic, since: "1.0.0", "Set a key's time to live in seconds", .key, .integer("seconds"), conditions)
  ) { try $0.expire(.secondsFromNow) },
  Command(
    "pexpire", arity: -3, [.write, .fast], keys: .first("RW", "update"),
    .init(
      .generic, since: "2.6.0", "Set a key's time to live in milliseconds", .key, .integer("milliseconds"),
      conditions)
  ) { try $0.expire(.millisecondsFromNow) },
  Command(
    "expireat", arity: -3, [.write, .fast], keys: .first("RW", "update"),
    .init(
      .generic, since: "1.2.0", "Set the expiration for a key as a UNIX timestamp", .key,
      .unixTime("unix-time-seconds"), conditions)
  ) { try $0.expire(.unixSeconds) },
  Command(
    "pexpireat", arity: -3, [.write, .fast], keys: .first("RW", "update"),
    .init(
      .generic, since: "2.6.0", "Set the expiration for a key as a UNIX timestamp specified in milliseconds",
      .key, .unixTime("unix-time-milliseconds"), conditions)
  ) { try $0.expire(.unixMilliseconds) },
  Command(
    "persist", arity: 2, [.write, .fast], keys: .first("RW", "update"),
    .init(.generic, since: "2.2.0", "Remove the expiration from a key", .key)
  ) {
    guard let stored = try $0.live($0.key), stored.expiresAt != nil else { return .integer(0) }
    try $0.put($0.key, stored.value)
    return .integer(1)
  },
  Command(
    "keys", arity: 2, [.readonly],
    .init(
      .generic, since: "1.0.0", "Find all keys matching the given pattern",
      complexity: "O(N) with N being the number of keys in the database",
      CommandArgument(.pattern, "pattern")), evaluate: keys),
  Command(
    "dbsize", arity: 1, [.readonly, .fast],
    .init(.server, since: "1.0.0", "Return the number of keys in the selected database")
  ) { try .integer(Int64($0.view.count())) },
]

private let keys: Command.Evaluator = { evaluation in
  let pageSize = 1000
  let pattern = GlobPattern(evaluation.arguments[1])
  var found: [Reply] = []
  var page: [ScannedKey] = []
  repeat {
    page = try evaluation.view.keys(after: page.last?.key, limit: pageSize)
    for scanned in page where pattern.matches(scanned.key) {
      if evaluation.isLive(scanned.key, until: scanned.expiresAt) { found.append(.bulk(scanned.key)) }
    }
  } while page.count == pageSize
  return .array(found)
}

extension Evaluation {
  fileprivate mutating func deleteAll() throws -> Reply {
    var deleted: Int64 = 0
    for key in arguments.dropFirst() where try live(key) != nil {
      delete(key)
      deleted += 1
    }
    return .integer(deleted)
  }

  fileprivate mutating func countLive() throws -> Reply {
    var live: Int64 = 0
    for key in arguments.dropFirst() where try self.live(key) != nil { live += 1 }
    return .integer(live)
  }

  /// -2 for a key that does not exist, -1 for one without an end, else what is made of its end and the time.
  fileprivate mutating func expiryReply(_ number: (Int64, Int64) -> Int64) throws -> Reply {
    guard let stored = try live(key) else { return .integer(-2) }
    return .integer(stored.expiresAt.map { number($0, context.now) } ?? -1)
  }

  fileprivate mutating func expire(_ unit: ExpiryUnit) throws -> Reply {
    let condition = try ExpireCondition(arguments[3...])
    guard let moment = try unit.moment(arguments[2].integer(), now: context.now) else {
      throw CommandError.invalidExpireTime(command.name)
    }
    guard let stored = try live(key), condition.allows(moment, over: stored.expiresAt) else {
      return .integer(0)
    }
    try put(key, stored.value, expiresAt: moment)
    return .integer(1)
  }
}
