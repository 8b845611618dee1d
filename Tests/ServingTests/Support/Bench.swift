import Commands
import Replication
import Serving

/// One node on a workbench: the test plays its disk, its peers and its clocks.
final class Bench: ServingHost {
  let server: RequestServer
  let stored = MemoryKeyspace()
  var now = Instant(nanoseconds: 1_000_000_000_000)
  var wallMilliseconds: Int64 = 1_700_000_000_000

  private(set) var wantsFlush = false
  private(set) var wantsConfirmation = false
  /// What was asked of slaves and not answered yet.
  private(set) var questions: [(slave: String, question: ReadRequest)] = []
  private(set) var answers: [ReadReply] = []
  private(set) var failures: [any Error] = []
  private(set) var isUrged = false
  /// Whether there is time for what sessions have put in their turn.
  var hasTime = true
  /// What monitors were shown.
  private(set) var shown: [[String]] = []
  /// The appends that a peer has not answered, oldest first; the last one stays to be answered again.
  private var appends: [NodeID: [Message.Append]] = [:]
  private var answered: [NodeID: UInt64] = [:]
  private var lastTicket: UInt64 = 0
  private var sessions: UInt64 = 0
  let slaves: [String]

  init(_ name: String, slaves count: Int, useLease: Bool = true, seed: UInt64 = 1) {
    let slaves = (0..<count).map { "s\($0 + 1)" }
    self.slaves = slaves
    let members = MemberSet(masters: [member("m1"), member("m2")], slaves: slaves.map { member($0) })
    let first = Entry(
      index: 1, epoch: Epoch(round: 1, master: id("m1")), time: 0,
      payload: .configuration(
        ClusterConfiguration(cluster: cluster, leaseMilliseconds: 500, current: members)))
    let own = member(name)
    let recovered = RecoveredState(
      hardState: HardState(cluster: cluster, promised: first.epoch, highestRound: name == "m1" ? 1 : 0),
      lastIndex: 1, reigns: [Reign(first: 1, epoch: first.epoch)],
      configurations: [IndexedConfiguration(index: 1, configuration: first.configuration!)],
      unapplied: [first])
    let options = ReplicationOptions(
      id: own.id, role: own.role, name: name, address: own.address, useLease: useLease, seed: seed)
    server = RequestServer(
      core: ReplicationCore(options: options, recovered: recovered, now: now), stored: stored,
      options: ServingOptions())
    server.host = self
  }

  /// m1, which leads and serves.
  static func master(slaves: Int = 3, useLease: Bool = true, seed: UInt64 = 1) -> Bench {
    let bench = Bench("m1", slaves: slaves, useLease: useLease, seed: seed)
    for name in bench.slaves + ["m2"] { bench.receive(.connected(introduction(name), dialed: nil)) }
    bench.elect()
    precondition(bench.server.core.isActive, "m1 did not come to serve")
    bench.applyAll()
    return bench
  }

  // MARK: The host

  func planFlush() { wantsFlush = true }
  func planConfirmation(_ round: UInt64?) { wantsConfirmation = true }
  func send(_ question: ReadRequest, to slave: NodeID) {
    questions.append((slaves.first { id($0) == slave } ?? "?", question))
  }
  func send(_ answer: ReadReply, to master: NodeID) { answers.append(answer) }
  func flushLinks() {}
  func keepLead() {}
  private(set) var events: [KeyEvent] = []
  func publishKeyEvents(_ events: [KeyEvent]) { self.events += events }
  func urgeApply() { isUrged = true }
  func authorize(_ command: Command, _ arguments: [[UInt8]], for session: Session) -> Reply? { nil }
  func execute(_ command: Command, _ request: Request, for session: Session) {
    switch command.name {
    case "ping": session.answer(SessionReplies.ping(request.arguments))
    case "echo": session.answer(SessionReplies.echo(request.arguments))
    case "select": session.answer(SessionReplies.select(request.arguments))
    default: session.answer(.simple(command.name))
    }
  }
  func mayWork(for session: Session) -> Bool { hasTime }
  func show(_ command: Command, _ request: Request, from session: Session) {
    shown.append(request.arguments.map { String(decoding: $0, as: UTF8.self) })
  }
  func failed(_ error: any Error) { failures.append(error) }
  func log(_ request: Request, index: LogIndex?) {}
  func log(_ text: String) {}

  func connect() -> Client {
    sessions += 1
    let session = Session(id: sessions, server: server)
    let client = Client(session, self)
    session.opened(client)
    return client
  }

  // MARK: The core

  func receive(_ event: Event) {
    var effects: [Effect] = []
    server.core.receive(event, at: now, into: &effects)
    carryOut(effects)
  }

  func flush() {
    wantsFlush = false
    wantsConfirmation = false
    var effects: [Effect] = []
    server.core.flush(at: now, into: &effects)
    carryOut(effects)
  }

  /// Hands the lead over to m2, as far as the core goes by itself.
  func transfer() -> String? {
    var effects: [Effect] = []
    let refusal = server.core.transfer(to: id("m2"), at: now, into: &effects)
    carryOut(effects)
    return refusal
  }

