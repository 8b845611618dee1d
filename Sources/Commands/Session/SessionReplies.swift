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

  /// The answer to TIME.
  public static func time(microsecondsOfUnixTime time: Int64) -> Reply {
    .array([.text(String(time / 1_000_000)), .text(String(time % 1_000_000))])
  }

  /// The answer to CONFIG GET: the parameters whose names match one of the patterns, in the order given.
  public static func configGet(_ arguments: [[UInt8]], parameters: [(name: String, value: String)]) -> Reply {
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
