import Replication

/// The commands on values that are strings.
let stringCommands: [Command] = [
  Command(
    "get", arity: 2, [.readonly, .fast], keys: .first("RO", "access"),
    .init(.string, since: "1.0.0", "Get the value of a key", .key)
  ) { try .optional($0.string($0.key)?.value) },
  Command(
    "set", arity: -3, [.write, .denyOOM], keys: .first("RW", "access", "update", "variable_flags"),
    .init(
      .string, since: "1.0.0", "Set the string value of a key", .key, .value,
      .oneOf("condition", .token("NX"), .token("XX")).optional, .token("GET").optional,
      .expiration), evaluate: set),
  Command(
    "setnx", arity: 3, [.write, .denyOOM, .fast], keys: .first("OW", "insert"),
    .init(.string, since: "1.0.0", "Set the value of a key, only if the key does not exist", .key, .value)
  ) {
    guard try $0.live($0.key) == nil else { return .integer(0) }
    try $0.put($0.key, $0.arguments[2])
    $0.notify(.string, "set", $0.key)
    return .integer(1)
  },
  Command(
    "setex", arity: 4, [.write, .denyOOM], keys: .first("OW", "update"),
    .init(
      .string, since: "2.0.0", "Set the value and expiration of a key", .key, .integer("seconds"), .value)
  ) {
    try $0.put($0.key, $0.arguments[3], expiresAt: $0.expiry($0.arguments[2], in: .secondsFromNow))
    $0.notifySet(expires: true)
    return .ok
  },
  Command(
    "psetex", arity: 4, [.write, .denyOOM], keys: .first("OW", "update"),
    .init(
      .string, since: "2.6.0", "Set the value and expiration in milliseconds of a key", .key,
      .integer("milliseconds"), .value)
  ) {
    try $0.put($0.key, $0.arguments[3], expiresAt: $0.expiry($0.arguments[2], in: .millisecondsFromNow))
    $0.notifySet(expires: true)
    return .ok
  },
  Command(
    "getset", arity: 3, [.write, .denyOOM, .fast], keys: .first("RW", "access", "update"),
    .init(.string, since: "1.0.0", "Set the string value of a key and return its old value", .key, .value)
  ) {
    let old = try $0.string($0.key)
    try $0.put($0.key, $0.arguments[2])
    $0.notify(.string, "set", $0.key)
    return .optional(old?.value)
  },
  Command(
    "getdel", arity: 2, [.write, .fast], keys: .first("RW", "access", "delete"),
    .init(.string, since: "6.2.0", "Get the value of a key and delete the key", .key)
  ) {
    guard let old = try $0.string($0.key) else { return .null }
    $0.delete($0.key)
    $0.notify(.generic, "del", $0.key)
    return .bulk(old.value)
  },
  Command(
    "getex", arity: -2, [.write, .fast], keys: .first("RW", "access", "update"),
    .init(
      .string, since: "6.2.0", "Get the value of a key and optionally set its expiration", .key,
      .oneOf(
        "expiration", .integer("seconds", token: "EX"), .integer("milliseconds", token: "PX"),
        .unixTime("unix-time-seconds", token: "EXAT"), .unixTime("unix-time-milliseconds", token: "PXAT"),
        .token("PERSIST")
      ).optional), evaluate: getEx),
  Command(
    "mget", arity: -2, [.readonly, .fast], keys: .all("RO", "access"),
    .init(
      .string, since: "1.0.0", "Get the values of all the given keys",
      complexity: "O(N) where N is the number of keys to retrieve.", .key.multiple)
  ) { evaluation in
    // A key that holds something else is answered like one that does not exist.
    try .array(
      evaluation.arguments.dropFirst().map { key in
        try .optional(evaluation.live(key).flatMap { $0.type == .string ? $0.value : nil })
      })
  },
  Command(
    "mset", arity: -3, [.write, .denyOOM], keys: .pairs("OW", "update"),
    .init(
      .string, since: "1.0.1", "Set multiple keys to multiple values",
      complexity: "O(N) where N is the number of keys to set.", .block("key_value", .key, .value).multiple)
  ) {
    try $0.putPairs()
    return .ok
  },
  Command(
    "msetnx", arity: -3, [.write, .denyOOM], keys: .pairs("OW", "insert"),
    .init(
      .string, since: "1.0.1", "Set multiple keys to multiple values, only if none of the keys exist",
      complexity: "O(N) where N is the number of keys to set.", .block("key_value", .key, .value).multiple)
  ) {
    try $0.checkPairs()
    for key in $0.command.keys(in: $0.arguments) where try $0.live(key) != nil { return .integer(0) }
    try $0.putPairs()
    return .integer(1)
  },
  Command(
    "append", arity: 3, [.write, .denyOOM, .fast], keys: .first("RW", "insert"),
    .init(.string, since: "2.0.0", "Append a value to a key", .key, .value), evaluate: append),
  Command(
    "strlen", arity: 2, [.readonly, .fast], keys: .first("RO"),
    .init(.string, since: "2.2.0", "Get the length of the value stored in a key", .key)
  ) { try .integer(Int64($0.string($0.key)?.value.count ?? 0)) },
  Command(
    "getrange", arity: 4, [.readonly], keys: .first("RO", "access"),
    .init(
      .string, since: "2.4.0", "Get a substring of the string stored at a key",
      complexity: "O(N) where N is the length of the returned string.", .key, .integer("start"),
      .integer("end")), evaluate: getRange),
  Command(
    "substr", arity: 4, [.readonly], keys: .first("RO", "access"),
    .init(
      .string, since: "1.0.0", "Get a substring of the string stored at a key; the same as GETRANGE",
      complexity: "O(N) where N is the length of the returned string.", .key, .integer("start"),
      .integer("end")), evaluate: getRange),
  Command(
    "setrange", arity: 4, [.write, .denyOOM], keys: .first("RW", "update"),
    .init(
      .string, since: "2.2.0", "Overwrite part of a string at key starting at the specified offset",
      complexity: "O(M) where M is the length of the new value", .key, .integer("offset"), .value),
    evaluate: setRange),
  Command(
    "incr", arity: 2, [.write, .denyOOM, .fast], keys: .first("RW", "access", "update"),
    .init(.string, since: "1.0.0", "Increment the integer value of a key by one", .key)
  ) { try $0.increment(by: 1) },
  Command(
    "decr", arity: 2, [.write, .denyOOM, .fast], keys: .first("RW", "access", "update"),
    .init(.string, since: "1.0.0", "Decrement the integer value of a key by one", .key)
  ) { try $0.increment(by: -1) },
  Command(
    "incrby", arity: 3, [.write, .denyOOM, .fast], keys: .first("RW", "access", "update"),
    .init(
      .string, since: "1.0.0", "Increment the integer value of a key by the given amount", .key,
      .integer("increment"))
  ) { try $0.increment(by: $0.arguments[2].integer()) },
  Command(
    "decrby", arity: 3, [.write, .denyOOM, .fast], keys: .first("RW", "access", "update"),
    .init(
      .string, since: "1.0.0", "Decrement the integer value of a key by the given number", .key,
      .integer("decrement"))
  ) {
    let decrement = try $0.arguments[2].integer()
    guard decrement != .min else { throw CommandError.decrementOverflow }
    return try $0.increment(by: -decrement)
  },
  Command(
    "incrbyfloat", arity: 3, [.write, .denyOOM, .fast], keys: .first("RW", "access", "update"),
    .init(
      .string, since: "2.6.0", "Increment the floating point value of a key by a number", .key,
      .double("increment"))
  ) {
    let old = try $0.string($0.key)
    let digits = try [UInt8](sum: old?.value.longDouble() ?? 0, $0.arguments[2].longDouble())
    try $0.put($0.key, digits, expiresAt: old?.expiresAt)
    $0.notify(.string, "incrbyfloat", $0.key)
    return .bulk(digits)
  },
  Command(
    "lcs", arity: -3, [.readonly], keys: .pair("RO", "access"),
    .init(
      .string, since: "7.0.0", "Find the longest common substring",
      complexity: "O(N*M) where N and M are the lengths of s1 and s2, respectively",
      CommandArgument(.key, "key1"), CommandArgument(.key, "key2"), .token("LEN").optional,
      .token("IDX").optional, .integer("min-match-len", token: "MINMATCHLEN").optional,
      .token("WITHMATCHLEN").optional)
  ) { evaluation in
    let options = try CommonSubsequence.Options(evaluation.arguments[3...])
    let texts = try evaluation.arguments[1...2].map { key in
      let stored = try evaluation.live(key)
      guard stored.map({ $0.type == .string }) ?? true else {
        throw CommandError("ERR The specified keys must contain string values")
      }
      return stored?.value ?? []
    }
    return try CommonSubsequence(texts[0], texts[1]).reply(options)
  },
]

