@testable import Replication

/// One core on a workbench: the test plays its disk, its peers and its clock.
struct Bench {
  var core: ReplicationCore
  var now = Instant(nanoseconds: 1_000_000_000_000)
  private var lastTicket: UInt64 = 0
  /// The newest append that was sent to each peer.
  var appends: [NodeID: Message.Append] = [:]

  init(
    _ name: String, entries: [Entry] = [], promised: Epoch = .zero, cluster: ClusterID? = testCluster,
    commit: LogIndex = 0, applied: LogIndex = 0, peers: [String] = [], useLease: Bool = true, seed: UInt64 = 1
  ) {
    let member = member(name)
    let options = ReplicationOptions(
      id: member.id, role: member.role, name: name, address: member.address, peers: peers,
      useLease: useLease, seed: seed)
    let hard = HardState(
      cluster: cluster, promised: promised, highestRound: promised.master == member.id ? promised.round : 0)
    core = ReplicationCore(
      options: options,
      recovered: RecoveredState(entries: entries, hard: hard, commit: commit, applied: applied), now: now)
  }

  mutating func advance(milliseconds: Int64) { now = now + .milliseconds(milliseconds) }

  /// Gives an event to the core while the disk stands still.
  mutating func receive(_ event: Event) -> [Effect] {
    let effects = core.receive(event, at: now)
    note(effects)
    return effects
  }

  mutating func receive(_ message: Message, from peer: String) -> [Effect] {
    receive(.received(message, from: id(peer)))
  }

  /// Lets the disk finish all that it was given.
  mutating func persist() -> [Effect] {
    var all: [Effect] = []
    var reported: UInt64?
    while reported != lastTicket {
      reported = lastTicket
      all += receive(.persisted(ticket: lastTicket))
    }
    return all
  }

  /// Gives an event to the core and lets the disk finish at once.
  mutating func take(_ event: Event) -> [Effect] { receive(event) + persist() }

  mutating func take(_ message: Message, from peer: String) -> [Effect] {
    take(.received(message, from: id(peer)))
  }

  /// Ticks at each deadline of the span.
  mutating func run(milliseconds: Int64) -> [Effect] {
    let end = now + .milliseconds(milliseconds)
    var all: [Effect] = []
    while core.nextDeadline <= end {
      now = max(now, core.nextDeadline)
      all += take(.timer)
    }
    now = end
    return all
  }

  mutating func note(_ effects: [Effect]) {
    for write in effects.writes { lastTicket = write.ticket }
    for outbound in effects.sent + effects.riding {
      if case .append(let append) = outbound.message { appends[outbound.to] = append }
    }
  }

  mutating func flush() -> [Effect] {
    var effects: [Effect] = []
    core.flush(at: now, into: &effects)
    note(effects)
    return effects
  }

  /// Proposes one write and sends it on its way; the disk stands still.
  mutating func propose(_ value: String) -> (index: LogIndex, effects: [Effect]) {
    let index = core.propose([.put(bytes("k"), bytes(value))], time: 0)
    return (index, flush())
  }

  /// A peer accepts the newest append that it was sent.
  mutating func accept(by name: String, upTo: LogIndex? = nil, life: UInt64 = 1) -> [Effect] {
    let peer = id(name, life: life)
    guard let append = appends[peer] else { preconditionFailure("\(name) was sent no append") }
    let end = upTo ?? append.previous.index + LogIndex(append.entries.count)
    let reply = Message.AppendReply(
      epoch: append.epoch, number: append.number, outcome: .accepted(upTo: end), applied: 0)
    return receive(.received(.appendReply(reply), from: peer))
  }
}

extension Bench {
  /// m1 leads slaves s1 to sn and serves: its log holds the configuration, a first entry, both committed.
  static func leader(
    slaves: Int, incoming: MemberSet? = nil, useLease: Bool = true, serving: Bool = true
  ) -> Bench {
    let names = (0..<slaves).map { "s\($0 + 1)" }
    let members = members(slaves: slaves)
    var bench = Bench(
      "m1", entries: [configured(1, epoch(1), configuration(members))], promised: epoch(1),
      useLease: useLease)
    for name in names + ["m2"] { _ = bench.receive(.connected(introduction(name), dialed: nil)) }
    _ = bench.elect(voters: names)
    precondition(bench.core.knownLeader == id("m1"), "m1 did not come to lead")
    guard serving else { return bench }
    _ = bench.take(.timer)
    for name in names + ["m2"] { _ = bench.accept(by: name) }
    for name in names + ["m2"] { _ = bench.accept(by: name) }
    precondition(bench.core.isActive, "m1 did not come to serve")
    return bench
  }

  /// Waits for the election timer and answers poll and prepare for these slaves.
  mutating func elect(voters: [String], last: LogPosition? = nil) -> [Effect] {
    var effects = poll(voters: voters)
    guard let prepare = effects.prepare else { preconditionFailure("no prepare was sent") }
    for name in voters { effects += take(promise(prepare.epoch, last: last ?? .zero), from: name) }
    return effects
  }

  /// Waits for the election timer and answers the poll for these slaves; the effects hold the prepare.
  mutating func poll(voters: [String]) -> [Effect] {
    now = max(now, core.nextDeadline)
    var effects = take(.timer)
    guard let number = effects.pollNumber else { preconditionFailure("no poll was sent") }
    for name in voters {
      let reply = Message.PollReply(number: number, wouldPromise: true, wait: 0, promised: .zero)
      effects += take(.pollReply(reply), from: name)
    }
    return effects
  }
}

func promise(_ epoch: Epoch, last: LogPosition) -> Message {
  .prepareReply(
    Message.PrepareReply(epoch: epoch, granted: true, promised: epoch, wait: 0, last: last))
}

func prepare(_ epoch: Epoch, token: HandoverToken? = nil) -> Message {
  .prepare(Message.Prepare(epoch: epoch, token: token))
}

func append(
  _ epoch: Epoch, number: UInt64 = 1, after previous: LogPosition = .zero, _ entries: [Entry] = [],
  commit: LogIndex = 0
) -> Message {
  .append(
    Message.Append(epoch: epoch, number: number, previous: previous, entries: entries, commit: commit))
}
