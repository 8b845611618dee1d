private let range = CommandArgument.block(
  "range", .integer("start"),
  .block("end-unit-block", .integer("end"), .oneOf("unit", .token("BYTE"), .token("BIT")).optional).optional
).optional

private let fields: [CommandArgument] = [
  .block("get-block", token: "GET", .string("encoding"), .integer("offset")),
  .block(
    "write",
    .oneOf("overflow-block", token: "OVERFLOW", .token("WRAP"), .token("SAT"), .token("FAIL")).optional,
    .oneOf(
      "write-operation",
      .block("set-block", token: "SET", .string("encoding"), .integer("offset"), .integer("value")),
      .block("incrby-block", token: "INCRBY", .string("encoding"), .integer("offset"), .integer("increment")))
  ),
]

/// The commands on the bits of strings.
let bitCommands: [Command] = [
  Command(
    "setbit", arity: 4, [.write, .denyOOM], keys: .first("RW", "access", "update"),
    .init(
      .bitmap, since: "2.2.0", "Set or clear the bit at an offset in the string value stored at key", .key,
      .integer("offset"), .integer("value"))
  ) {
    let offset = try $0.bitOffset($0.arguments[2])
    guard let bit = $0.arguments[3].parsedInteger, (0...1).contains(bit) else {
      throw CommandError("ERR bit is not an integer or out of range")
    }
    let old = try $0.string($0.key)
    var bits = BitString(old?.value ?? [])
    try $0.checkLength(ofValue: max(bits.bytes.count, offset / 8 + 1))
    let before = bits[offset]
    bits[offset] = bit == 1
    try $0.put($0.key, bits.bytes, expiresAt: old?.expiresAt)
    $0.notify(.string, "setbit", $0.key)
    return .integer(before ? 1 : 0)
  },
  Command(
    "getbit", arity: 3, [.readonly, .fast], keys: .first("RO", "access"),
    .init(.bitmap, since: "2.2.0", "Get the bit value at an offset", .key, .integer("offset"))
  ) {
    let offset = try $0.bitOffset($0.arguments[2])
    return try .integer(BitString($0.string($0.key)?.value ?? [])[offset] ? 1 : 0)
  },
  Command(
    "bitcount", arity: -2, [.readonly], keys: .first("RO", "access"),
    .init(
      .bitmap, since: "2.6.0", "Count the bits that are set in a string", complexity: "O(N)", .key, range)
  ) {
    let options = $0.arguments[2...]
    guard options.count != 1, options.count <= 3 else { throw CommandError.syntax }
    let wanted = try options.isEmpty ? nil : BitRange(options)
    let bits = BitString(try $0.string($0.key)?.value ?? [])
    guard let wanted else { return .integer(Int64(bits.count(in: 0..<bits.count))) }
    return .integer(Int64(bits.count(in: wanted.bits(of: bits))))
  },
  Command(
    "bitpos", arity: -3, [.readonly], keys: .first("RO", "access"),
    .init(
      .bitmap, since: "2.8.7", "Find the first bit that is set or clear in a string", complexity: "O(N)",
      .key,
      .integer("bit"), range), evaluate: position),
  Command(
    "bitop", arity: -4, [.write, .denyOOM],
    keys: KeyPositions(first: 2, last: -1, step: 1, flags: ["OW", "update"]),
    .init(
      .bitmap, since: "2.6.0", "Do a bitwise operation on strings and store the result", complexity: "O(N)",
      .oneOf("operation", .token("AND"), .token("OR"), .token("XOR"), .token("NOT")),
      CommandArgument(.key, "destkey"), .key.multiple), evaluate: operation),
  Command(
    "bitfield", arity: -2, [.write, .denyOOM], keys: .first("RW", "access", "update", "variable_flags"),
    .init(
      .bitmap, since: "3.2.0", "Do arbitrary bitfield integer operations on strings",
      complexity: "O(1) for each subcommand specified", .key,
      CommandArgument(.oneOf, "operation", fields).optional.multiple)
  ) { try $0.bitField(isReadOnly: false) },
  Command(
    "bitfield_ro", arity: -2, [.readonly, .fast], keys: .first("RO", "access"),
    .init(
      .bitmap, since: "6.0.0", "Do arbitrary read-only bitfield integer operations on strings",
      complexity: "O(1) for each subcommand specified", .key, fields[0].optional.multiple)
  ) { try $0.bitField(isReadOnly: true) },
]

