import NIOCore
import Replication
import Transport

extension FuzzTarget {
  /// A node whose peers say whatever they like: the protocol must not trap, ask its disk for the impossible, or take
  /// back what it announced. A peer that lies can cause harm; it must not be a crash.
  static let protocolCore = FuzzTarget(
    name: "core", summary: "the protocol with peers that say anything", corpus: { CoreTarget.corpus },
    run: CoreTarget.run)
}

private enum CoreTarget {
  /// Setups and walks that reach each role's states: connect, wait, answer, append, persist.
  static let corpus: [[UInt8]] = {
    let elect: [UInt8] = [0, 1, 0, 2, 2, 2, 6, 1, 1, 250, 1, 0, 4, 4, 6, 1, 3, 250, 4, 4]
    let lead: [UInt8] = elect + [6, 1, 7, 0, 1, 3, 4, 4, 8, 8, 4, 9, 3, 5, 2, 2]
    let follow: [UInt8] = [0, 0, 6, 0, 6, 3, 2, 1, 2, 4, 5, 6, 0, 6, 4, 3, 3, 1, 4, 4]
    return [0, 1, 2, 4, 5, 6].flatMap { setup in [elect, lead, follow].map { [setup] + $0 } }
      + [Array(0...60), Array((0...60).reversed())]
  }()

  static func run(_ input: [UInt8]) throws {
    var world = HostileWorld(input)
    try world.run()
  }
}

/// One core, its disk, and a source of events.
private struct HostileWorld {
  var source: ByteSource
  var core: ReplicationCore
  var disk: LogKeeper
  var now = Instant(nanoseconds: 1_000_000_000)
  var effects: [Effect] = []
  var fetches: [Fetch] = []
  var announced: LogIndex
  var applied: LogIndex
  /// Numbers and epochs that the core has used: an answer must name them to be looked at.
  var numbers: [UInt64] = [1]
  var epochs: [Epoch]
  var isHalted = false

  init(_ input: [UInt8]) {
    source = ByteSource(input)
    let setup = source.byte()
    let role = NodeRole.allCases[Int(setup & 3) % 3]
    let id: UInt64 = role == .primary ? 1 : role == .backup ? 2 : 3
    disk = LogKeeper(recovered: setup & 4 != 0 ? LogKeeper.veteran : RecoveredState())
    announced = disk.initial.commit
    applied = disk.initial.applied
    epochs = [SampleFrames.first, SampleFrames.second, Epoch(round: 3, master: NodeID(1))]
    core = ReplicationCore(
      options: ReplicationOptions(
        id: NodeID(id), role: role, name: "n\(id)", address: "h:\(id)",
        peers: role == .primary ? ["h:2"] : [],
        cacheBytes: 256, seed: 42), recovered: disk.initial, now: now)
  }

  mutating func run() throws {
    var steps = 0
    while !source.isEmpty, !isHalted, steps < 2_000 {
      steps += 1
      try step()
    }
  }

  private mutating func step() throws {
    switch source.below(16) {
    case 0: try connect()
    case 1: try receive(.disconnected(peer()))
    case 2:
      now = max(now, min(core.nextDeadline, now + .milliseconds(86_400_000)))
      try receive(.timer)
    case 3: now = now + .milliseconds(Int64(source.byte()) * Int64(source.byte()))
    case 4:
      guard let ticket = try disk.finishOne() else { return }
      try receive(.persisted(ticket: ticket))
    case 5:
      applied = announced
      try receive(.applied(applied))
    case 6, 7, 8: try message()
    case 9: try frame(source.take(Int(source.byte())))
    case 10: try propose()
    case 11: try drive { core, now, effects in core.flush(at: now, into: &effects) }
    case 12:
      let target = peer()
      if source.bool() {
        try drive { core, now, effects in _ = core.transfer(to: target, at: now, into: &effects) }
      } else {
        try drive { core, now, effects in _ = core.remove(target, at: now, into: &effects) }
      }
    case 13:
      try drive { core, now, effects in
        if core.requestConfirmation() != nil { core.flush(at: now, into: &effects) }
      }
    case 14: try answerFetch()
    default: try receive(source.bool() ? .hearing(peer()) : .disk(isFull: source.bool()))
    }
  }

