import Testing

@testable import Replication

/// Design 4.2, the side that wants to lead.
@Suite struct ElectionTests {
  private func master(_ entries: [Entry], promised: UInt64 = 1, name: String = "m1", links: Int = 5) -> Bench
  {
    var bench = Bench(name, entries: entries, promised: epoch(promised))
    for number in 1...links { _ = bench.receive(.connected(introduction("s\(number)"), dialed: nil)) }
    return bench
  }

  private func log(slaves: Int, rounds: [UInt64] = []) -> [Entry] {
    [configured(1, epoch(1), configuration(members(slaves: slaves)))]
      + rounds.enumerated().map { put(LogIndex($0) + 2, epoch($1)) }
  }

  @Test func `it polls first and raises no round for it`() {
    var master = master(log(slaves: 3))
    master.now = master.core.nextDeadline
    let effects = master.take(.timer)
    #expect(effects.pollNumber != nil)
    #expect(effects.writes.isEmpty)
    #expect(master.core.promised == epoch(1))
  }

  @Test func `without R slaves that would promise it never asks for promises`() {
    var master = master(log(slaves: 3))
    for _ in 0..<20 {
      master.now = max(master.now, master.core.nextDeadline)
      let polled = master.take(.timer)
      guard let number = polled.pollNumber else { continue }
      let yes = Message.PollReply(number: number, wouldPromise: true, wait: 0, promised: .zero)
      let no = Message.PollReply(
        number: number, wouldPromise: false, wait: .milliseconds(50), promised: .zero)
      let effects =
        master.take(.pollReply(yes), from: "s1") + master.take(.pollReply(no), from: "s2")
        + master.take(.pollReply(no), from: "s3")
      #expect(effects.prepare == nil)
    }
    #expect(master.core.promised == epoch(1))
  }

  @Test(arguments: [Nanoseconds.max, 1 << 62])
  func `a slave that names an endless wait does not keep a master from asking again`(_ wait: Nanoseconds) {
    var master = master(log(slaves: 1), links: 1)
    master.now = master.core.nextDeadline
    let number = master.take(.timer).pollNumber ?? 0
    let refusal = Message.PollReply(number: number, wouldPromise: false, wait: wait, promised: .zero)
    _ = master.take(.pollReply(refusal), from: "s1")
    #expect(master.core.nextDeadline > master.now)
    #expect(master.core.nextDeadline < master.now + .milliseconds(1_000))
  }

  @Test func `an answer to an older poll counts for nothing`() {
    var master = master(log(slaves: 1))
    master.now = master.core.nextDeadline
    let number = master.take(.timer).pollNumber ?? 0
    let old = Message.PollReply(number: number &+ 1, wouldPromise: true, wait: 0, promised: .zero)
    #expect(master.take(.pollReply(old), from: "s1").prepare == nil)
  }

  @Test func `the round is on disk before anyone hears of it`() {
    var master = master(log(slaves: 3))
    master.now = master.core.nextDeadline
    let number = master.take(.timer).pollNumber ?? 0
    let yes = Message.PollReply(number: number, wouldPromise: true, wait: 0, promised: epoch(6, "m2"))
    let effects =
      master.receive(.pollReply(yes), from: "s1") + master.receive(.pollReply(yes), from: "s2")
    #expect(effects.sent.prepares.isEmpty)
    // Above every round that it has heard of.
    #expect(effects.writes.map { $0.hardState?.highestRound } == [7])
    #expect(effects.writes.map { $0.hardState?.promised } == [epoch(7)])
    #expect(effects.riding.prepares.map(\.epoch) == [epoch(7), epoch(7), epoch(7)])
    // Nor does a repetition leave before the disk has finished.
    master.now = master.core.nextDeadline
    #expect(master.receive(.timer).sent.prepares.isEmpty)
  }

