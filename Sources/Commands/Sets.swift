import Replication

/// The commands on values that are sets.
let setCommands: [Command] = [
  Command(
    "sadd", arity: -3, [.write, .denyOOM, .fast], keys: .first("RW", "insert"),
    .init(
      .set, since: "1.0.0", "Add members to a set",
      complexity: "O(N) to add N members", .key, .string("member").multiple)
  ) { evaluation in
    _ = try evaluation.set()
    var added: Int64 = 0
    for member in evaluation.arguments[2...]
    where try evaluation.addMember(member, to: evaluation.key) { added += 1 }
    if added > 0 { evaluation.notify(.set, "sadd", evaluation.key) }
    return .integer(added)
  },
  Command(
    "srem", arity: -3, [.write, .fast], keys: .first("RW", "delete"),
    .init(
      .set, since: "1.0.0", "Remove members from a set, and the set with its last one",
      complexity: "O(N) where N is the number of members to be removed.", .key, .string("member").multiple)
  ) { evaluation in
    guard try evaluation.set() != nil else { return .integer(0) }
    return try .integer(
      evaluation.remove(evaluation.arguments[2...], by: .removeMember, event: (.set, "srem")))
  },
  Command(
    "smembers", arity: 2, [.readonly], keys: .first("RO", "access"),
    .init(
      .set, since: "1.0.0", "Return all members of a set",
      complexity: "O(N) where N is the set cardinality.", .key)
  ) { try .set($0.elements(of: $0.key).map { .bulk($0) }) },
  Command(
    "sismember", arity: 3, [.readonly, .fast], keys: .first("RO"),
    .init(.set, since: "1.0.0", "Determine whether a member belongs to a set", .key, .string("member"))
  ) { try .integer($0.set() != nil && $0.member($0.arguments[2], of: $0.key) != nil ? 1 : 0) },
  Command(
    "smismember", arity: -3, [.readonly, .fast], keys: .first("RO"),
    .init(
      .set, since: "6.2.0", "Determine whether members belong to a set",
      complexity: "O(N) where N is the number of elements being checked", .key, .string("member").multiple)
  ) { evaluation in
    let exists = try evaluation.set() != nil
    let (key, names) = (evaluation.key, evaluation.arguments[2...])
    return try .array(names.map { try .integer(exists && evaluation.member($0, of: key) != nil ? 1 : 0) })
  },
  Command(
    "scard", arity: 2, [.readonly, .fast], keys: .first("RO"),
    .init(.set, since: "1.0.0", "Return the number of members in a set", .key)
  ) { try .integer(Int64($0.set()?.memberCount ?? 0)) },
  Command(
    "smove", arity: 4, [.write, .fast], keys: .pair("RW", "access", "delete"),
    .init(
      .set, since: "1.0.0", "Move a member from one set to another", CommandArgument(.key, "source"),
      CommandArgument(.key, "destination"), .string("member")), evaluate: move),
  Command(
    "spop", arity: -2, [.write, .fast], keys: .first("RW", "access", "delete"),
    .init(
      .set, since: "1.0.0", "Return one or more random members from a set after removing them",
      complexity: "O(N) where N is the number of members returned", .key, .integer("count").optional),
    evaluate: pop),
  Command(
    "srandmember", arity: -2, [.readonly], keys: .first("RO", "access"),
    .init(
      .set, since: "1.0.0", "Get one or multiple random members from a set",
      complexity: "O(N) where N is the number of members returned", .key, .integer("count").optional)
  ) { evaluation in
    guard evaluation.arguments.count <= 3 else { throw CommandError.syntax }
    let count = try evaluation.arguments.count == 3 ? evaluation.arguments[2].integer() : nil
    guard try evaluation.set() != nil else { return count == nil ? .null : .array([]) }
    let drawn = try evaluation.randomMembers(of: evaluation.key, count: count ?? 1)
    return count == nil ? .optional(drawn.first?.name) : .array(drawn.map { .bulk($0.name) })
  },
  Command(
    "sinter", arity: -2, [.readonly], keys: .all("RO", "access"),
    combination("Return the intersection of sets")
  ) { try .set($0.intersection(of: $0.arguments[1...]).map { .bulk($0) }) },
  Command(
    "sunion", arity: -2, [.readonly], keys: .all("RO", "access"), combination("Return the union of sets")
  ) { try .set($0.union(of: $0.arguments[1...]).map { .bulk($0) }) },
  Command(
    "sdiff", arity: -2, [.readonly], keys: .all("RO", "access"), combination("Return the difference of sets")
  ) { try .set($0.difference(of: $0.arguments[1...]).map { .bulk($0) }) },
  Command(
    "sinterstore", arity: -3, [.write, .denyOOM], keys: .all("OW", "update"),
    storing("Store the intersection of sets in a key")
  ) { try .integer($0.store($0.intersection(of: $0.arguments[2...]), "sinterstore")) },
  Command(
    "sunionstore", arity: -3, [.write, .denyOOM], keys: .all("OW", "update"),
    storing("Store the union of sets in a key")
  ) { try .integer($0.store($0.union(of: $0.arguments[2...]), "sunionstore")) },
  Command(
    "sdiffstore", arity: -3, [.write, .denyOOM], keys: .all("OW", "update"),
    storing("Store the difference of sets in a key")
  ) { try .integer($0.store($0.difference(of: $0.arguments[2...]), "sdiffstore")) },
  Command(
    "sintercard", arity: -3, [.readonly, .movableKeys], keys: .counted(at: 1, "RO", "access"),
    .init(
      .set, since: "7.0.0", "Return the number of members of the intersection of sets",
      complexity:
        "O(N*M) worst case where N is the cardinality of the smallest set and M the number of sets.",
      .integer("numkeys"), .key.multiple, .integer("limit", token: "LIMIT").optional),
    evaluate: countIntersection),
  Command(
    "sscan", arity: -3, [.readonly], keys: .first("RO", "access"),
    .init(
      .set, since: "2.8.0", "Iterate over members of a set",
      complexity: "O(1) for every call; O(N) for a complete iteration.", .key, .integer("cursor"),
      CommandArgument(.pattern, "pattern", token: "MATCH").optional,
      .integer("count", token: "COUNT").optional)
  ) { evaluation in
    let options = try ScanOptions(evaluation.arguments[2], evaluation.arguments[3...])
    guard try evaluation.set() != nil else { return options.reply(at: nil, []) }
    return try evaluation.scan(options) { [.bulk($0.name)] }
  },
]

