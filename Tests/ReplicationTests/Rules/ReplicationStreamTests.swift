import Testing

@testable import Replication

/// How a leader feeds its followers.
@Suite struct ReplicationStreamTests {
  private func mismatch(_ leader: inout Bench, by name: String, hint: LogIndex) -> [Effect] {
    let reply = Message.AppendReply(
      epoch: leader.core.epoch, number: leader.appends[id(name)]!.number, outcome: .mismatched(hint: hint),
      applied: 0)
    return leader.receive(.appendReply(reply), from: name)
  }

  @Test func `entries flow without waiting for acks`() {
    var leader = Bench.leader(slaves: 3)
    for value in ["a", "b", "c"] {
      let (index, effects) = leader.propose(value)
      #expect(effects.sent.to("s1").appends.map { $0.entries.map(\.index) } == [[index]])
    }
  }

  @Test func `own write and followers' appends leave in the same step`() {
    var leader = Bench.leader(slaves: 3)
    let (index, effects) = leader.propose("v")
    #expect(effects.writes.map { $0.entries.map(\.index) } == [[index]])
    #expect(effects.sent.appends.count == 4)
  }

  @Test func `a mismatch goes back to the hint and sends from there`() {
    var leader = Bench.leader(slaves: 1, serving: false)
    _ = leader.take(.timer)
    let effects = mismatch(&leader, by: "s1", hint: 0)
    let append = effects.sent.to("s1").appends.first
    #expect(append?.previous == .zero)
    #expect(append?.entries.map(\.index) == [1, 2])
  }

  @Test func `a mismatch of an append before the newest probe says nothing new`() {
    var leader = Bench.leader(slaves: 1, serving: false)
    _ = leader.take(.timer)
    let old = leader.appends
    _ = mismatch(&leader, by: "s1", hint: 0)
    leader.appends = old
    #expect(mismatch(&leader, by: "s1", hint: 0).sent.isEmpty)
  }

  @Test func `a hint beyond every index does no harm`() {
    var leader = Bench.leader(slaves: 1, serving: false)
    _ = leader.take(.timer)
    let effects = mismatch(&leader, by: "s1", hint: .max)
    #expect(effects.sent.to("s1").appends.count == 1)
  }

  @Test func `a new leader does not send again what its followers have`() {
    let entries =
      [configured(1, epoch(1), configuration(members(slaves: 3)))]
      + (2...50 as ClosedRange<LogIndex>).map { put($0, epoch(1)) }
    var leader = Bench("m1", entries: entries, promised: epoch(1))
    for name in ["s1", "s2", "s3"] { _ = leader.receive(.connected(introduction(name), dialed: nil)) }
    _ = leader.elect(voters: ["s1", "s2"], last: position(1, 50))
    let effects = leader.take(.timer)
    #expect(!effects.sent.appends.isEmpty)
    for append in effects.sent.appends { #expect(append.entries.allSatisfy { $0.index > 50 }) }
    // A follower that lacks the last two entries gets those.
    let next = mismatch(&leader, by: "s2", hint: 48).sent.to("s2").appends.first
    #expect(next?.entries.first?.index == 49)
  }

  @Test func `a follower that got stuck is sent the entries again after a lease`() {
    var leader = Bench.leader(slaves: 3)
    let (index, _) = leader.propose("v")
    _ = leader.persist()
    var again: [Message.Append] = []
    for _ in 0..<14 {
      leader.now = max(leader.now, leader.core.nextDeadline)
      let effects = leader.take(.timer)
      for name in ["s1", "s2"] { _ = leader.accept(by: name, upTo: index) }
      again += effects.sent.to("s3").appends.filter { !$0.entries.isEmpty }
    }
    #expect(again.first?.entries.map(\.index) == [index])
  }

  @Test func `entries that have left memory are read from the disk for a follower that lags`() {
    let entries =
      [configured(1, epoch(1), configuration(members(slaves: 1)))]
      + (2...9 as ClosedRange<LogIndex>).map { put($0, epoch(1)) }
    var leader = Bench("m1", entries: entries, promised: epoch(1), commit: 9, applied: 9)
    _ = leader.receive(.connected(introduction("s1"), dialed: nil))
    _ = leader.elect(voters: ["s1"], last: .zero)
    _ = leader.take(.timer)
    let probe = mismatch(&leader, by: "s1", hint: 0)
    #expect(probe.sent.to("s1").appends.map(\.previous) == [.zero])
    let effects = leader.accept(by: "s1", upTo: 0)
    let fetches = effects.compactMap { if case .fetch(let fetch) = $0 { fetch } else { nil } }
    #expect(fetches.map(\.from) == [1])
    #expect(fetches.map(\.peer) == [id("s1")])
    guard let fetch = fetches.first else { return }
    let sent = leader.receive(.fetched(fetch, entries)).sent.appends
    #expect(sent.first?.entries == entries)
    // It goes on from memory where the disk's part ends.
    #expect(sent.last?.entries.map(\.index) == [10])
  }

  @Test func `a commit is told to the followers soon, even if no entry carries it`() {
    var leader = Bench.leader(slaves: 3)
    let (index, _) = leader.propose("v")
    _ = leader.persist()
    for name in ["s1", "s2", "s3"] { _ = leader.accept(by: name) }
    let committedAt = leader.now
    var told: Instant?
    while told == nil, leader.now - committedAt < .milliseconds(400) {
      leader.now = max(leader.now, leader.core.nextDeadline)
      if leader.take(.timer).sent.to("s1").appends.contains(where: { $0.commit == index }) {
        told = leader.now
      }
    }
    #expect((told ?? .distantFuture) - committedAt <= .milliseconds(5))
  }
}