  @Test(arguments: [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
  func `it leads with R promises and not with one fewer`(slaves: Int, needed: Int) {
    var master = master(log(slaves: slaves))
    let voters = (1...slaves).map { "s\($0)" }
    let asked = master.poll(voters: voters).prepare?.epoch
    let epoch = asked ?? .zero
    #expect(asked != nil)
    for (count, voter) in voters.prefix(needed).enumerated() {
      #expect(master.core.knownLeader == nil, "leads with \(count) promises of \(needed)")
      _ = master.take(promise(epoch, last: .zero), from: voter)
    }
    #expect(master.core.knownLeader == id("m1"))
    #expect(!master.core.isActive)
  }

  @Test func `a repeated promise of one slave counts once`() {
    var master = master(log(slaves: 3))
    let epoch = master.poll(voters: ["s1", "s2"]).prepare?.epoch ?? .zero
    for _ in 0..<3 { _ = master.take(promise(epoch, last: .zero), from: "s1") }
    #expect(master.core.knownLeader == nil)
  }

  @Test func `during a change of members it needs R promises of both sets`() {
    let joint = configuration(members("m1", "s1", "s2", "s3"), incoming: members("m1", "s3", "s4", "s5"))
    var master = master([configured(1, epoch(1), joint)])
    let epoch = master.poll(voters: ["s1", "s2", "s3", "s4"]).prepare?.epoch ?? .zero
    for voter in ["s1", "s2", "s3"] { _ = master.take(promise(epoch, last: .zero), from: voter) }
    #expect(master.core.knownLeader == nil)
    _ = master.take(promise(epoch, last: .zero), from: "s4")
    #expect(master.core.knownLeader == id("m1"))
  }

  @Test func `it leads at once with its own log if no promised one is better`() {
    var master = master(log(slaves: 3, rounds: [2, 2]))
    let effects = master.elect(voters: ["s1", "s2"], last: position(1, 90))
    #expect(effects.sent.pulls.isEmpty)
    #expect(master.core.knownLeader == id("m1"))
    #expect(master.core.lastIndex == 4)
  }

  @Test func `it pulls the best promised log before it leads, and cuts its own tail for it`() {
    var master = master(log(slaves: 3, rounds: [1, 1]), promised: 2)
    let epoch3 = master.poll(voters: ["s1", "s2"]).prepare?.epoch ?? .zero
    // The higher epoch wins against the longer log.
    _ = master.take(promise(epoch3, last: position(1, 9)), from: "s1")
    var effects = master.take(promise(epoch3, last: position(2, 2)), from: "s2")
    #expect(effects.sent.pulls.map(\.previous) == [position(1, 3)])
    #expect(effects.sent.to("s2").pulls.count == 1)
    #expect(master.core.knownLeader == nil)
    func reply(_ previous: LogPosition, matched: Bool, _ entries: [Entry] = []) -> Message {
      .pullReply(
        Message.PullReply(
          epoch: epoch3, previous: previous, matched: matched, hint: previous.index - 1, entries: entries,
          commit: 1))
    }
    effects = master.take(reply(position(1, 3), matched: false), from: "s2")
    #expect(effects.sent.pulls.map(\.previous) == [position(1, 2)])
    effects = master.take(reply(position(1, 2), matched: false), from: "s2")
    #expect(effects.sent.pulls.map(\.previous) == [position(1, 1)])
    effects = master.take(reply(position(1, 1), matched: true, [put(2, epoch(2))]), from: "s2")
    #expect(effects.truncatedFrom == 2)
    #expect(master.core.knownLeader == id("m1"))
    #expect(master.core.epoch(at: 2) == epoch(2))
    #expect(master.core.epoch(at: 3) == epoch3)
  }

  @Test func `a configuration that it pulls decides whose promises it needs`() {
    var master = master(log(slaves: 1))
    let epoch3 = master.poll(voters: ["s1"]).prepare?.epoch ?? .zero
    _ = master.take(promise(epoch3, last: position(1, 2)), from: "s1")
    let newer = configured(2, epoch(1), configuration(members(slaves: 3)))
    let reply = Message.PullReply(
      epoch: epoch3, previous: position(1, 1), matched: true, hint: 1, entries: [newer], commit: 2)
    let effects = master.take(.pullReply(reply), from: "s1")
    #expect(master.core.knownLeader == nil)
    #expect(effects.sent.filter { [$0].prepares.count == 1 }.map(\.to) == [id("s2"), id("s3")])
    _ = master.take(promise(epoch3, last: .zero), from: "s3")
    #expect(master.core.knownLeader == id("m1"))
  }

  @Test func `a candidate that a pulled configuration does not list gives up`() {
    var master = master(log(slaves: 1))
    let epoch3 = master.poll(voters: ["s1"]).prepare?.epoch ?? .zero
    _ = master.take(promise(epoch3, last: position(1, 2)), from: "s1")
    let without = configured(2, epoch(1), configuration(members("m2", "s1"), removed: [id("m1")]))
    let reply = Message.PullReply(
      epoch: epoch3, previous: position(1, 1), matched: true, hint: 1, entries: [without], commit: 2)
    _ = master.take(.pullReply(reply), from: "s1")
    #expect(!master.core.isCandidate)
    #expect(master.core.knownLeader == nil)
    // And it polls nobody any more.
    #expect(master.run(milliseconds: 5_000).pollNumber == nil)
  }

  @Test func `a master that its own configuration does not list does not even poll`() {
    var master = master(log(slaves: 3), name: "m3")
    #expect(master.run(milliseconds: 5_000).pollNumber == nil)
  }

  @Test func `a candidate that meets a higher promise tries again above it`() {
    var master = master(log(slaves: 3))
    let epoch2 = master.poll(voters: ["s1", "s2"]).prepare?.epoch ?? .zero
    let refusal = Message.PrepareReply(
      epoch: epoch2, granted: false, promised: epoch(8, "m2"), wait: 0, last: .zero)
    _ = master.take(.prepareReply(refusal), from: "s1")
    #expect(!master.core.isCandidate)
    #expect(master.poll(voters: ["s1", "s2"]).prepare?.epoch == epoch(9))
  }

  @Test func `a promise of an older epoch counts for nothing`() {
    var master = master(log(slaves: 1))
    let asked = master.poll(voters: ["s1"]).prepare?.epoch ?? .zero
    _ = master.take(promise(Epoch(round: asked.round - 1, master: id("m1")), last: .zero), from: "s1")
    #expect(master.core.knownLeader == nil)
  }

  @Test func `a candidate that nobody answers repeats its request and then gives up`() {
    var master = master(log(slaves: 3))
    _ = master.poll(voters: ["s1", "s2"])
    #expect(master.core.isCandidate)
    let repeated = master.run(milliseconds: 400).sent.prepares
    #expect(repeated.count >= 3)
    _ = master.run(milliseconds: 1_000)
    #expect(!master.core.isCandidate)
  }

  @Test func `a round is never used twice, not even after a crash`() {
    var master = Bench("m1", entries: log(slaves: 1), promised: epoch(12))
    _ = master.receive(.connected(introduction("s1"), dialed: nil))
    #expect(master.poll(voters: ["s1"]).prepare?.epoch == epoch(13))
  }

  @Test func `a broken link to the leader starts a poll soon, silence one after a lease`() {
    for breaks in [true, false] {
      var backup = Bench("m2", entries: log(slaves: 3), promised: epoch(1))
      _ = backup.receive(.connected(introduction("m1"), dialed: nil))
      _ = backup.take(append(epoch(1), after: position(1, 1)), from: "m1")
      let heard = backup.now
      if breaks { _ = backup.take(.disconnected(id("m1"))) }
      let wait = backup.core.nextDeadline - heard
      #expect(breaks ? wait < .milliseconds(20) : wait >= .milliseconds(500))
    }
  }

  @Test func `each append puts the next poll off`() {
    var backup = Bench("m2", entries: log(slaves: 3), promised: epoch(1))
    for number in 1...20 {
      _ = backup.take(append(epoch(1), number: UInt64(number), after: position(1, 1)), from: "m1")
      #expect(backup.run(milliseconds: 450).pollNumber == nil)
    }
    #expect(backup.run(milliseconds: 700).pollNumber != nil)
  }
}