private func combination(_ summary: String) -> CommandDocumentation {
  .init(
    .set, since: "1.0.0", summary, complexity: "O(N) where N is the number of members of all sets.",
    .key.multiple)
}

private func storing(_ summary: String) -> CommandDocumentation {
  .init(
    .set, since: "1.0.0", summary, complexity: "O(N) where N is the number of members of all sets.",
    CommandArgument(.key, "destination"), .key.multiple)
}

private let move: Command.Evaluator = { evaluation in
  let (source, destination, member) = (
    evaluation.arguments[1], evaluation.arguments[2], evaluation.arguments[3]
  )
  guard try evaluation.container(.set, source) != nil else { return .integer(0) }
  _ = try evaluation.container(.set, destination)
  guard try evaluation.member(member, of: source) != nil else { return .integer(0) }
  guard source != destination else { return .integer(1) }
  let isNew = try evaluation.addMember(member, to: destination)
  _ = try evaluation.remove([member], by: .removeMember, event: (.set, "srem"))
  if isNew { evaluation.notify(.set, "sadd", destination) }
  return .integer(1)
}

private let pop: Command.Evaluator = { evaluation in
  guard evaluation.arguments.count <= 3 else { throw CommandError.syntax }
  var count: Int64?
  if evaluation.arguments.count == 3 {
    count = evaluation.arguments[2].parsedInteger
    guard count ?? -1 >= 0 else { throw CommandError("ERR value is out of range, must be positive") }
  }
  guard try evaluation.set() != nil else { return count == nil ? .null : .set([]) }
  let drawn = try evaluation.randomMembers(of: evaluation.key, count: count ?? 1).map(\.name)
  _ = try evaluation.remove(drawn, by: .removeMember, event: (.set, "spop"))
  return count == nil ? .optional(drawn.first) : .set(drawn.map { .bulk($0) })
}

