import Commands

/// The commands that a connection has gathered since MULTI.
struct Transaction {
  /// A transaction is done in one go, and the node must not be late for a heartbeat.
  static let commandLimit = 131_072
  /// The bytes of all its arguments.
  static let byteLimit = 64 << 20

  /// A command with its arguments.
  struct Queued {
    var command: Command
    var arguments: [[UInt8]]
  }

  private(set) var commands: [Queued] = []
  /// Whether a command was refused, so that none is to be done.
  var isBroken = false
  private(set) var writes = false
  private(set) var bytes = 0

  /// Gathers a command; false if there would be too many.
  mutating func add(_ command: Command, _ arguments: [[UInt8]]) -> Bool {
    bytes += arguments.reduce(32) { $0 + $1.count }
    guard commands.count < Self.commandLimit, bytes <= Self.byteLimit else { return false }
    commands.append(Queued(command: command, arguments: arguments))
    writes = writes || command.flags.contains(.write)
    return true
  }
}

/// What is evaluated as one: a command, or a transaction.
enum Unit {
  case command(Command, [[UInt8]])
  case transaction(Transaction)

  var name: String {
    switch self {
    case .command(let command, _): command.name
    case .transaction: "exec"
    }
  }

  var writes: Bool {
    switch self {
    case .command(let command, _): command.flags.contains(.write)
    case .transaction(let transaction): transaction.writes
    }
  }

  var showsVersions: Bool {
    switch self {
    case .command(let command, _): command.showsVersions
    case .transaction(let transaction): transaction.commands.contains { $0.command.showsVersions }
    }
  }

  /// Whether it looks at keys that its arguments do not name.
  var looksAtAllKeys: Bool {
    switch self {
    case .command(let command, _): command.looksAtAllKeys
    case .transaction: false
    }
  }

  /// All words that are to be done.
  var words: [[[UInt8]]] {
    switch self {
    case .command(_, let arguments): [arguments]
    case .transaction(let transaction): transaction.commands.map(\.arguments)
    }
  }
}