  private func carryOut(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .write(let write):
        lastTicket = write.ticket
        for outbound in write.thenSend { note(outbound) }
      case .send(let outbound): note(outbound)
      default: break
      }
      server.follow(effect)
    }
  }

  private func note(_ outbound: Outbound) {
    if case .append(let append) = outbound.message { appends[outbound.to, default: []].append(append) }
  }

  /// The disk finishes all that it was given.
  func persist() { receive(.persisted(ticket: lastTicket)) }

  /// Peers accept all that they were sent.
  func accept(_ names: String...) { for name in names { accept(name) } }

  private func accept(_ name: String) {
    guard let sent = appends[id(name)], let last = sent.last else {
      preconditionFailure("\(name) was sent no append")
    }
    appends[id(name)] = [last]
    for append in sent where append.number > answered[id(name), default: 0] || sent.count == 1 {
      answered[id(name)] = append.number
      let end = append.previous.index + LogIndex(append.entries.count)
      let reply = Message.AppendReply(
        epoch: append.epoch, number: append.number, outcome: .accepted(upTo: end), applied: 0)
      receive(.received(.appendReply(reply), from: id(name)))
    }
  }

  /// What was proposed is sent, written and accepted by all.
  func commit() {
    flush()
    persist()
    for name in slaves + ["m2"] { accept(name) }
  }

  func applyAll() {
    let entries = server.takeCommitted(upTo: server.core.commitIndex)
    guard let last = entries.last else { return }
    for entry in entries { stored.apply(entry) }
    server.applied(last.index)
    receive(.applied(last.index))
    server.resume()
  }

  /// Time passes without a word from anyone.
  func advance(milliseconds: Int64) {
    now = now + .milliseconds(milliseconds)
    wallMilliseconds += milliseconds
  }

  /// m1's heartbeat goes out and all accept it.
  func heartbeat() {
    now = max(now, server.core.nextDeadline)
    receive(.timer)
    for name in slaves + ["m2"] { accept(name) }
  }

  // MARK: Slaves

  /// Slaves answer what they were asked for one key, from their own replicas.
  func answer(
    _ names: String..., with value: String?, modified: LogIndex = 0, applied: LogIndex,
    expiresAt: Int64? = nil
  ) {
    for name in names {
      guard let place = questions.firstIndex(where: { $0.slave == name }) else {
        preconditionFailure("\(name) was asked nothing")
      }
      let question = questions.remove(at: place).question
      let reply =
        value.map {
          ReadReply(
            number: question.number, value: Array($0.utf8), modifiedIndex: modified, version: 1,
            expiresAt: expiresAt,
            appliedIndex: applied)
        } ?? ReadReply(number: question.number, notFoundAt: applied)
      server.received(reply, from: id(name))
    }
  }

  // MARK: Elections

  private func elect() {
    now = max(now, server.core.nextDeadline)
    var number: UInt64?
    var epoch: Epoch?
    func step(_ event: Event) {
      var effects: [Effect] = []
      server.core.receive(event, at: now, into: &effects)
      for case .send(let outbound) in effects {
        if case .poll(let poll) = outbound.message { number = poll.number }
        if case .prepare(let prepare) = outbound.message { epoch = prepare.epoch }
      }
      for case .write(let write) in effects {
        for outbound in write.thenSend {
          if case .prepare(let prepare) = outbound.message { epoch = prepare.epoch }
        }
      }
      carryOut(effects)
    }
    step(.timer)
    for name in slaves {
      let reply = Message.PollReply(number: number ?? 0, wouldPromise: true, wait: 0, promised: .zero)
      step(.received(.pollReply(reply), from: id(name)))
    }
    step(.persisted(ticket: lastTicket))
    guard let epoch else { preconditionFailure("no prepare was sent") }
    for name in slaves {
      let reply = Message.PrepareReply(epoch: epoch, granted: true, promised: epoch, wait: 0, last: .zero)
      step(.received(.prepareReply(reply), from: id(name)))
    }
    persist()
    receive(.timer)
    for _ in 0..<2 { for name in slaves + ["m2"] { accept(name) } }
  }
}

let cluster = ClusterID(high: 1, low: 2)

func id(_ name: String) -> NodeID {
  NodeID((name.hasPrefix("m") ? 0xA000 : 0x5000) << 48 | UInt64(name.dropFirst())!)
}

func member(_ name: String) -> Member {
  let role: NodeRole = name == "m1" ? .primary : name.hasPrefix("m") ? .backup : .slave
  return Member(id: id(name), name: name, address: "\(name):1", role: role)
}

func introduction(_ name: String) -> PeerIntroduction {
  let member = member(name)
  return PeerIntroduction(
    id: member.id, role: member.role, name: name, address: member.address, cluster: cluster, version: "test",
    dataDirectory: "/\(name)")
}

extension Entry {
  fileprivate var configuration: ClusterConfiguration? {
    if case .configuration(let configuration) = payload { configuration } else { nil }
  }
}
