import Testing

@testable import Replication

/// How a leader fills nodes whose next entries are trimmed (design 4.9).
@Suite struct FillingTests {
  @Test func `nodes that are filled slowly at once all finish, and no part is read twice`() {
    var fill = Fill(learners: ["s4", "s5", "s6"])
    fill.run(milliseconds: 10_000)
    #expect(fill.complete == ["s4", "s5", "s6"])
    #expect(fill.reads.count == 3 * Fill.parts)
  }

  @Test func `a receiver that said nothing for a lease is asked again how far it is`() {
    var fill = Fill(learners: ["s4"])
    fill.silent = ["s4"]
    fill.run(milliseconds: 3_000)
    #expect(fill.complete == [])
    #expect(fill.offers > 2)
    fill.silent = []
    fill.run(milliseconds: 5_000)
    #expect(fill.complete == ["s4"])
  }

  @Test
  func `a lost link restarts the transfer, and parts that are still to be read are not asked for again`() {
    var fill = Fill(learners: ["s4"])
    fill.run(milliseconds: 600)
    fill.reconnect("s4")
    fill.run(milliseconds: 5_000)
    #expect(fill.complete == ["s4"])
    #expect(fill.reads.count == Fill.parts)
  }

  @Test func `parts that the driver lost are asked for again in the end`() {
    var fill = Fill(learners: ["s4"])
    fill.run(milliseconds: 600)
    fill.loseReads()
    fill.run(milliseconds: 20_000)
    #expect(fill.complete == [])
    fill.run(milliseconds: 20_000)
    #expect(fill.complete == ["s4"])
  }

  @Test func `a copy that is gone is made anew`() {
    var fill = Fill(learners: ["s4", "s5"])
    fill.run(milliseconds: 600)
    fill.copy = nil
    fill.run(milliseconds: 8_000)
    #expect(fill.made == 2)
    #expect(fill.complete == ["s4", "s5"])
  }
}

/// A leader whose log is trimmed, with learners that have nothing; the test plays the driver, which reads one part in a
/// quarter of a second, and the receivers.
private struct Fill {
  static let parts = 8
  private static let readSpan: Nanoseconds = .milliseconds(250)

  var leader: Bench
  let learners: [String]
  /// Receivers that answer nothing.
  var silent: Set<String> = []
  /// All parts that the driver was asked for.
  var reads: [SnapshotRead] = []
  /// The copy that the driver has.
  var copy: SnapshotDescription?
  var made = 0
  var offers = 0
  var complete: [String] { learners.filter { held[$0] == size } }

  private let size: UInt64
  private var held: [String: UInt64] = [:]
  private var queue: [SnapshotRead] = []
  private var nextRead = Instant.distantPast

  init(learners: [String]) {
    leader = Bench.leader(slaves: 3)
    self.learners = learners
    size = UInt64(leader.core.options.snapshotChunkBytes * Self.parts)
    for value in 0..<20 {
      _ = leader.propose("\(value)")
      _ = leader.persist()
      acceptByMembers()
    }
    let last = leader.core.commitIndex
    _ = leader.take(.applied(last))
    _ = leader.take(.trimming(upTo: last))
    for name in learners { connect(name) }
  }

  private mutating func acceptByMembers() {
    for name in ["s1", "s2", "s3", "m2"] { handle(leader.accept(by: name)) }
  }

  private mutating func connect(_ name: String) {
    handle(leader.take(.connected(introduction(name), dialed: nil)))
    guard let append = leader.appends[id(name)] else { return }
    let reply = Message.AppendReply(
      epoch: append.epoch, number: append.number, outcome: .mismatched(hint: 0), applied: 0)
    handle(leader.take(.appendReply(reply), from: name))
  }

  mutating func reconnect(_ name: String) {
    handle(leader.take(.disconnected(id(name))))
    connect(name)
  }

  mutating func loseReads() { queue = [] }

  mutating func run(milliseconds: Int64) {
    let end = leader.now + .milliseconds(milliseconds)
    while leader.now < end {
      handle(leader.run(milliseconds: 10))
      acceptByMembers()
      guard let read = queue.first, leader.now >= nextRead else { continue }
      queue.removeFirst()
      nextRead = leader.now + Self.readSpan
      let bytes = [UInt8](repeating: 1, count: read.count)
      let event: SnapshotEvent =
        copy?.id == read.id ? .read(read, bytes: bytes, checksum: 0) : .notRead(read)
      handle(leader.take(.snapshot(event)))
    }
  }

  private mutating func handle(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .snapshot(.make): handle(leader.take(.snapshot(.made(makeCopy()))))
      case .snapshot(.release): copy = nil
      case .snapshot(.read(let read)):
        if queue.isEmpty { nextRead = max(nextRead, leader.now + Self.readSpan) }
        reads.append(read)
        queue.append(read)
      case .send(let outbound):
        guard case .installSnapshot(let part) = outbound.message else { continue }
        receive(part, to: outbound.to)
      default: break
      }
    }
  }

  private mutating func makeCopy() -> SnapshotDescription {
    made += 1
    let base = LogBase(
      position: LogPosition(epoch: leader.core.epoch, index: leader.core.commitIndex), time: 0, checksum: 0,
      configuration: IndexedConfiguration(index: 1, configuration: configuration(members(slaves: 3))))
    let new = SnapshotDescription(id: UInt64(made), size: size, base: base)
    held = [:]
    copy = new
    return new
  }

  private mutating func receive(_ part: Message.InstallSnapshot, to peer: NodeID) {
    guard let name = learners.first(where: { id($0) == peer }) else { return }
    if part.bytes.isEmpty { offers += 1 }
    guard !silent.contains(name) else { return }
    let known = held[name, default: 0]
    if part.offset == known { held[name] = known + UInt64(part.bytes.count) }
    let next = held[name] ?? 0
    let reply = Message.SnapshotReply(
      epoch: part.epoch, id: part.snapshot.id, next: next, isInstalled: next == size, promised: part.epoch)
    handle(leader.take(.snapshotReply(reply), from: name))
  }
}