private let set: Command.Evaluator = { evaluation in
  let options = try SetOptions(evaluation.arguments[3...])
  let (key, value) = (evaluation.key, evaluation.arguments[2])
  var expiresAt: Int64?
  var keepsExpiry = false
  switch options.expiry {
  case .none: break
  case .keep: keepsExpiry = true
  case .at(let argument, let unit): expiresAt = try evaluation.expiry(argument, in: unit)
  }
  // A plain SET asks nothing of the key, and so it costs no read.
  guard options.condition != nil || options.returnsOld || keepsExpiry else {
    try evaluation.put(key, value, expiresAt: expiresAt)
    evaluation.notifySet(expires: expiresAt != nil)
    return .ok
  }
  let old = try options.returnsOld ? evaluation.string(key) : evaluation.live(key)
  let isMet =
    switch options.condition {
    case nil: true
    case .onlyNew: old == nil
    case .onlyExisting: old != nil
    }
  if isMet {
    try evaluation.put(key, value, expiresAt: keepsExpiry ? old?.expiresAt : expiresAt)
    evaluation.notifySet(expires: expiresAt != nil)
  }
  if options.returnsOld { return .optional(old?.value) }
  return isMet ? .ok : .null
}

private let getEx: Command.Evaluator = { evaluation in
  let options = evaluation.arguments.dropFirst(2)
  var expiresAt: Int64?
  var changes = true
  switch options.count {
  case 0: changes = false
  case 1 where options[2].isWord("persist"): break
  case 2:
    guard let unit = ExpiryUnit(option: options[2]) else { throw CommandError.syntax }
    expiresAt = try evaluation.expiry(options[3], in: unit)
  default: throw CommandError.syntax
  }
  guard let stored = try evaluation.string(evaluation.key) else { return .null }
  if changes, expiresAt != stored.expiresAt {
    try evaluation.put(evaluation.key, stored.value, expiresAt: expiresAt)
    let event = expiresAt.map { $0 <= evaluation.context.now ? "del" : "expire" } ?? "persist"
    evaluation.notify(.generic, event, evaluation.key)
  }
  return .bulk(stored.value)
}

