import Replication

/// The commands on values that are lists.
let listCommands: [Command] = [
  Command(
    "lpush", arity: -3, [.write, .denyOOM, .fast], keys: .first("RW", "insert"),
    pushing("1.0.0", "Prepend elements to a list")
  ) { try $0.push(at: .head, onlyToExisting: false) },
  Command(
    "rpush", arity: -3, [.write, .denyOOM, .fast], keys: .first("RW", "insert"),
    pushing("1.0.0", "Append elements to a list")
  ) { try $0.push(at: .tail, onlyToExisting: false) },
  Command(
    "lpushx", arity: -3, [.write, .denyOOM, .fast], keys: .first("RW", "insert"),
    pushing("2.2.0", "Prepend elements to a list only when the list exists")
  ) { try $0.push(at: .head, onlyToExisting: true) },
  Command(
    "rpushx", arity: -3, [.write, .denyOOM, .fast], keys: .first("RW", "insert"),
    pushing("2.2.0", "Append elements to a list only when the list exists")
  ) { try $0.push(at: .tail, onlyToExisting: true) },
  Command(
    "lpop", arity: -2, [.write, .fast], keys: .first("RW", "access", "delete"),
    popping("Return the first elements of a list after removing them")
  ) { try $0.pop(from: .head) },
  Command(
    "rpop", arity: -2, [.write, .fast], keys: .first("RW", "access", "delete"),
    popping("Return the last elements of a list after removing them")
  ) { try $0.pop(from: .tail) },
  Command(
    "llen", arity: 2, [.readonly, .fast], keys: .first("RO"),
    .init(.list, since: "1.0.0", "Return the length of a list", .key)
  ) { try .integer(Int64($0.length(of: $0.key))) },
  Command(
    "lrange", arity: 4, [.readonly], keys: .first("RO", "access"),
    .init(
      .list, since: "1.0.0", "Return a range of elements of a list",
      complexity: "O(S+N) where S is the distance of the range from the nearer end and N its length.", .key,
      .integer("start"), .integer("stop"))
  ) { evaluation in
    let bounds = try (evaluation.arguments[2].integer(), evaluation.arguments[3].integer())
    let (key, length) = try (evaluation.key, evaluation.length(of: evaluation.key))
    let range = Range(bounds, in: length)
    guard !range.isEmpty else { return .array([]) }
    return try .array(
      evaluation.elements(of: key, from: range.lowerBound, count: range.count, length: length)
        .map { .bulk($0.value) })
  },
  Command(
    "lindex", arity: 3, [.readonly], keys: .first("RO", "access"),
    .init(
      .list, since: "1.0.0", "Return an element of a list by its index",
      complexity: "O(N) where N is the distance of the element from the nearer end.", .key, .integer("index"))
  ) {
    guard try $0.list($0.key) != nil else { return .null }
    return try .optional($0.element(at: $0.arguments[2].integer())?.value)
  },
  Command(
    "lset", arity: 4, [.write, .denyOOM], keys: .first("RW", "update"),
    .init(
      .list, since: "1.0.0", "Set the value of an element of a list by its index",
      complexity: "O(N) where N is the distance of the element from the nearer end.", .key,
      .integer("index"), .string("element"))
  ) {
    guard try $0.list($0.key) != nil else { throw CommandError.noSuchKey }
    guard let element = try $0.element(at: $0.arguments[2].integer()) else { throw CommandError.outOfRange }
    try $0.setMember(element.name, $0.arguments[3], of: $0.key, by: .setElement, isNew: false)
    $0.notify(.list, "lset", $0.key)
    return .ok
  },
  Command(
    "lrem", arity: 4, [.write], keys: .first("RW", "delete"),
    .init(
      .list, since: "1.0.0", "Remove elements of a list that are equal to a value",
      complexity: "O(N) where N is the number of elements up to the last one that is removed.", .key,
      .integer("count"), .string("element")), evaluate: removeEqual),
  Command(
    "ltrim", arity: 4, [.write], keys: .first("RW", "delete"),
    .init(
      .list, since: "1.0.0", "Remove the elements of a list that are outside a range",
      complexity: "O(N) where N is the number of elements to be removed.", .key, .integer("start"),
      .integer("stop")), evaluate: trim),
  Command(
    "linsert", arity: 5, [.write, .denyOOM], keys: .first("RW", "insert"),
    .init(
      .list, since: "2.2.0", "Insert an element before or after another element of a list",
      complexity: "O(N) where N is the number of elements before the pivot.", .key,
      .oneOf("where", .token("BEFORE"), .token("AFTER")), .string("pivot"), .string("element")),
    evaluate: insert),
  Command(
    "lpos", arity: -3, [.readonly], keys: .first("RO", "access"),
    .init(
      .list, since: "6.0.6", "Return the indexes of elements of a list that are equal to a value",
      complexity: "O(N) where N is the number of elements that are compared.", .key, .string("element"),
      .integer("rank", token: "RANK").optional, .integer("num-matches", token: "COUNT").optional,
      .integer("len", token: "MAXLEN").optional), evaluate: findEqual),
  Command(
    "lmove", arity: 5, [.write, .denyOOM], keys: .pair("RW", "access", "delete"),
    .init(
      .list, since: "6.2.0", "Return an element after moving it from one list to another",
      CommandArgument(.key, "source"), CommandArgument(.key, "destination"),
      .oneOf("wherefrom", .token("LEFT"), .token("RIGHT")),
      .oneOf("whereto", .token("LEFT"), .token("RIGHT")))
  ) { try $0.move(from: ListEnd($0.arguments[3]), to: ListEnd($0.arguments[4])) },
  Command(
    "rpoplpush", arity: 3, [.write, .denyOOM], keys: .pair("RW", "access", "delete"),
    .init(
      .list, since: "1.2.0", "Return the last element of a list after moving it to the head of another",
      CommandArgument(.key, "source"), CommandArgument(.key, "destination"))
  ) { try $0.move(from: .tail, to: .head) },
  Command(
    "lmpop", arity: -4, [.write, .movableKeys], keys: .counted(at: 1, "RW", "access", "delete"),
    .init(
      .list, since: "7.0.0", "Return elements of the first list that is not empty after removing them",
      complexity: "O(N+M) where N is the number of keys and M the number of elements returned.",
      .integer("numkeys"), .key.multiple, .oneOf("where", .token("LEFT"), .token("RIGHT")),
      .integer("count", token: "COUNT").optional), evaluate: popFirst),
]