private let position: Command.Evaluator = { evaluation in
  let options = evaluation.arguments[3...]
  guard let bit = evaluation.arguments[2].parsedInteger else { throw CommandError.notAnInteger }
  guard (0...1).contains(bit) else { throw CommandError("ERR The bit argument must be 1 or 0.") }
  guard options.count <= 3 else { throw CommandError.syntax }
  let wanted = try options.isEmpty ? nil : BitRange(options)
  guard let stored = try evaluation.string(evaluation.key) else { return .integer(bit == 1 ? -1 : 0) }
  let bits = BitString(stored.value)
  let searched = wanted?.bits(of: bits) ?? 0..<bits.count
  if let found = bits.first(bit == 1, in: searched) { return .integer(Int64(found)) }
  // Without an end the string counts as followed by zeros for ever.
  guard bit == 0, !searched.isEmpty, wanted?.hasEnd != true else { return .integer(-1) }
  return .integer(Int64(bits.count))
}

private let operation: Command.Evaluator = { evaluation in
  let (word, destination) = (evaluation.arguments[1], evaluation.arguments[2])
  let sources = evaluation.arguments[3...]
  let combine: (UInt8, UInt8) -> UInt8
  if word.isWord("and") {
    combine = { $0 & $1 }
  } else if word.isWord("or") {
    combine = { $0 | $1 }
  } else if word.isWord("xor") {
    combine = { $0 ^ $1 }
  } else if word.isWord("not") {
    guard sources.count == 1 else {
      throw CommandError("ERR BITOP NOT must be called with a single source key.")
    }
    combine = { _, byte in ~byte }
  } else {
    throw CommandError.syntax
  }
  let values = try sources.map { try evaluation.string($0)?.value ?? [] }
  let length = values.map(\.count).max() ?? 0
  func padded(_ value: [UInt8]) -> [UInt8] { value + [UInt8](repeating: 0, count: length - value.count) }
  var result = padded(values[0])
  if word.isWord("not") {
    for place in result.indices { result[place] = combine(0, result[place]) }
  }
  for value in values.dropFirst() {
    let other = padded(value)
    for place in result.indices { result[place] = combine(result[place], other[place]) }
  }
  if result.isEmpty {
    if try evaluation.live(destination) != nil {
      evaluation.delete(destination)
      evaluation.notify(.generic, "del", destination)
    }
  } else {
    try evaluation.put(destination, result)
    evaluation.notify(.string, "set", destination)
  }
  return .integer(Int64(result.count))
}

extension Evaluation {
  /// The most bits that Redis addresses: 512 MiB.
  private static var addressedBits: Int64 { 1 << 32 }

  fileprivate func bitOffset(_ argument: [UInt8], width: Int? = nil) throws(CommandError) -> Int {
    var digits = argument
    let isScaled = width != nil && argument.first == UInt8(ascii: "#")
    if isScaled { digits.removeFirst() }
    guard let number = digits.parsedInteger, number >= 0 else { throw .bitOffset }
    let (offset, overflows) = number.multipliedReportingOverflow(by: isScaled ? Int64(width ?? 1) : 1)
    guard !overflows, offset < Self.addressedBits else { throw .bitOffset }
    return Int(offset)
  }

  fileprivate mutating func bitField(isReadOnly: Bool) throws -> Reply {
    let steps = try BitFieldStep.read(arguments[2...]) { (argument, width) throws(CommandError) in
      try bitOffset(argument, width: width)
    }
    guard !isReadOnly || steps.allSatisfy({ $0.change == nil }) else {
      throw CommandError("ERR BITFIELD_RO only supports the GET subcommand")
    }
    let old = try string(key)
    var bits = BitString(old?.value ?? [])
    var replies: [Reply] = []
    var changes = false
    for step in steps {
      if step.change != nil {
        try checkLength(ofValue: (step.offset + step.type.width + 7) / 8)
        changes = true
        bits.grow(toHold: step.offset + step.type.width)
      }
      replies.append(step.run(on: &bits).map { .integer($0) } ?? .null)
    }
    if changes {
      try put(key, bits.bytes, expiresAt: old?.expiresAt)
      notify(.string, "setbit", key)
    }
    return .array(replies)
  }
}

extension CommandError {
  fileprivate static let bitOffset = CommandError("ERR bit offset is not an integer or out of range")
}
