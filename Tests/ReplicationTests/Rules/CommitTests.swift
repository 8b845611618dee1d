import Testing

@testable import Replication

/// Design 4.4.
@Suite struct CommitTests {
  @Test func `an entry is committed on W slaves and the own disk, whichever comes last`() {
    for diskFirst in [true, false] {
      var leader = Bench.leader(slaves: 3)
      let (index, _) = leader.propose("v")
      #expect(diskFirst ? leader.persist().committed == nil : true)
      #expect(leader.accept(by: "s1").committed == nil)
      if diskFirst {
        #expect(leader.accept(by: "s2").committed == index)
      } else {
        #expect(leader.accept(by: "s2").committed == nil)
        #expect(leader.accept(by: "s3").committed == nil)
        #expect(leader.persist().committed == index)
      }
    }
  }

  @Test func `acks of masters and learners do not count`() {
    var leader = Bench.leader(slaves: 3)
    _ = leader.take(.connected(introduction("s9"), dialed: nil))
    _ = leader.accept(by: "s9", upTo: 1)
    _ = leader.propose("v")
    _ = leader.persist()
    #expect(leader.accept(by: "m2").committed == nil)
    #expect(leader.accept(by: "s9", upTo: leader.core.lastIndex).committed == nil)
    #expect(leader.accept(by: "s1").committed == nil)
    #expect(leader.accept(by: "s2").committed == leader.core.lastIndex)
  }