private func pushing(_ since: String, _ summary: String) -> CommandDocumentation {
  .init(
    .list, since: since, summary, complexity: "O(N) to add N elements", .key, .string("element").multiple)
}

private func popping(_ summary: String) -> CommandDocumentation {
  .init(
    .list, since: "1.0.0", summary, complexity: "O(N) where N is the number of elements returned", .key,
    .integer("count").optional)
}

private let removeEqual: Command.Evaluator = { evaluation in
  let (key, value) = (evaluation.key, evaluation.arguments[3])
  let count = try evaluation.arguments[2].integer()
  guard try evaluation.list(key) != nil else { return .integer(0) }
  var equal: [KeyMember] = []
  try evaluation.forEachElement(of: key, from: count < 0 ? .tail : .head) { element in
    if element.value == value { equal.append(element) }
    return count == 0 || equal.count < count.magnitude
  }
  guard !equal.isEmpty else { return .integer(0) }
  try evaluation.remove(equal, of: key, event: "lrem")
  return .integer(Int64(equal.count))
}

private let trim: Command.Evaluator = { evaluation in
  let bounds = try (evaluation.arguments[2].integer(), evaluation.arguments[3].integer())
  let key = evaluation.key
  guard try evaluation.list(key) != nil else { return .ok }
  let length = try evaluation.length(of: key)
  let range = Range(bounds, in: length)
  var outside: [KeyMember] = []
  if !range.isEmpty {
    outside = try evaluation.members(of: key, limit: range.lowerBound)
    outside += try evaluation.members(of: key, limit: length - range.upperBound, descending: true)
    try evaluation.remove(outside, of: key, event: "ltrim")
  } else {
    evaluation.delete(key)
    evaluation.notify(.list, "ltrim", key)
    evaluation.notify(.generic, "del", key)
  }
  return .ok
}

private let insert: Command.Evaluator = { evaluation in
  let (key, pivot, value) = (evaluation.key, evaluation.arguments[3], evaluation.arguments[4])
  let isBefore = evaluation.arguments[2].isWord("before")
  guard isBefore || evaluation.arguments[2].isWord("after") else { throw CommandError.syntax }
  guard try evaluation.list(key) != nil else { return .integer(0) }
  var found: KeyMember?
  try evaluation.forEachElement(of: key, from: .head) { element in
    if element.value == pivot { found = element }
    return found == nil
  }
  guard let found else { return .integer(-1) }
  let neighbour = try evaluation.members(of: key, after: found.name, limit: 1, descending: isBefore).first
  if let neighbour {
    let (low, high) = isBefore ? (neighbour, found) : (found, neighbour)
    try evaluation.insert(value, between: low.name, and: high.name, of: key)
  } else {
    try evaluation.place([value], at: isBefore ? .head : .tail, of: key)
  }
  evaluation.notify(.list, "linsert", key)
  return try .integer(Int64(evaluation.length(of: key)))
}

