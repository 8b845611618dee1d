import Replication

/// Clients that send commands on a few groups of keys, each over a connection of its own.
struct Workload {
  struct Client {
    /// Where it asks.
    var target = 0
    var connection: Connection?
    /// Up to so many commands are on their way; one that sends one at a time waits for each reply.
    var depth = 1
    /// Reads what any node has, and never writes.
    var isObserver = false
    /// Its reads are by majority, unless a command says otherwise.
    var readsByMajority = false

    var isIdle: Bool { connection.map { !$0.isOpen || $0.expected.isEmpty } ?? true }
  }

  var clients: [Client]
  var groups: [KeyGroup] = []
  var commands = CommandDice()
  private var groupsMade = 0
  /// No client starts an operation of its own any more.
  var isQuiet = false
  var echoes = 0
  /// The newest probe of the recovery, as its place in the history.
  var probe: Int?

  /// Keys that are still in use.
  var keys: [[UInt8]] { groups.flatMap(\.keys) }

  init(clients count: Int, dice: inout Dice) {
    clients = (0..<count).map { number in
      var client = Client()
      client.depth = dice.chance(percent: 50) ? 1 : 2 + dice.below(7)
      client.isObserver = number == 2 && dice.chance(percent: 60)
      client.readsByMajority = dice.chance(percent: 20)
      return client
    }
    for kind in [KeyGroup.Kind.strings, .strings, .counter, .expiring] { groups.append(newGroup(kind)) }
  }

  private mutating func newGroup(_ kind: KeyGroup.Kind) -> KeyGroup {
    groupsMade += 1
    return KeyGroup(kind, number: groupsMade)
  }

  /// A group for one more operation.
  mutating func pickGroup(_ dice: inout Dice) -> KeyGroup {
    let slot = dice.below(groups.count)
    if groups[slot].operations >= KeyGroup.operationLimit { groups[slot] = newGroup(groups[slot].kind) }
    groups[slot].operations += 1
    return groups[slot]
  }
}
