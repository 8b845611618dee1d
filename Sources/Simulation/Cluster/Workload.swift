import Replication

/// Clients that put and get a few keys, one operation at a time each.
struct Workload {
  struct Client {
    /// Where it asks.
    var target = 0
    var operation: Operation?
    /// The attempt or the pause that it waits for.
    var attempt: UInt64 = 0
  }

  struct Operation {
    var key: [UInt8]
    var action: History.Action
    /// Its place in the history of the key.
    var place: Int
    var giveUpAt: Int64
  }

  var clients: [Client]
  var keys: [[UInt8]] = []
  private var keysMade = 0
  var valuesMade: UInt64 = 0
  var attempts: UInt64 = 0
  /// No client starts an operation of its own any more.
  var quiet = false

  /// Histories are kept this short, so that checking them stays fast.
  static let operationsPerKey = 30

  init(clients count: Int) {
    clients = Array(repeating: Client(), count: count)
    for _ in 0..<3 { keys.append(newKey()) }
  }

  mutating func newKey() -> [UInt8] {
    keysMade += 1
    return Array("key\(keysMade)".utf8)
  }
}

extension Cluster {
  private var answerTimeout: Int64 { 2_000_000_000 }

  func pauseClient(_ client: Int) {
    workload.attempts += 1
    workload.clients[client].attempt = workload.attempts
    schedule(
      .wake(client: client, attempt: workload.attempts),
      after: clientDice.between(plan.thinkTime / 10, plan.thinkTime * 2))
  }

  /// A pause or the patience of a client is over.
  func wake(_ client: Int, attempt: UInt64) {
    guard workload.clients[client].attempt == attempt else { return }
    if let operation = workload.clients[client].operation {
      // No answer: a read never mattered, a write may have happened or may still happen.
      workload.clients[client].target = someMaster
      leave(operation, client)
    } else if !workload.quiet {
      begin(client)
    }
  }

  private func begin(_ client: Int) {
    let slot = clientDice.below(workload.keys.count)
    if history.count(of: workload.keys[slot]) >= Workload.operationsPerKey {
      workload.keys[slot] = workload.newKey()
    }
    workload.valuesMade += 1
    let action: History.Action =
      switch clientDice.below(20) {
      case 0..<9: .get
      case 9..<16: .put(workload.valuesMade)
      case 16..<18: .put(nil)
      default: .putIfAbsent(workload.valuesMade)
      }
    ask(action, of: workload.keys[slot], client)
  }

  /// Starts an operation at the client's present target.
  func ask(_ action: History.Action, of key: [UInt8], _ client: Int) {
    let place = history.begin(action, on: key, client: client)
    workload.clients[client].operation = Workload.Operation(
      key: key, action: action, place: place, giveUpAt: time + 2 * answerTimeout)
    send(client, after: clientDice.between(50_000, 2_000_000))
  }

  private func send(_ client: Int, after span: Int64) {
    guard let operation = workload.clients[client].operation else { return }
    workload.attempts += 1
    workload.clients[client].attempt = workload.attempts
    let request = Request(
      client: client, attempt: workload.attempts, key: operation.key, action: operation.action)
    schedule(.request(request, machine: workload.clients[client].target), after: span)
    schedule(.wake(client: client, attempt: workload.attempts), after: answerTimeout)
  }

  func replied(_ reply: Reply, to client: Int, attempt: UInt64) {
    guard workload.clients[client].attempt == attempt, let operation = workload.clients[client].operation
    else { return }
    trace.mix(client)
    switch reply {
    case .done(let seen):
      trace.say(
        at: time,
        "client\(client): \(operation.action) \(RegisterCoding.text(operation.key)) -> \(seen as Any)")
      trace.mix(seen ?? 0)
      history.end(operation.place, on: operation.key, seen: seen)
      finish(client)
    case .moved(let active):
      guard time < operation.giveUpAt else {
        history.void(operation.place, on: operation.key)
        finish(client)
        return
      }
      workload.clients[client].target = active.flatMap { machineOf[$0] } ?? someMaster
      send(client, after: clientDice.between(2_000_000, 30_000_000))
    case .refused:
      if clientDice.chance(percent: 50) { workload.clients[client].target = someMaster }
      history.void(operation.place, on: operation.key)
      finish(client)
    case .inDoubt, .closed: leave(operation, client)
    }
  }

  private var someMaster: Int {
    clientDice.pick(machines.filter { $0.role.isMaster && !$0.retired }.map(\.index)) ?? 0
  }

  private func leave(_ operation: Workload.Operation, _ client: Int) {
    if operation.action == .get { history.void(operation.place, on: operation.key) }
    finish(client)
  }

  private func finish(_ client: Int) {
    workload.clients[client].operation = nil
    pauseClient(client)
  }

  /// The sockets of a node that has ended are closed; some clients only notice by waiting.
  func closeClients(of machine: Machine) {
    for (index, client) in workload.clients.enumerated()
    where client.operation != nil && client.target == machine.index && clientDice.chance(percent: 70) {
      schedule(
        .reply(.closed, client: index, attempt: client.attempt), after: clientDice.between(50_000, 1_000_000))
    }
  }
}
