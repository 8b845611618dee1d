/// An argument of a command, as `COMMAND DOCS` describes it; redis-cli makes its hints of these.
public struct CommandArgument: Hashable, Sendable {
  /// What an argument is. The raw values are those of Redis.
  public enum Kind: String, Sendable {
    /// Any bytes.
    case string
    /// A whole number.
    case integer
    /// A number.
    case double
    /// A key.
    case key
    /// A glob pattern.
    case pattern
    /// A moment of Unix time.
    case unixTime = "unix-time"
    /// The token itself.
    case token = "pure-token"
    /// One of its arguments.
    case oneOf = "oneof"
    /// All of its arguments, in order.
    case block
  }

  /// What people call it.
  public var name: String
  /// What it is.
  public var kind: Kind
  /// The word that stands before it.
  public var token: String?
  /// Whether it may be left out.
  public var isOptional = false
  /// Whether it may be repeated.
  public var isMultiple = false
  /// The parts of a block or a choice.
  public var arguments: [CommandArgument] = []

  /// An argument of any kind.
  public init(_ kind: Kind, _ name: String, token: String? = nil, _ arguments: [CommandArgument] = []) {
    self.kind = kind
    self.name = name
    self.token = token
    self.arguments = arguments
  }

  static let key = CommandArgument(.key, "key")
  static let value = CommandArgument(.string, "value")

  /// When a value ends, as SET takes it.
  static let expiration = CommandArgument.oneOf(
    "expiration", .integer("seconds", token: "EX"), .integer("milliseconds", token: "PX"),
    .unixTime("unix-time-seconds", token: "EXAT"), .unixTime("unix-time-milliseconds", token: "PXAT"),
    .token("KEEPTTL")
  ).optional

  static func string(_ name: String, token: String? = nil) -> CommandArgument {
    CommandArgument(.string, name, token: token)
  }

  static func integer(_ name: String, token: String? = nil) -> CommandArgument {
    CommandArgument(.integer, name, token: token)
  }

  static func double(_ name: String, token: String? = nil) -> CommandArgument {
    CommandArgument(.double, name, token: token)
  }

  static func unixTime(_ name: String, token: String? = nil) -> CommandArgument {
    CommandArgument(.unixTime, name, token: token)
  }

  static func token(_ token: String) -> CommandArgument {
    CommandArgument(.token, token.lowercased(), token: token)
  }

  static func oneOf(_ name: String, token: String? = nil, _ choices: CommandArgument...) -> CommandArgument {
    CommandArgument(.oneOf, name, token: token, choices)
  }

  static func block(_ name: String, token: String? = nil, _ parts: CommandArgument...) -> CommandArgument {
    CommandArgument(.block, name, token: token, parts)
  }

  /// The same argument, which may be left out.
  var optional: CommandArgument { changed { $0.isOptional = true } }

  /// The same argument, which may be repeated.
  var multiple: CommandArgument { changed { $0.isMultiple = true } }

  private func changed(_ change: (inout CommandArgument) -> Void) -> CommandArgument {
    var copy = self
    change(&copy)
    return copy
  }
}
