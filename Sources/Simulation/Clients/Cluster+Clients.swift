import Commands
import DequeModule
import Replication

// The clients' side: what they ask, and what they make of the answers.

extension Cluster {
  private var patience: Int64 { 3_000_000_000 }

  func happen(_ step: ClientStep) {
    switch step {
    case .wake(let client): wake(client)
    case .requests(let batch, let connection): arrive(batch, over: connection)
    case .replies(let replies, let connection):
      for reply in replies where connection.isOpen { take(reply, over: connection) }
    case .closed(let connection): lose(connection)
    case .patience(let connection, let asked):
      if connection.isOpen, connection.answered < asked { drop(connection) }
    case .mayEnd(let key, let end): _ = history.begin(.expiry(key: key, at: end))
    }
  }

  func pauseClient(_ client: Int) {
    schedule(
      .client(.wake(client: client)), after: clientDice.between(plan.thinkTime / 10, plan.thinkTime * 2))
  }

  private func wake(_ number: Int) {
    guard !workload.isQuiet else { return }
    pauseClient(number)
    let client = workload.clients[number]
    let waiting = client.connection.map { $0.isOpen ? $0.expected.count : 0 } ?? 0
    guard waiting < client.depth else { return }
    if let connection = client.connection, connection.isOpen, clientDice.chance(percent: 1) {
      return drop(connection)
    }
    let connection = connection(of: number)
    var batch = Batch()
    for _ in 0...clientDice.below(client.depth - waiting) {
      if client.isObserver { observe(&batch) } else { ask(&batch) }
    }
    send(batch, over: connection)
  }

  // MARK: Asking

  /// Commands that are sent together, and what their client waits for.
  private struct Batch {
    var commands: [[[UInt8]]] = []
    var expected: [Connection.Expectation] = []

    mutating func add(_ words: [[UInt8]], _ expectation: Connection.Expectation) {
      commands.append(words)
      expected.append(expectation)
    }
  }

  private func connection(of number: Int) -> Connection {
    if let known = workload.clients[number].connection, known.isOpen { return known }
    let client = workload.clients[number]
    if client.isObserver { workload.clients[number].target = clientDice.below(machines.count) }
    let new = Connection(client: number, machine: workload.clients[number].target, cluster: self)
    workload.clients[number].connection = new
    var batch = Batch()
    if client.isObserver {
      batch.add(CommandDice.words("READONLY"), .ok)
    } else if client.readsByMajority {
      batch.add(CommandDice.words("KV.CONSISTENCY majority"), .ok)
    }
    if !batch.commands.isEmpty { send(batch, over: new) }
    return new
  }

  private func ask(_ batch: inout Batch) {
    switch clientDice.below(32) {
    case 0:
      workload.echoes += 1
      let word = Array("echo\(workload.echoes)".utf8)
      return batch.add([Array("PING".utf8), word], .echo(word))
    case 1: return askStale(&batch, prefix: "KV.CONSISTENCY stale ")
    default: break
    }
    let group = workload.pickGroup(&clientDice)
    let extra = plan.largeValues && clientDice.chance(percent: 3) ? 256 << 10 : 0
    let draw = workload.commands.draw(on: group, wall: trueWallMilliseconds, extra: extra, &clientDice)
    if let (key, end) = draw.expiry {
      let span = max(0, end - Cluster.wallSkew - trueWallMilliseconds)
      schedule(.client(.mayEnd(key: key, at: end)), after: .milliseconds(span))
    }
    var words = draw.words
    workload.noteValues(of: words)
    let place = history.begin(.command(words), client: batch.commands.count)
    if draw.isRead {
      if words[0] == Array("GET".utf8), clientDice.chance(percent: 15) { words[0] = Array("KV.GET".utf8) }
      switch clientDice.below(8) {
      case 0: words = CommandDice.words("KV.CONSISTENCY linearizable") + words
      case 1, 2: words = CommandDice.words("KV.CONSISTENCY majority") + words
      default: break
      }
    }
    batch.add(words, .operation(place, isRead: draw.isRead))
  }