private let countIntersection: Command.Evaluator = { evaluation in
  guard let count = evaluation.arguments[1].parsedInteger, count > 0 else {
    throw CommandError("ERR numkeys should be greater than 0")
  }
  guard count <= Int64(evaluation.arguments.count - 2) else {
    throw CommandError("ERR Number of keys can't be greater than number of args")
  }
  let options = evaluation.arguments.dropFirst(2 + Int(count))
  var limit: Int64 = 0
  if !options.isEmpty {
    guard options.count == 2, options.first!.isWord("limit") else { throw CommandError.syntax }
    guard let wanted = options.last!.parsedInteger, wanted >= 0 else {
      throw CommandError("ERR LIMIT can't be negative")
    }
    limit = wanted
  }
  let found = try evaluation.intersection(of: evaluation.arguments[2..<2 + Int(count)]).count
  return .integer(limit == 0 ? Int64(found) : min(limit, Int64(found)))
}

extension Evaluation {
  fileprivate mutating func set() throws -> StoredValue? { try container(.set, key) }

  /// The members of a set; none if there is no such key.
  fileprivate mutating func elements(of key: [UInt8]) throws -> [[UInt8]] {
    try container(.set, key) == nil ? [] : members(of: key).map(\.name)
  }

  /// Adds a member that may be there already; tells whether it was not. One that was costs no mutation.
  fileprivate mutating func addMember(_ name: [UInt8], to key: [UInt8]) throws -> Bool {
    if try live(key) != nil, try member(name, of: key) != nil { return false }
    return try setMember(name, of: key, by: .addMember)
  }

  fileprivate mutating func intersection(of keys: ArraySlice<[UInt8]>) throws -> [[UInt8]] {
    var sizes: [(key: [UInt8], count: Int)] = []
    for key in keys { try sizes.append((key, container(.set, key)?.memberCount ?? 0)) }
    sizes.sort { $0.count < $1.count }
    guard let smallest = sizes.first, smallest.count > 0 else { return [] }
    return try elements(of: smallest.key).filter { name in
      try sizes.dropFirst().allSatisfy { try member(name, of: $0.key) != nil }
    }
  }

  fileprivate mutating func union(of keys: ArraySlice<[UInt8]>) throws -> [[UInt8]] {
    var seen: Set<[UInt8]> = []
    var union: [[UInt8]] = []
    for key in keys { union += try elements(of: key).filter { seen.insert($0).inserted } }
    return union
  }

  fileprivate mutating func difference(of keys: ArraySlice<[UInt8]>) throws -> [[UInt8]] {
    guard let first = keys.first else { return [] }
    var exist: [[UInt8]] = []
    for key in keys.dropFirst() where try container(.set, key) != nil { exist.append(key) }
    return try elements(of: first).filter { name in
      try exist.allSatisfy { try member(name, of: $0) == nil }
    }
  }

  /// The command's first key is the set of these members from now on.
  fileprivate mutating func store(_ members: [[UInt8]], _ event: String) throws -> Int64 {
    let existed = try live(key) != nil
    if existed { delete(key) }
    for member in members { try setMember(member, of: key, by: .addMember) }
    if !members.isEmpty {
      notify(.set, event, key)
    } else if existed {
      notify(.generic, "del", key)
    }
    return Int64(members.count)
  }
}