  @Test func `entries of earlier epochs are not committed by counting`() {
    let entries = [
      configured(1, epoch(1), configuration(members(slaves: 3))), put(2, epoch(1)), put(3, epoch(1)),
    ]
    var leader = Bench("m1", entries: entries, promised: epoch(1))
    for name in ["s1", "s2", "s3"] { _ = leader.receive(.connected(introduction(name), dialed: nil)) }
    _ = leader.elect(voters: ["s1", "s2"], last: position(1, 3))
    _ = leader.take(.timer)
    // All slaves hold all old entries, and still nothing is committed.
    for name in ["s1", "s2", "s3"] { #expect(leader.accept(by: name, upTo: 3).committed == nil) }
    #expect(leader.core.commitIndex == 0)
    #expect(!leader.core.isActive)
    // With the first entry of the own epoch they all are.
    _ = leader.accept(by: "s1", upTo: 4)
    let effects = leader.accept(by: "s2", upTo: 4)
    #expect(effects.committed == 4)
    #expect(effects.activeEpoch == leader.core.epoch)
  }

  @Test func `it serves nobody before the first entry of its epoch is committed`() {
    var leader = Bench.leader(slaves: 3, serving: false)
    #expect(leader.core.admission(at: leader.now) == .paused)
    #expect(!leader.core.mayRead(at: leader.now))
    #expect(leader.core.requestConfirmation() == nil)
    _ = leader.take(.timer)
    for name in ["s1", "s2"] { _ = leader.accept(by: name) }
    for name in ["s1", "s2"] { _ = leader.accept(by: name) }
    #expect(leader.core.admission(at: leader.now) == .open)
    #expect(leader.core.mayRead(at: leader.now))
  }

  @Test func `during a change of members W slaves of both sets must hold an entry`() {
    var leader = Bench.leader(slaves: 1)
    _ = leader.take(.connected(introduction("s2"), dialed: nil))
    _ = leader.accept(by: "s2", upTo: 0)
    leader.advance(milliseconds: 50)
    _ = leader.take(.timer)
    _ = leader.accept(by: "s1")
    _ = leader.accept(by: "s2", upTo: 1)
    leader.advance(milliseconds: 50)
    _ = leader.take(.timer)
    let joint = leader.core.lastIndex
    #expect(leader.core.configuration?.incoming?.slaves.count == 2)
    // W is 1 in both sets, but only s1 is in both: the ack of s2 alone is not enough.
    #expect(leader.accept(by: "s2", upTo: joint).committed == nil)
    #expect(leader.accept(by: "s1", upTo: joint).committed == joint)
  }

  @Test func `an ack beyond the own log is taken for no more than the own log`() {
    var leader = Bench.leader(slaves: 1)
    let (index, _) = leader.propose("v")
    _ = leader.persist()
    #expect(leader.accept(by: "s1", upTo: index + 50).committed == index)
    let (next, _) = leader.propose("w")
    _ = leader.persist()
    #expect(leader.core.commitIndex < next)
  }

  @Test func `an ack of another epoch counts for nothing`() {
    var leader = Bench.leader(slaves: 1)
    let (index, _) = leader.propose("v")
    _ = leader.persist()
    let stale = Message.AppendReply(
      epoch: epoch(1), number: leader.appends[id("s1")]!.number, outcome: .accepted(upTo: index), applied: 0)
    #expect(leader.receive(.appendReply(stale), from: "s1").committed == nil)
  }

  /// The commit index of random logs against counting, index by index, over simple and joint member sets.
  @Test func `the commit index is the highest one that counting finds`() {
    var random = SplitMix64(seed: 2024)
    for _ in 0..<1_000 {
      let pool = (1...7).map { "s\($0)" }
      func pick() -> MemberSet {
        let names = pool.shuffled(using: &random).prefix(Int.random(in: 1...5, using: &random)).sorted()
        return MemberSet(masters: [member("m1")], slaves: names.map { member($0) })
      }
      let current = pick()
      let incoming = Bool.random(using: &random) ? pick() : nil
      let members = configuration(current, incoming: incoming)
      let old = LogIndex.random(in: 0...3, using: &random)
      let new = LogIndex.random(in: 1...4, using: &random)
      let own = epoch(2)
      let entries =
        [configured(1, epoch(1), members)]
        + (0..<old).map { put($0 + 2, epoch(1)) } + (0..<new).map { put($0 + old + 2, own) }
      let last = entries.last!.index
      let durable = LogIndex.random(in: 0...last, using: &random)
      var matches: [NodeID: LogIndex] = [:]
      for slave in members.slaves where UInt8.random(in: 0...9, using: &random) > 0 {
        matches[slave.id] = LogIndex.random(in: 0...last, using: &random)
      }

      var core = Bench("m1", entries: entries, promised: own).core
      core.durableIndex = durable
      var leadership = Leadership(
        epoch: own, firstIndex: old + 2, submittedIndex: last, heartbeatAt: .distantFuture)
      for (id, match) in matches {
        var progress = Progress(next: match + 1, connected: true)
        progress.match = match
        leadership.progress[id] = progress
      }
      core.leadership = leadership
      var effects: [Effect] = []
      core.evaluateQuorums(at: Instant(nanoseconds: 0), into: &effects)

      let counted =
        (1...last).last { index in
          index <= durable && entries[Int(index) - 1].epoch == own
            && members.sets.allSatisfy { set in
              2 * set.slaves.count { (matches[$0.id] ?? 0) >= index } >= set.slaves.count
            }
        } ?? 0
      #expect(effects.committed ?? 0 == counted)
    }
  }

  @Test func `proposals that were not flushed are still written when the lead is lost`() {
    var leader = Bench.leader(slaves: 3)
    let index = leader.core.propose([.put(bytes("k"), bytes("v"))], time: 0)
    let higher = Epoch(round: 9, master: id("m2"))
    let effects = leader.receive(append(higher, after: leader.core.lastPosition), from: "m2")
    #expect(effects.writes.flatMap(\.entries).map(\.index) == [index])
    #expect(effects.riding.appendReplies.map(\.outcome) == [.accepted(upTo: index)])
  }

  @Test func `proposals that were not flushed are still written when the lead is won again`() {
    var leader = Bench.leader(slaves: 3)
    let index = leader.core.propose([.put(bytes("k"), bytes("v"))], time: 0)
    let refusal = Message.AppendReply(
      epoch: leader.core.epoch, number: 1, outcome: .refused(promised: Epoch(round: 9, master: id("m2"))),
      applied: 0)
    let effects = leader.receive(.appendReply(refusal), from: "s3")
    #expect(effects.writes.flatMap(\.entries).map(\.index) == [index])
    #expect(effects.prepare?.epoch == epoch(10))
    #expect(effects.stepDownReason == nil)
    #expect(leader.core.admission(at: leader.now) == .paused)
  }
}
