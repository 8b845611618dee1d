/// The commands by their names.
public struct CommandTable: Sendable {
  /// What became of looking for a command.
  public enum Resolution: Sendable {
    /// The command, or the subcommand, whose number of arguments is right.
    case command(Command)
    /// The error to answer.
    case refused(Reply)
  }

  /// Every command of Kvorum.
  public static let standard = CommandTable(
    [
      stringCommands, bitCommands, keyCommands, scanningCommands, hashCommands, setCommands, listCommands,
      sortedSetCommands, transactionCommands, pubsubCommands, kvorumCommands, connectionCommands,
      accessCommands,
      serverCommands, monitoringCommands, sentinelCommands,
    ].flatMap { $0 })

  /// The commands without their subcommands, in the order of their declaration.
  public let commands: [Command]
  /// Positions in `commands`, at the hash of the name or at the next free slot; -1 is a free one.
  private let slots: [Int16]

  /// A table of these commands, whose names differ.
  public init(_ commands: [Command]) {
    self.commands = commands
    var capacity = 16
    while capacity < 4 * commands.count { capacity *= 2 }
    var slots = [Int16](repeating: -1, count: capacity)
    for (position, command) in commands.enumerated() {
      var slot = Self.hash(command.word) & (capacity - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = Int16(position)
    }
    self.slots = slots
  }

  /// The command of this name, in letters of either case.
  public func command(named name: [UInt8]) -> Command? {
    var slot = Self.hash(name) & (slots.count - 1)
    while slots[slot] >= 0 {
      let command = commands[Int(slots[slot])]
      if Self.isSame(name, command.word) { return command }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// The command, or the subcommand of a container, that a request asks for, if it has the right number of arguments.
  ///
  /// `arguments` begins with the command's name and is not empty.
  public func resolve(_ arguments: [[UInt8]]) -> Resolution {
    guard let command = command(named: arguments[0]) else { return .refused(.unknownCommand(arguments)) }
    guard !command.subcommands.isEmpty, arguments.count > 1 else { return checked(command, arguments) }
    guard let subcommand = command.subcommands.first(where: { Self.isSame(arguments[1], $0.word) }) else {
      return .refused(.unknownSubcommand(arguments[1], of: command))
    }
    return checked(subcommand, arguments)
  }

  /// Resolves and evaluates a request; the error replies of both are in the outcome.
  public func evaluate(
    _ arguments: [[UInt8]], view: any KeyspaceView, context: CommandContext
  ) throws -> Outcome {
    switch resolve(arguments) {
    case .command(let command): try command.evaluate(arguments, view: view, context: context)
    case .refused(let reply): Outcome(reply: reply)
    }
  }

  /// The command of a name as `COMMAND INFO` takes it, where a subcommand is `client|setname`.
  func command(fullName: [UInt8]) -> Command? {
    let words = fullName.split(separator: UInt8(ascii: "|"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let command = command(named: Array(words[0])) else { return nil }
    guard words.count == 2 else { return command }
    return command.subcommands.first { Self.isSame(Array(words[1]), $0.word) }
  }

  private func checked(_ command: Command, _ arguments: [[UInt8]]) -> Resolution {
    guard command.accepts(argumentCount: arguments.count) else {
      return .refused(.error(CommandError.wrongArity(command.name).text))
    }
    return .command(command)
  }

  @inline(__always)
  private static func isSame(_ name: [UInt8], _ word: [UInt8]) -> Bool {
    guard name.count == word.count else { return false }
    for index in name.indices where name[index].lowercased != word[index] { return false }
    return true
  }

  /// FNV-1a over the small letters of at most the first 32 bytes: a name can be as long as a client likes.
  @inline(__always)
  private static func hash(_ name: [UInt8]) -> Int {
    var hash: UInt32 = 2_166_136_261
    for byte in name.prefix(32) { hash = (hash ^ UInt32(byte.lowercased)) &* 16_777_619 }
    return Int(hash ^ hash >> 15)
  }
}

extension Reply {
  /// The error for a command that does not exist; like Redis it shows the first 128 bytes or so of the arguments.
  static func unknownCommand(_ arguments: [[UInt8]]) -> Reply {
    let limit = 128
    var shown: [UInt8] = []
    for argument in arguments.dropFirst() where shown.count < limit {
      shown += [UInt8(ascii: "'")] + argument.prefix(limit - shown.count) + Array("' ".utf8)
    }
    let name = Array(arguments[0].prefix(limit)).lossyText
    return .error("ERR unknown command '\(name)', with args beginning with: \(shown.lossyText)")
  }

  static func unknownSubcommand(_ word: [UInt8], of container: Command) -> Reply {
    let name = Array(word.prefix(128)).lossyText
    return .error("ERR unknown subcommand '\(name)'. Try \(container.name.uppercased()) HELP.")
  }
}
