/// Why a rule about a user means nothing, in the words of Redis.
public enum RuleError: Error, Hashable, Sendable {
  /// No rule is written so.
  case syntax
  /// The table has no such command or category.
  case unknownCommand
  /// The password to be removed is not there.
  case unknownPassword
  /// A hash is 64 hexadecimal digits.
  case malformedHash
  /// All keys are allowed already.
  case superfluousKeyPattern
  /// All channels are allowed already.
  case superfluousChannelPattern
  /// A subcommand has no further word that could be allowed alone.
  case wordOfSubcommand

  /// What is wrong, as it stands in an error reply.
  public var text: String {
    switch self {
    case .syntax: "Syntax error"
    case .unknownCommand: "Unknown command or category name in ACL"
    case .unknownPassword: "The password you are trying to remove from the user does not exist"
    case .malformedHash:
      "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
    case .superfluousKeyPattern:
      "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. "
        + "Try 'resetkeys' to start with an empty list of patterns"
    case .superfluousChannelPattern:
      "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any "
        + "effect. Try 'resetchannels' to start with an empty list of channels"
    case .wordOfSubcommand: "Allowing first-arg of a subcommand is not supported"
    }
  }
}
