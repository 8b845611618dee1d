import Replication

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
  ) { try .simple($0.live($0.key)?.type.rawValue ?? "none") },
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
  ) { try $0.expiryReply { expiresAt, _ in expiresAt / 1000 + (expiresAt % 1000 < 500 ? 0 : 1) } },
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
    try $0.setExpiry(of: $0.key, holding: stored, to: nil)
    $0.notify(.generic, "persist", $0.key)
    return .integer(1)
  },
  Command(
    "rename", arity: 3, [.write], keys: .pair("RW", "access", "delete"),
    .init(
      .generic, since: "1.0.0", "Rename a key and overwrite the destination", .key,
      CommandArgument(.key, "newkey"))
  ) {
    _ = try $0.rename(onlyToNew: false)
    return .ok
  },
  Command(
    "renamenx", arity: 3, [.write, .fast], keys: .pair("RW", "access", "delete"),
    .init(
      .generic, since: "1.0.0", "Rename a key only when the target key name doesn't exist", .key,
      CommandArgument(.key, "newkey"))
  ) { try .integer($0.rename(onlyToNew: true) ? 1 : 0) },
  Command(
    "copy", arity: -3, [.write, .denyOOM], keys: .pair("RO", "access"),
    .init(
      .generic, since: "6.2.0", "Copy the value of a key to a new key",
      complexity: "O(N) for values with members, where N is the number of members; O(1) for strings.",
      CommandArgument(.key, "source"), CommandArgument(.key, "destination"),
      .integer("destination-db", token: "DB").optional, .token("REPLACE").optional), evaluate: copy),
]

private let copy: Command.Evaluator = { evaluation in
  let (source, destination) = (evaluation.arguments[1], evaluation.arguments[2])
  var replaces = false
  var options = evaluation.arguments.dropFirst(3)
  while let option = options.popFirst() {
    if option.isWord("replace") {
      replaces = true
    } else if option.isWord("db"), let number = options.popFirst() {
      guard try number.integer() == 0 else { throw CommandError("ERR DB index is out of range") }
    } else {
      throw CommandError.syntax
    }
  }
  guard source != destination else {
    throw CommandError("ERR source and destination objects are the same")
  }
  guard let stored = try evaluation.live(source) else { return .integer(0) }
  if try evaluation.live(destination) != nil {
    guard replaces else { return .integer(0) }
    evaluation.delete(destination)
  }
  try evaluation.copy(stored, of: source, to: destination)
  evaluation.notify(.generic, "copy_to", destination)
  return .integer(1)
}

extension Evaluation {
  fileprivate mutating func deleteAll() throws -> Reply {
    var deleted: Int64 = 0
    for key in arguments.dropFirst() where try live(key) != nil {
      delete(key)
      notify(.generic, "del", key)
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
    try setExpiry(of: key, holding: stored, to: moment)
    notify(.generic, moment <= context.now ? "del" : "expire", key)
    return .integer(1)
  }

  /// Moves what a key holds to another; false if that one exists already and is not to be overwritten.
  fileprivate mutating func rename(onlyToNew: Bool) throws -> Bool {
    let (source, destination) = (key, arguments[2])
    guard let stored = try live(source) else { throw CommandError.noSuchKey }
    // Redis answers 1 for RENAME and 0 for RENAMENX of a key to itself, and does nothing.
    if source == destination { return !onlyToNew }
    if try live(destination) != nil {
      if onlyToNew { return false }
      if stored.type != .string { delete(destination) }
    }
    try copy(stored, of: source, to: destination)
    delete(source)
    notify(.generic, "rename_from", source)
    notify(.generic, "rename_to", destination)
    return true
  }

  /// Lets a key that does not exist hold what another one does, its end included.
  fileprivate mutating func copy(_ stored: StoredValue, of source: [UInt8], to destination: [UInt8]) throws {
    guard stored.type != .string else {
      return try put(destination, stored.value, expiresAt: stored.expiresAt)
    }
    guard stored.memberCount <= Self.copyLimit else {
      throw CommandError(
        "ERR the key has \(stored.memberCount) members, more than the \(Self.copyLimit) that can be copied at once"
      )
    }
    let operation = Mutation.Operation.adding(to: stored.type)
    for member in try members(of: source) {
      try setMember(member.name, member.value, of: destination, by: operation)
    }
    guard stored.expiresAt != nil, let copied = try live(destination) else { return }
    try setExpiry(of: destination, holding: copied, to: stored.expiresAt)
  }

  /// A copy is made in one go, and the node must not be late for a heartbeat.
  private static var copyLimit: Int { 100_000 }
}
