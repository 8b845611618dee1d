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
  /// The other value of each that an MSET or MSETNX writes; no value is drawn twice.
  private var partners: [[UInt8]: [UInt8]] = [:]
  /// The newest probe of the recovery, as its place in the history.
  var probe: Int?

  /// Keys that are still in use.
  var keys: [[UInt8]] { groups.flatMap(\.keys) }

  init(clients count: Int, dice: inout Dice) {
    clients = (0..<count).map { number in
      var client = Client()
      client.depth = dice.chance(percent: 60) ? 1 : 2 + dice.below(4)
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

  /// Remembers which values a command writes together.
  mutating func noteValues(of words: [[UInt8]]) {
    guard words[0].starts(with: Array("MSET".utf8)), words.count == 5 else { return }
    partners[words[2]] = words[4]
    partners[words[4]] = words[2]
  }

  /// A committed entry that holds one of two values that belong together; returns what is wrong, or nil.
  func torn(_ entry: Entry) -> Broken? {
    guard !partners.isEmpty, case .mutations(let mutations) = entry.payload else { return nil }
    for value in mutations.map(\.value) {
      guard let partner = partners[value], !mutations.contains(where: { $0.value == partner }) else {
        continue
      }
      return Broken(
        .linearizable,
        "entry \(entry.index) holds \(HistoryText.of(value)) of an MSET without \(HistoryText.of(partner))")
    }
    return nil
  }

  /// A group for one more operation.
  mutating func pickGroup(_ dice: inout Dice) -> KeyGroup {
    let slot = dice.below(groups.count)
    if groups[slot].operations >= KeyGroup.operationLimit { groups[slot] = newGroup(groups[slot].kind) }
    groups[slot].operations += 1
    return groups[slot]
  }
}
