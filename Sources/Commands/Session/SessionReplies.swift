/// The answers to session commands that depend on nothing but the request and what the node passes in.
public enum SessionReplies {
  /// The answer to PING, for a connection that is not subscribed to anything.
  public static func ping(_ arguments: [[UInt8]]) -> Reply {
    switch arguments.count {
    case 1: .simple("PONG")
    case 2: .bulk(arguments[1])
    default: .error(CommandError.wrongArity("ping").text)
    }
  }

  /// The answer to ECHO.
  public static func echo(_ arguments: [[UInt8]]) -> Reply { .bulk(arguments[1]) }

  /// The answer to SELECT: there is one keyspace, number 0.
  public static func select(_ arguments: [[UInt8]]) -> Reply {
    guard let number = arguments[1].parsedInteger, Int32(exactly: number) != nil else {
      return .error(CommandError.notAnInteger.text)
    }
    return number == 0 ? .ok : .error("ERR DB index is out of range")
  }

  /// The answer to SWAPDB.
  public static func swapDatabases(_ arguments: [[UInt8]]) -> Reply {
    guard let one = database(arguments[1]) else { return .error("ERR invalid first DB index") }
    guard let other = database(arguments[2]) else { return .error("ERR invalid second DB index") }
    return one == 0 && other == 0 ? .ok : .error("ERR DB index is out of range")
  }

  /// The answer to MOVE: there is nowhere to move a key to.
  public static func move(_ arguments: [[UInt8]]) -> Reply {
    guard let number = database(arguments[2]) else { return .error(CommandError.notAnInteger.text) }
    return .error(
      number == 0
        ? "ERR source and destination objects are the same" : "ERR DB index is out of range")
  }

  private static func database(_ text: [UInt8]) -> Int32? { text.parsedInteger.flatMap(Int32.init(exactly:)) }

  /// The answer to the subcommands of CLIENT that are about keys that a client has cached: none is tracked.
  public static func tracking(_ arguments: [[UInt8]]) -> Reply {
    if arguments[1].isWord("getredir") { return .integer(-1) }
    if arguments[1].isWord("trackinginfo") {
      return .fields(["flags": .set([.text("off")]), "redirect": .integer(-1), "prefixes": .array([])])
    }
    if arguments[1].isWord("caching") {
      return .error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode "
          + "enabled")
    }
    if arguments[2].isWord("off") { return .ok }
    guard arguments[2].isWord("on") else { return .error(CommandError.syntax.text) }
    return .error(
      "ERR CLIENT TRACKING is not supported: clients are not told of the keys that they have cached")
  }

  /// The answer to DEBUG.
  public static let debug = Reply.error(
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a "
      + "local connection, otherwise you need to set this option in the configuration file, and then restart the "
      + "server.")

  /// The answer to CLUSTER.
  public static let cluster = Reply.error("ERR This instance has cluster support disabled")

  /// The answer to TIME.
  public static func time(microsecondsOfUnixTime time: Int64) -> Reply {
    .array([.text(String(time / 1_000_000)), .text(String(time % 1_000_000))])
  }

  /// The answer to CONFIG GET: the parameters whose names match one of the patterns, in the order given.
  public static func configGet(_ arguments: [[UInt8]], parameters: [ConfigurationParameter]) -> Reply {
    let patterns = arguments.dropFirst(2).map { GlobPattern($0, ignoresCase: true) }
    let matching = parameters.filter { parameter in
      patterns.contains { $0.matches(Array(parameter.name.utf8)) }
    }
    return .map(matching.map { Reply.Pair(.text($0.name), .text($0.value)) })
  }

  /// The answer to HELLO. `mode` is `standalone` or `sentinel`; `role` is `master` or `replica`, or nil for none.
  public static func hello(
    version: String, protocolVersion: Int, connection: Int64, mode: String = "standalone", role: String?
  ) -> Reply {
    var fields: [Reply.Pair] = [
      .init(.text("server"), .text("redis")), .init(.text("version"), .text(version)),
      .init(.text("proto"), .integer(Int64(protocolVersion))), .init(.text("id"), .integer(connection)),
      .init(.text("mode"), .text(mode)),
    ]
    if let role { fields.append(.init(.text("role"), .text(role))) }
    fields.append(.init(.text("modules"), .array([])))
    return .map(fields)
  }

  /// The answer to the HELP of a container such as CLIENT.
  public static func help(_ container: Command) -> Reply {
    var lines = ["\(container.name.uppercased()) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"]
    for subcommand in container.subcommands {
      let usage = subcommand.documentation.arguments.map { " " + $0.usage }.joined()
      lines.append(String(decoding: subcommand.word, as: UTF8.self).uppercased() + usage)
      lines.append("    \(subcommand.documentation.summary)")
    }
    return .array(lines.map { .simple($0) })
  }
}

extension CommandArgument {
  /// How people write it, such as `[EX <seconds>]`.
  var usage: String {
    let inner =
      switch kind {
      case .token: ""
      case .oneOf: arguments.map(\.usage).joined(separator: "|")
      case .block: arguments.map(\.usage).joined(separator: " ")
      default: "<\(name)>"
      }
    let whole = [token ?? "", inner].filter { !$0.isEmpty }.joined(separator: " ")
    let repeated = isMultiple ? "\(whole) [\(inner) ...]" : whole
    return isOptional ? "[\(repeated)]" : repeated
  }
}
