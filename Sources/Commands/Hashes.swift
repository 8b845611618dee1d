import Replication

/// The commands on values that are hashes.
let hashCommands: [Command] = [
  Command(
    "hset", arity: -4, [.write, .denyOOM, .fast], keys: .first("RW", "update"),
    .init(
      .hash, since: "2.0.0", "Set the values of fields in a hash",
      complexity: "O(N) to add N field/value pairs", .key,
      .block("data", .string("field"), .value).multiple)
  ) { try .integer($0.setFields()) },
  Command(
    "hmset", arity: -4, [.write, .denyOOM, .fast], keys: .first("RW", "update"),
    .init(
      .hash, since: "2.0.0", "Set the values of fields in a hash; the same as HSET, but for the answer",
      complexity: "O(N) to add N field/value pairs", .key,
      .block("data", .string("field"), .value).multiple)
  ) {
    _ = try $0.setFields()
    return .ok
  },
  Command(
    "hsetnx", arity: 4, [.write, .denyOOM, .fast], keys: .first("RW", "insert"),
    .init(
      .hash, since: "2.0.0", "Set the value of a field in a hash only when the field doesn't exist", .key,
      .string("field"), .value)
  ) {
    guard try $0.field($0.arguments[2]) == nil else { return .integer(0) }
    try $0.setMember($0.arguments[2], $0.arguments[3], of: $0.key, by: .setField)
    $0.notify(.hash, "hset", $0.key)
    return .integer(1)
  },
  Command(
    "hget", arity: 3, [.readonly, .fast], keys: .first("RO", "access"),
    .init(.hash, since: "2.0.0", "Return the value of a field in a hash", .key, .string("field"))
  ) { try .optional($0.field($0.arguments[2])) },
  Command(
    "hmget", arity: -3, [.readonly, .fast], keys: .first("RO", "access"),
    .init(
      .hash, since: "2.0.0", "Return the values of fields in a hash",
      complexity: "O(N) where N is the number of fields being requested.", .key, .string("field").multiple)
  ) { evaluation in
    let exists = try evaluation.hash() != nil
    let (key, names) = (evaluation.key, evaluation.arguments[2...])
    return try .array(names.map { .optional(exists ? try evaluation.member($0, of: key) : nil) })
  },
  Command(
    "hgetall", arity: 2, [.readonly], keys: .first("RO", "access"),
    .init(
      .hash, since: "2.0.0", "Return all fields and values in a hash",
      complexity: "O(N) where N is the size of the hash.", .key)
  ) { try .map($0.fields().map { .init(.bulk($0.name), .bulk($0.value)) }) },
  Command(
    "hkeys", arity: 2, [.readonly], keys: .first("RO", "access"),
    .init(
      .hash, since: "2.0.0", "Return all fields in a hash",
      complexity: "O(N) where N is the size of the hash.", .key)
  ) { try .array($0.fields().map { .bulk($0.name) }) },
  Command(
    "hvals", arity: 2, [.readonly], keys: .first("RO", "access"),
    .init(
      .hash, since: "2.0.0", "Return all values in a hash",
      complexity: "O(N) where N is the size of the hash.", .key)
  ) { try .array($0.fields().map { .bulk($0.value) }) },
  Command(
    "hlen", arity: 2, [.readonly, .fast], keys: .first("RO"),
    .init(.hash, since: "2.0.0", "Return the number of fields in a hash", .key)
  ) { try .integer(Int64($0.hash()?.memberCount ?? 0)) },
  Command(
    "hexists", arity: 3, [.readonly, .fast], keys: .first("RO"),
    .init(.hash, since: "2.0.0", "Determine whether a field exists in a hash", .key, .string("field"))
  ) { try .integer($0.field($0.arguments[2]) == nil ? 0 : 1) },
  Command(
    "hstrlen", arity: 3, [.readonly, .fast], keys: .first("RO"),
    .init(.hash, since: "3.2.0", "Return the length of the value of a field", .key, .string("field"))
  ) { try .integer(Int64($0.field($0.arguments[2])?.count ?? 0)) },
  Command(
    "hdel", arity: -3, [.write, .fast], keys: .first("RW", "delete"),
    .init(
      .hash, since: "2.0.0", "Delete fields of a hash, and the hash with its last one",
      complexity: "O(N) where N is the number of fields to be removed.", .key, .string("field").multiple)
  ) { evaluation in
    guard try evaluation.hash() != nil else { return .integer(0) }
    return try .integer(
      evaluation.remove(evaluation.arguments[2...], by: .deleteField, event: (.hash, "hdel")))
  },
  Command(
    "hincrby", arity: 4, [.write, .denyOOM, .fast], keys: .first("RW", "access", "update"),
    .init(
      .hash, since: "2.0.0", "Increment the integer value of a field in a hash by a number", .key,
      .string("field"), .integer("increment"))
  ) {
    let amount = try $0.arguments[3].integer()
    let old = try $0.field($0.arguments[2])
    guard let before = old.map(\.parsedInteger) ?? 0 else {
      throw CommandError("ERR hash value is not an integer")
    }
    let (value, overflows) = before.addingReportingOverflow(amount)
    guard !overflows else { throw CommandError.overflow }
    try $0.setMember($0.arguments[2], [UInt8](decimal: value), of: $0.key, by: .setField)
    $0.notify(.hash, "hincrby", $0.key)
    return .integer(value)
  },
  Command(
    "hincrbyfloat", arity: 4, [.write, .denyOOM, .fast], keys: .first("RW", "access", "update"),
    .init(
      .hash, since: "2.6.0", "Increment the floating point value of a field by a number", .key,
      .string("field"), .double("increment"))
  ) {
    let amount = try $0.arguments[3].longDouble()
    guard amount.isFinite else { throw CommandError("ERR value is NaN or Infinity") }
    let old = try $0.field($0.arguments[2])
    guard let before = old.map({ try? $0.longDouble() }) ?? 0 else {
      throw CommandError("ERR hash value is not a float")
    }
    let digits = try [UInt8](sum: before, amount)
    try $0.setMember($0.arguments[2], digits, of: $0.key, by: .setField)
    $0.notify(.hash, "hincrbyfloat", $0.key)
    return .bulk(digits)
  },
  Command(
    "hrandfield", arity: -2, [.readonly], keys: .first("RO", "access"),
    .init(
      .hash, since: "6.2.0", "Return one or more random fields from a hash",
      complexity: "O(N) where N is the number of fields returned", .key,
      .block("options", .integer("count"), .token("WITHVALUES").optional).optional), evaluate: randomField),
  Command(
    "hscan", arity: -3, [.readonly], keys: .first("RO", "access"),
    .init(
      .hash, since: "2.8.0", "Iterate over fields and values of a hash",
      complexity: "O(1) for every call; O(N) for a complete iteration.", .key, .integer("cursor"),
      CommandArgument(.pattern, "pattern", token: "MATCH").optional,
      .integer("count", token: "COUNT").optional, .token("NOVALUES").optional)
  ) { evaluation in
    let options = try ScanOptions(
      evaluation.arguments[2], evaluation.arguments[3...], takesNoValues: true)
    guard try evaluation.hash() != nil else { return options.reply(at: nil, []) }
    return try evaluation.scan(options) { member in
      options.showsValues ? [.bulk(member.name), .bulk(member.value)] : [.bulk(member.name)]
    }
  },
]

