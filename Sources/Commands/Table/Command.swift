import Replication

/// A command, declared once: everything that the server knows of it stands here.
public final class Command: Sendable {
  /// Decides what a command answers and does. Reads no clock and does no input or output beyond the view.
  typealias Evaluator = @Sendable (inout Evaluation) throws -> Reply

  /// Who answers a command.
  public enum Kind: Hashable, Sendable {
    /// It is evaluated against the keyspace.
    case data
    /// The node answers it from the state of the connection or of the cluster.
    case session
    /// The server answers it: it gathers commands, or does what was gathered.
    case transaction
  }

  /// In lower case; of a subcommand with its container, such as `client|setname`.
  public let name: String
  /// How many arguments, the name included; a negative number is the least there may be.
  public let arity: Int
  /// What kind of command it is.
  public let flags: CommandFlags
  /// Which arguments are keys; nil if none is.
  public let keys: KeyPositions?
  /// What people are told about it.
  public let documentation: CommandDocumentation
  /// The commands that its second word may name.
  public let subcommands: [Command]

  let evaluator: Evaluator?
  /// The last word of the name.
  let word: [UInt8]

  init(
    _ name: String, arity: Int, _ flags: CommandFlags, keys: KeyPositions? = nil,
    _ documentation: CommandDocumentation, subcommands: [Command] = [], evaluate: Evaluator? = nil
  ) {
    self.name = name
    self.arity = arity
    self.flags = flags
    self.keys = keys
    self.documentation = documentation
    self.subcommands = subcommands
    evaluator = evaluate
    kind = evaluate != nil ? .data : documentation.group == .transactions ? .transaction : .session
    showsVersions = name.hasPrefix("kv.")
    isAnsweredInTransaction = ["multi", "exec", "discard", "watch", "quit", "reset"].contains(name)
    readsMembers = [.hash, .list, .set, .sortedSet].contains(documentation.group)
    looksAtAllKeys = evaluate != nil && keys == nil
    word = Array(name.utf8.split(separator: UInt8(ascii: "|")).last ?? name.utf8[...])
  }

  /// Who answers it.
  public let kind: Kind
  /// Whether the answer shows versions and log indexes.
  public let showsVersions: Bool
  /// Whether it is answered at once between MULTI and EXEC, rather than gathered.
  public let isAnsweredInTransaction: Bool
  /// Whether it needs more of a key than its value.
  public let readsMembers: Bool
  /// Whether it looks at keys that its arguments do not name.
  public let looksAtAllKeys: Bool

  /// Whether this is the last word of its name, in letters of either case.
  func isCalled(_ name: [UInt8]) -> Bool {
    name.count == word.count && zip(name, word).allSatisfy { $0.lowercased == $1 }
  }

  /// Whether so many arguments, the name included, are as many as it takes.
  public func accepts(argumentCount: Int) -> Bool {
    arity >= 0 ? argumentCount == arity : argumentCount >= -arity
  }

  /// The keys among the arguments, of which the first is the command's name.
  public func keys(in arguments: [[UInt8]]) -> [[UInt8]] { keys?.keys(in: arguments) ?? [] }

  /// Decides what the command answers and does; the same arguments, view and context always give the same outcome.
  ///
  /// The number of arguments must be one that it accepts. What is wrong with the arguments becomes an error reply;
  /// only what the view throws is thrown. A session command is refused.
  public func evaluate(
    _ arguments: [[UInt8]], view: any KeyspaceView, context: CommandContext,
    cursors: ScanCursors = ScanCursors()
  ) throws -> Outcome {
    var evaluation = Evaluation(view: view, context: context, cursors: cursors)
    let reply = try evaluation.run(self, arguments)
    return evaluation.outcome(reply)
  }
}