  private mutating func peer() -> NodeID { NodeID(UInt64(source.below(6)) + 1) }

  private mutating func connect() throws {
    let id = peer()
    guard id != core.options.id else { return }
    let role: NodeRole = id.rawValue == 1 ? .primary : id.rawValue == 2 ? .backup : .slave
    let cluster = source.bool() ? SampleFrames.configuration.cluster : nil
    try receive(
      .connected(
        PeerIntroduction(
          id: id, role: role, name: "n\(source.below(5))", address: "h:\(id.rawValue)", cluster: cluster,
          version: "1", dataDirectory: ""), dialed: source.bool() ? "h:\(id.rawValue)" : nil))
  }

  /// A message made for the state that the core is in, as far as a real link would have let it through.
  private mutating func message() throws {
    let peer = peer()
    var maker = MessageMaker(
      source: source, numbers: numbers, epochs: epochs, last: core.lastPosition, sender: peer)
    let made = maker.message()
    source = maker.source
    guard let bytes = try? FrameTarget.encoded(.core(made)) else { return }
    try frame(Array(bytes.dropFirst(4)), from: peer)
  }

  private mutating func frame(_ body: [UInt8], from sender: NodeID? = nil) throws {
    var buffer = ByteBuffer()
    buffer.writeInteger(UInt32(body.count))
    buffer.writeBytes(body)
    var decoder = PeerFrameDecoder()
    guard case .core(let message)? = (try? decoder.next(from: &buffer)) ?? nil else { return }
    try receive(.received(message, from: sender ?? peer()))
  }

  private mutating func propose() throws {
    guard core.admission(at: now) == .open else { return }
    let value = source.take(3)
    let isFlushed = source.bool()
    try drive { core, now, effects in
      _ = core.propose([.put([1], value)], time: 0)
      if isFlushed { core.flush(at: now, into: &effects) }
    }
  }

  private mutating func answerFetch() throws {
    guard let fetch = fetches.popLast() else { return }
    let entries = disk.read(from: fetch.from)
    if !entries.isEmpty { try receive(.fetched(fetch, entries)) }
  }

  private mutating func receive(_ event: Event) throws {
    try drive { core, now, effects in core.receive(event, at: now, into: &effects) }
  }

  private mutating func drive(_ body: (inout ReplicationCore, Instant, inout [Effect]) -> Void) throws {
    guard !isHalted else { return }
    body(&core, now, &effects)
    defer { effects.removeAll(keepingCapacity: true) }
    for effect in effects { try perform(effect) }
    try expect(core.commitIndex <= core.lastIndex, "the commit index is beyond the log")
  }

  private mutating func perform(_ effect: Effect) throws {
    switch effect {
    case .write(let write):
      try disk.submit(write)
      for outbound in write.thenSend { note(outbound) }
    case .send(let outbound): note(outbound)
    case .fetch(let fetch): fetches = fetches.suffix(8) + [fetch]
    case .committed(let index):
      try expect(index > announced, "entry \(index) is announced after \(announced)")
      try expect(index <= disk.durableIndex, "entry \(index) is announced before it is on disk")
      // The driver gives the applier what it finds in memory here.
      let entries = core.recentEntries(from: announced + 1, through: index)
      try expect(entries.count == Int(index - announced), "committed entries are no longer in memory")
      announced = index
    case .truncated(let index): try expect(index > announced, "committed entry \(index) is cut")
    case .halt: isHalted = true
    default: break
    }
  }

  private mutating func note(_ outbound: Outbound) {
    switch outbound.message {
    case .poll(let poll): remember(poll.number)
    case .prepare(let prepare): remember(prepare.epoch)
    case .append(let append):
      remember(append.number)
      remember(append.epoch)
    case .pull(let pull): remember(pull.epoch)
    default: break
    }
  }

  private mutating func remember(_ number: UInt64) { numbers = numbers.suffix(3) + [number] }
  private mutating func remember(_ epoch: Epoch) {
    if epochs.last != epoch { epochs = epochs.suffix(3) + [epoch] }
  }
}