private let findEqual: Command.Evaluator = { evaluation in
  let (key, value) = (evaluation.key, evaluation.arguments[2])
  let options = try ListSearchOptions(evaluation.arguments[3...])
  guard try evaluation.list(key) != nil else { return options.count == nil ? .null : .array([]) }
  let length = try evaluation.length(of: key)
  var (seen, equal) = (0, 0)
  var found: [Reply] = []
  try evaluation.forEachElement(of: key, from: options.end) { element in
    if element.value == value {
      equal += 1
      if equal >= options.rank {
        found.append(.integer(Int64(options.end == .head ? seen : length - 1 - seen)))
      }
    }
    seen += 1
    return found.count < options.wanted && seen < options.maximum
  }
  return options.count == nil ? found.first ?? .null : .array(found)
}

private let popFirst: Command.Evaluator = { evaluation in
  guard let count = evaluation.arguments[1].parsedInteger, count > 0 else {
    throw CommandError("ERR numkeys should be greater than 0")
  }
  guard count < Int64(evaluation.arguments.count - 2) else { throw CommandError.syntax }
  let keys = evaluation.arguments[2..<2 + Int(count)]
  let end = try ListEnd(evaluation.arguments[2 + Int(count)])
  let options = evaluation.arguments[(3 + Int(count))...]
  var wanted: Int64 = 1
  if !options.isEmpty {
    guard options.count == 2, options.first!.isWord("count") else { throw CommandError.syntax }
    guard let number = options.last!.parsedInteger, number > 0 else {
      throw CommandError("ERR count should be greater than 0")
    }
    wanted = number
  }
  for key in keys where try evaluation.list(key) != nil {
    let values = try evaluation.pop(Int(wanted), from: end, of: key)
    return .array([.bulk(key), .array(values.map { .bulk($0) })])
  }
  return .nullArray
}

extension Evaluation {
  fileprivate mutating func push(at end: ListEnd, onlyToExisting: Bool) throws -> Reply {
    guard try list(key) != nil || !onlyToExisting else { return .integer(0) }
    try push(arguments[2...], at: end, of: key)
    return try .integer(Int64(length(of: key)))
  }

  fileprivate mutating func pop(from end: ListEnd) throws -> Reply {
    guard arguments.count <= 3 else { throw CommandError.wrongArity(command.name) }
    var count: Int64?
    if arguments.count == 3 {
      count = arguments[2].parsedInteger
      guard count ?? -1 >= 0 else { throw CommandError("ERR value is out of range, must be positive") }
    }
    guard try list(key) != nil else { return count == nil ? .null : .nullArray }
    let values = try pop(Int(count ?? 1), from: end, of: key)
    return count == nil ? .optional(values.first) : .array(values.map { .bulk($0) })
  }

  /// An element of the command's list, which exists; a negative index counts from the tail, where -1 is the last one.
  fileprivate mutating func element(at index: Int64) throws -> KeyMember? {
    let length = try length(of: key)
    let place = index < 0 ? Int64(length) + index : index
    guard place >= 0, place < length else { return nil }
    return try elements(of: key, from: Int(place), count: 1, length: length).first
  }

  /// Moves an element from the command's first key to its second.
  ///
  /// It is there twice for a moment: a list that is its own destination must not be deleted in between.
  fileprivate mutating func move(from source: ListEnd, to destination: ListEnd) throws -> Reply {
    let target = arguments[2]
    guard try list(key) != nil else { return .null }
    _ = try list(target)
    guard let element = try members(of: key, limit: 1, descending: source == .tail).first else {
      return .null
    }
    try push([element.value], at: destination, of: target)
    try remove([element], of: key, event: source.popEvent)
    return .bulk(element.value)
  }
}

extension Range<Int> {
  /// The indexes from a first to a last one, of which negative ones count from the end, as far as there are such in a
  /// list of this length.
  init(_ bounds: (first: Int64, last: Int64), in length: Int) {
    let all = Int64(length)
    let first = Swift.max(0, bounds.first < 0 ? all + bounds.first : bounds.first)
    let last = Swift.min(all - 1, bounds.last < 0 ? all + bounds.last : bounds.last)
    self = first <= last ? Int(first)..<Int(last) + 1 : 0..<0
  }
}