  private func observe(_ batch: inout Batch) { askStale(&batch, prefix: "") }

  private func askStale(_ batch: inout Batch, prefix: String) {
    guard let key = clientDice.pick(workload.keys) else { return }
    let isFull = clientDice.chance(percent: 70)
    batch.add(
      CommandDice.words(prefix + (isFull ? "KV.GET" : "GET")) + [key], .stale(key: key, isFull: isFull))
  }

  private func send(_ batch: Batch, over connection: Connection) {
    connection.expected.append(contentsOf: batch.expected)
    connection.asked += batch.expected.count
    let at = max(connection.lastToNode + 1, time + clientDice.between(50_000, 2_000_000))
    connection.lastToNode = at
    queue.push(.client(.requests(batch.commands, connection)), at: at)
    schedule(.client(.patience(connection, asked: connection.asked)), after: patience)
  }

  // MARK: Answers

  private func take(_ reply: Reply, over connection: Connection) {
    guard let expectation = connection.expected.popFirst() else {
      return fail(machines[connection.machine], Broken(.replies, "answers what nobody asked: \(reply.text)"))
    }
    connection.answered += 1
    trace.mix(connection.client)
    let refusal = Refusal(reply)
    if let refusal { turn(connection.client, from: refusal) }
    switch expectation {
    case .ok: check(reply == .ok || refusal != nil, reply, "OK", connection)
    case .echo(let word): check(reply == .bulk(word) || refusal != nil, reply, "the echo", connection)
    case .stale(let key, let isFull):
      guard refusal == nil else { return }
      counts.reads += 1
      if let wrong = wrongStale(reply, key, isFull: isFull) { fail(machines[connection.machine], wrong) }
    case .operation(let place, let isRead):
      trace.say(
        at: time, "client\(connection.client): \(KeyspaceModel().describe(history.input(of: place), reply))")
      if refusal == .inDoubt { counts.inDoubt += 1 }
      switch refusal {
      case .inDoubt: if isRead { history.void(place) }
      case .notDone: history.void(place)
      case nil:
        if isRead { counts.reads += 1 } else { counts.writes += 1 }
        history.end(place, valueOnly(reply))
      }
    }
  }

  private func check(_ isRight: Bool, _ reply: Reply, _ wanted: String, _ connection: Connection) {
    guard !isRight else { return }
    fail(
      machines[connection.machine], Broken(.replies, "answers \(reply.text) where \(wanted) stands in line"))
  }

  /// KV.GET tells more than the history's GET.
  private func valueOnly(_ reply: Reply) -> Reply {
    guard case .map(let pairs) = reply else { return reply }
    return pairs.first?.value ?? reply
  }

  /// What is wrong with a stale read, or nil: its value is the key's at the applied index that it names.
  private func wrongStale(_ reply: Reply, _ key: [UInt8], isFull: Bool) -> Broken? {
    guard isFull else {
      let value: [UInt8]?
      switch reply {
      case .bulk(let bytes): value = bytes
      case .null: value = nil
      default: return Broken(.replies, "answers \(reply.text) where a value stands in line")
      }
      return canonical.timeline.everHeld(value, key)
        ? nil : Broken(.stale, "reads \(reply.text) of \(HistoryText.of(key)), which it never held")
    }
    guard case .map(let pairs) = reply, pairs.count > 5, case .integer(let applied) = pairs[5].value else {
      return Broken(.replies, "answers \(reply.text) to KV.GET")
    }
    var expected = canonical.timeline.value(of: key, at: LogIndex(applied))
    if pairs[0].value == .null, let end = expected?.expiresAt, end < trueWallMilliseconds + Cluster.wallSkew {
      expected = nil
    }
    func integer(_ value: UInt64?) -> Reply { value.map { .integer(Int64($0)) } ?? .null }
    let wanted: [Reply] = [
      expected.map { .bulk($0.value) } ?? .null, integer(expected?.version), integer(expected?.createdIndex),
      integer(expected?.modifiedIndex), expected?.expiresAt.map { .integer($0) } ?? .null,
    ]
    guard !zip(pairs, wanted).allSatisfy({ $0.value == $1 }) else { return nil }
    let text = wanted.map(\.text).joined(separator: ", ")
    return Broken(
      .stale, "reads \(reply.text) of \(HistoryText.of(key)); the log has \(text) at \(applied)")
  }