private let append: Command.Evaluator = { evaluation in
  let (key, suffix) = (evaluation.key, evaluation.arguments[2])
  let old = try evaluation.string(key)
  if let old, suffix.isEmpty { return .integer(Int64(old.value.count)) }
  let count = (old?.value.count ?? 0) + suffix.count
  try evaluation.checkLength(ofValue: count)
  try evaluation.put(key, (old?.value ?? []) + suffix, expiresAt: old?.expiresAt)
  evaluation.notify(.string, "append", key)
  return .integer(Int64(count))
}

private let setRange: Command.Evaluator = { evaluation in
  let offset = try evaluation.arguments[2].integer()
  let part = evaluation.arguments[3]
  guard offset >= 0 else { throw CommandError("ERR offset is out of range") }
  let old = try evaluation.string(evaluation.key)
  var value = old?.value ?? []
  guard !part.isEmpty else { return .integer(Int64(value.count)) }
  let (end, overflows) = Int(offset).addingReportingOverflow(part.count)
  try evaluation.checkLength(ofValue: overflows ? .max : end)
  if value.count < end { value += [UInt8](repeating: 0, count: end - value.count) }
  value.replaceSubrange(Int(offset)..<end, with: part)
  try evaluation.put(evaluation.key, value, expiresAt: old?.expiresAt)
  evaluation.notify(.string, "setrange", evaluation.key)
  return .integer(Int64(value.count))
}

private let getRange: Command.Evaluator = { evaluation in
  let (start, end) = try (evaluation.arguments[2].integer(), evaluation.arguments[3].integer())
  guard let stored = try evaluation.string(evaluation.key) else { return .bulk([]) }
  return .bulk(slice(of: stored.value, from: start, through: end))
}

/// The bytes from `start` through `end`, where a negative position counts from the end, as far as there are any.
private func slice(of value: [UInt8], from start: Int64, through end: Int64) -> [UInt8] {
  if start < 0, end < 0, start > end { return [] }
  let count = Int64(value.count)
  let first = max(0, start < 0 ? count + start : start)
  let last = min(count - 1, max(0, end < 0 ? count + end : end))
  return first <= last ? Array(value[Int(first)...Int(last)]) : []
}

extension Evaluation {
  fileprivate mutating func increment(by amount: Int64) throws -> Reply {
    let old = try string(key)
    let (value, overflows) = try (old?.value.integer() ?? 0).addingReportingOverflow(amount)
    guard !overflows else { throw CommandError.overflow }
    try put(key, [UInt8](decimal: value), expiresAt: old?.expiresAt)
    notify(.string, "incrby", key)
    return .integer(value)
  }

  fileprivate func checkPairs() throws(CommandError) {
    guard !arguments.count.isMultiple(of: 2) else { throw .wrongArity(command.name) }
  }

  fileprivate mutating func putPairs() throws(CommandError) {
    try checkPairs()
    for position in stride(from: 1, to: arguments.count, by: 2) {
      try put(arguments[position], arguments[position + 1])
      notify(.string, "set", arguments[position])
    }
  }

  fileprivate mutating func notifySet(expires: Bool) {
    notify(.string, "set", key)
    if expires { notify(.generic, "expire", key) }
  }
}
