extension CommandTable {
  /// The answer to COMMAND and its subcommands.
  public func reply(toCommand arguments: [[UInt8]]) -> Reply {
    guard arguments.count > 1 else { return infoReply() }
    let words = arguments[2...]
    let subcommand = arguments[1]
    if subcommand.isWord("info") { return words.isEmpty ? infoReply() : infoReply(words) }
    if subcommand.isWord("docs") { return docsReply(words) }
    if subcommand.isWord("count") { return .integer(Int64(commands.count)) }
    if subcommand.isWord("list") { return listReply(words) }
    if subcommand.isWord("getkeys") { return keysReply(Array(words)) }
    if subcommand.isWord("getkeysandflags") { return keysReply(Array(words), withFlags: true) }
    guard let container = command(named: Array("command".utf8)) else { return .unknownCommand(arguments) }
    return subcommand.isWord("help")
      ? SessionReplies.help(container) : .unknownSubcommand(subcommand, of: container)
  }

  private func infoReply() -> Reply { .array(commands.map(\.infoReply)) }

  private func infoReply(_ names: ArraySlice<[UInt8]>) -> Reply {
    .array(names.map { command(fullName: $0)?.infoReply ?? .nullArray })
  }

  private func docsReply(_ names: ArraySlice<[UInt8]>) -> Reply {
    let wanted = names.isEmpty ? commands : names.compactMap { command(fullName: $0) }
    return .map(wanted.map { Reply.Pair(.text($0.name), $0.docsReply) })
  }

  private func listReply(_ options: ArraySlice<[UInt8]>) -> Reply {
    let all = commands.flatMap { [$0] + $0.subcommands }
    guard let first = options.first else { return Self.names(of: all) }
    guard first.isWord("filterby"), options.count == 3 else { return .error(CommandError.syntax.text) }
    let (filter, argument) = (options[options.startIndex + 1], options[options.startIndex + 2])
    if filter.isWord("module") { return .array([]) }
    if filter.isWord("aclcat") {
      return Self.names(of: all.filter { $0.categories.contains("@" + argument.lossyText.lowercased()) })
    }
    guard filter.isWord("pattern") else { return .error(CommandError.syntax.text) }
    let pattern = GlobPattern(argument, ignoresCase: true)
    return Self.names(of: all.filter { pattern.matches(Array($0.name.utf8)) })
  }

  private func keysReply(_ request: [[UInt8]], withFlags: Bool = false) -> Reply {
    guard let name = request.first, var command = command(named: name) else {
      return .error("ERR Invalid command specified")
    }
    if request.count > 1, let subcommand = command.subcommands.first(where: { $0.isCalled(request[1]) }) {
      command = subcommand
    }
    guard let positions = command.keys else { return .error("ERR The command has no key arguments") }
    guard command.accepts(argumentCount: request.count) else {
      return .error("ERR Invalid number of arguments specified for command")
    }
    let flags = Reply.set(positions.flags.map { .simple($0) })
    return .array(
      positions.keys(in: request).map { withFlags ? .array([.bulk($0), flags]) : .bulk($0) })
  }

  private static func names(of commands: [Command]) -> Reply { .array(commands.map { .text($0.name) }) }
}

extension Command {
  /// The ten elements that COMMAND INFO says of a command.
  var infoReply: Reply {
    .array([
      .text(name), .integer(Int64(arity)), .set(flags.names.map { .simple($0) }),
      .integer(Int64(keys?.first ?? 0)), .integer(Int64(keys?.last ?? 0)), .integer(Int64(keys?.step ?? 0)),
      .set(categories.map { .simple($0) }), .set([]), .set(keys.map { [$0.specificationReply] } ?? []),
      subcommands.isEmpty ? .set([]) : .array(subcommands.map(\.infoReply)),
    ])
  }

  /// The fields that COMMAND DOCS says of a command.
  var docsReply: Reply {
    var fields: [Reply.Pair] = [
      .init(.text("summary"), .text(documentation.summary)),
      .init(.text("since"), .text(documentation.since)),
      .init(.text("group"), .text(documentation.group.rawValue)),
      .init(.text("complexity"), .text(documentation.complexity)),
    ]
    if !documentation.arguments.isEmpty {
      fields.append(.init(.text("arguments"), .array(documentation.arguments.map(\.docsReply))))
    }
    if !subcommands.isEmpty {
      let replies = subcommands.map { Reply.Pair(.text($0.name), $0.docsReply) }
      fields.append(.init(.text("subcommands"), .map(replies)))
    }
    return .map(fields)
  }
}

extension KeyPositions {
  fileprivate var specificationReply: Reply {
    .fields([
      "flags": .set(flags.map { .simple($0) }),
      "begin_search": .fields(["type": .text("index"), "spec": .fields(["index": .integer(Int64(first))])]),
      // A specification counts the last key from the first one, unless it counts from the end.
      "find_keys": .fields([
        "type": .text("range"),
        "spec": .fields([
          "lastkey": .integer(Int64(last < 0 ? last : last - first)), "keystep": .integer(Int64(step)),
          "limit": .integer(0),
        ]),
      ]),
    ])
  }
}

extension CommandArgument {
  fileprivate var docsReply: Reply {
    var fields: [Reply.Pair] = [
      .init(.text("name"), .text(name)), .init(.text("type"), .text(kind.rawValue)),
    ]
    if kind == .key { fields.append(.init(.text("key_spec_index"), .integer(0))) }
    if let token { fields.append(.init(.text("token"), .text(token))) }
    let flags = (isOptional ? ["optional"] : []) + (isMultiple ? ["multiple"] : [])
    if !flags.isEmpty { fields.append(.init(.text("flags"), .set(flags.map { .simple($0) }))) }
    if !arguments.isEmpty { fields.append(.init(.text("arguments"), .array(arguments.map(\.docsReply)))) }
    return .map(fields)
  }
}
