/// Why a command is refused, in the words of Redis where it has some. A refused command changes nothing.
public struct CommandError: Error, Hashable, Sendable {
  /// The text of the error reply, its prefix included.
  public var text: String

  /// Makes an error from its text, prefix included.
  public init(_ text: String) { self.text = text }

  static let wrongType = CommandError(
    "WRONGTYPE Operation against a key holding the wrong kind of value")
  static let notAFloat = CommandError("ERR value is not a valid float")
  static let noSuchKey = CommandError("ERR no such key")
  static let outOfRange = CommandError("ERR index out of range")
  static let syntax = CommandError("ERR syntax error")
  static let notAnInteger = CommandError("ERR value is not an integer or out of range")
  static let overflow = CommandError("ERR increment or decrement would overflow")
  static let decrementOverflow = CommandError("ERR decrement would overflow")

  static func wrongArity(_ command: String) -> CommandError {
    CommandError("ERR wrong number of arguments for '\(command)' command")
  }

  /// A subcommand of a container has more arguments than it takes.
  static func wrongSubcommand(_ word: String, of container: String) -> CommandError {
    CommandError(
      "ERR unknown subcommand or wrong number of arguments for '\(word)'. Try \(container) HELP.")
  }

  static func invalidExpireTime(_ command: String) -> CommandError {
    CommandError("ERR invalid expire time in '\(command)' command")
  }

  static func keyTooLong(_ count: Int, limit: Int) -> CommandError {
    CommandError("ERR the key has \(count) bytes, more than the limit of \(limit) (--max-key-bytes)")
  }

  static func valueTooLong(_ count: Int, limit: Int) -> CommandError {
    CommandError("ERR the value has \(count) bytes, more than the limit of \(limit) (--max-value-bytes)")
  }
}