  // MARK: Losing a connection, and looking elsewhere

  /// Why an operation was not done, or may not have been.
  enum Refusal: Equatable {
    /// It may have been done, and may still be.
    case inDoubt
    /// Nothing was done; perhaps the reply says who leads.
    case notDone(active: String?)

    init?(_ reply: Reply) {
      guard case .error(let text) = reply else { return nil }
      if text.hasPrefix("INDOUBT ") {
        self = .inDoubt
      } else if ["NOREPLICAS ", "READONLY ", "CLUSTERDOWN ", "MISCONF "].contains(where: text.hasPrefix) {
        self = .notDone(active: text.split(separator: "active=").dropFirst().last.map(String.init))
      } else {
        return nil
      }
    }
  }

  private func turn(_ client: Int, from refusal: Refusal) {
    guard case .notDone(let active) = refusal, let connection = workload.clients[client].connection else {
      return
    }
    guard !workload.clients[client].isObserver, clientDice.chance(percent: active == nil ? 30 : 80) else {
      return
    }
    let known = active.flatMap { address in machines.first { $0.address == address }?.index }
    let target = known ?? someMaster
    guard target != connection.machine else { return }
    // What is still to be answered there is given up; mostly it is refused too.
    workload.clients[client].target = target
    if connection.expected.isEmpty || clientDice.chance(percent: 20) { drop(connection) }
  }

  var someMaster: Int {
    clientDice.pick(machines.filter { $0.role.isMaster && !$0.retired }.map(\.index)) ?? 0
  }

  /// The client learns that the connection is gone.
  private func lose(_ connection: Connection) {
    guard connection.isOpen else { return }
    abandon(connection)
    guard !workload.clients[connection.client].isObserver else { return }
    if workload.clients[connection.client].target == connection.machine {
      workload.clients[connection.client].target = someMaster
    }
  }

  /// The client closes the connection, whatever it still waits for.
  func drop(_ connection: Connection) {
    guard connection.isOpen else { return }
    lose(connection)
    let machine = machines[connection.machine]
    schedule(.service(.gone(connection)), for: machine, after: clientDice.between(50_000, 5_000_000))
  }

  /// What was asked and not answered: a read never mattered, a write may have happened or may still happen.
  private func abandon(_ connection: Connection) {
    connection.isOpen = false
    while let expectation = connection.expected.popFirst() {
      if case .operation(let place, isRead: true) = expectation { history.void(place) }
    }
  }

  // MARK: Recovery

  /// Whether the client that probes waits for nothing.
  var isProberIdle: Bool { workload.clients[0].isIdle }

  /// Asks one node one thing, over a new connection.
  func probe(_ text: String, key: [UInt8], at machine: Machine, isRead: Bool) {
    if let old = workload.clients[0].connection { drop(old) }
    workload.clients[0].target = machine.index
    let new = Connection(client: 0, machine: machine.index, cluster: self)
    workload.clients[0].connection = new
    var words = CommandDice.words(text)
    words.insert(key, at: 1)
    let place = history.begin(.command(words))
    workload.probe = place
    var batch = Batch()
    batch.add(words, .operation(place, isRead: isRead))
    send(batch, over: new)
  }

  var isProbeAnswered: Bool { workload.probe.map(history.isAnswered) ?? false }

  // MARK: The history

  func checkHistory() -> String? {
    switch LinearizabilityChecker.check(history.operations, KeyspaceModel()) {
    case .linearizable: nil
    case .notLinearizable(let counterexample): "the history of \(counterexample)"
    case .unknown(let reason): "whether the history is linearizable is not known: \(reason)"
    }
  }
}