private let randomField: Command.Evaluator = { evaluation in
  let options = evaluation.arguments[2...]
  guard options.count <= 2, options.count < 2 || options[3].isWord("withvalues") else {
    throw CommandError.syntax
  }
  guard let argument = options.first else {
    guard try evaluation.hash() != nil else { return .null }
    return try .optional(evaluation.randomMembers(of: evaluation.key, count: 1).first?.name)
  }
  let count = try argument.integer()
  // Twice as many are answered, with the values.
  guard options.count < 2 || abs(count / 2) < Int64.max / 4 else {
    throw CommandError("ERR value is out of range")
  }
  guard try evaluation.hash() != nil else { return .array([]) }
  let drawn = try evaluation.randomMembers(of: evaluation.key, count: count)
  guard options.count == 2 else { return .array(drawn.map { .bulk($0.name) }) }
  return .pairs(drawn.map { (.bulk($0.name), .bulk($0.value)) })
}

extension Evaluation {
  fileprivate mutating func hash() throws -> StoredValue? { try container(.hash, key) }

  fileprivate mutating func field(_ name: [UInt8]) throws -> [UInt8]? {
    try hash() == nil ? nil : member(name, of: key)
  }

  fileprivate mutating func fields() throws -> [KeyMember] { try hash() == nil ? [] : members(of: key) }

  fileprivate mutating func setFields() throws -> Int64 {
    guard arguments.count.isMultiple(of: 2) else { throw CommandError.wrongArity(command.name) }
    _ = try hash()
    var added: Int64 = 0
    for place in stride(from: 2, to: arguments.count, by: 2)
    where try setMember(arguments[place], arguments[place + 1], of: key, by: .setField) {
      added += 1
    }
    notify(.hash, "hset", key)
    return added
  }
}
