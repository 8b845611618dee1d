import Testing

@testable import Replication

/// Design 4.5 and 4.6, the side that leads.
@Suite struct LeaseTests {
  private let lease = Nanoseconds.milliseconds(500)
  /// The drift margin is a tenth of the lease.
  private let usable = Nanoseconds.milliseconds(450)

  /// Sends one heartbeat now; the answers are for the test to give.
  private func heartbeat(_ leader: inout Bench) -> Instant {
    leader.now = max(leader.now, leader.core.nextDeadline)
    var sentAt = leader.now
    while leader.take(.timer).sent.appends.isEmpty {
      leader.now = max(leader.now, leader.core.nextDeadline)
      sentAt = leader.now
    }
    return sentAt
  }

  @Test func `the lease runs from the send time of the append, not from its ack, less the margin`() {
    var leader = Bench.leader(slaves: 3)
    leader.advance(milliseconds: 400)
    let sentAt = heartbeat(&leader)
    leader.advance(milliseconds: 300)
    _ = leader.accept(by: "s1")
    _ = leader.accept(by: "s2")
    #expect(leader.core.mayRead(at: sentAt + usable - 1))
    #expect(!leader.core.mayRead(at: sentAt + usable))
  }

  @Test func `the lease rests on the W-th newest slave`() {
    var leader = Bench.leader(slaves: 5)
    let first = heartbeat(&leader)
    for name in ["s1", "s2", "s3", "s4", "s5"] { _ = leader.accept(by: name) }
    leader.advance(milliseconds: 100)
    let second = heartbeat(&leader)
    _ = leader.accept(by: "s1")
    _ = leader.accept(by: "s2")
    // W is 3: two newer answers move nothing.
    #expect(!leader.core.mayRead(at: first + usable))
    _ = leader.accept(by: "s3")
    #expect(leader.core.mayRead(at: first + usable))
    #expect(!leader.core.mayRead(at: second + usable))
  }

  @Test func `acks of a standby master renew nothing`() {
    var leader = Bench.leader(slaves: 1)
    let first = heartbeat(&leader)
    _ = leader.accept(by: "s1")
    leader.advance(milliseconds: 200)
    _ = heartbeat(&leader)
    _ = leader.accept(by: "m2")
    #expect(!leader.core.mayRead(at: first + usable))
  }

  @Test func `a refused or mismatched append renews nothing`() {
    var leader = Bench.leader(slaves: 1)
    let first = heartbeat(&leader)
    _ = leader.accept(by: "s1")
    leader.advance(milliseconds: 200)
    _ = heartbeat(&leader)
    let reply = Message.AppendReply(
      epoch: leader.core.epoch, number: leader.appends[id("s1")]!.number, outcome: .mismatched(hint: 0),
      applied: 0)
    _ = leader.receive(.appendReply(reply), from: "s1")
    #expect(!leader.core.mayRead(at: first + usable))
  }

  @Test func `during a change of members the lease rests on both sets`() {
    var leader = Bench.leader(slaves: 1)
    let first = heartbeat(&leader)
    _ = leader.accept(by: "s1")
    let joint = configuration(members("m1", "s1"), incoming: members("m1", "s2"))
    leader.core.log.append(configured(leader.core.lastIndex + 1, leader.core.epoch, joint))
    _ = leader.take(.connected(introduction("s2"), dialed: nil))
    leader.advance(milliseconds: 100)
    let second = heartbeat(&leader)
    _ = leader.accept(by: "s1", upTo: 2)
    #expect(!leader.core.mayRead(at: first + usable))
    _ = leader.accept(by: "s2", upTo: 0)
    #expect(leader.core.mayRead(at: second + usable - 1))
  }

  @Test func `a leader that cannot read keeps its followers' leases, and blames nobody for the silence`() {
    var leader = Bench.leader(slaves: 3)
    let first = heartbeat(&leader)
    var renewals = 0
    // Four leases long.
    for _ in 0..<2_000 {
      leader.advance(milliseconds: 1)
      var effects: [Effect] = []
      leader.core.renewLeases(at: leader.now, into: &effects)
      leader.note(effects)
      if !effects.sent.appends.isEmpty { renewals += 1 }
      #expect(effects.count == effects.sent.count)
    }
    #expect((39...41).contains(renewals))
    // What it could not read proves nothing to itself.
    #expect(!leader.core.mayRead(at: first + usable))
    _ = leader.accept(by: "s1")
    _ = leader.accept(by: "s2")
    #expect(leader.core.mayRead(at: leader.now))
  }

  @Test func `without a lease nothing is read, and no write is admitted`() {
    var leader = Bench.leader(slaves: 3)
    #expect(leader.core.admission(at: leader.now) == .open)
    leader.advance(milliseconds: 500)
    #expect(!leader.core.mayRead(at: leader.now))
    #expect(leader.core.admission(at: leader.now) == .noQuorum)
  }

  @Test func `fewer than W links refuse writes at once`() {
    var leader = Bench.leader(slaves: 3)
    _ = leader.take(.disconnected(id("s1")))
    #expect(leader.core.admission(at: leader.now) == .open)
    _ = leader.take(.disconnected(id("s2")))
    #expect(leader.core.admission(at: leader.now) == .noQuorum)
  }

  @Test func `a leader whose slaves stay silent says so once and takes it back with their answer`() {
    var leader = Bench.leader(slaves: 3)
    var suspensions = 0
    for effect in leader.run(milliseconds: 3_000) { if case .suspended = effect { suspensions += 1 } }
    #expect(suspensions == 1)
    _ = heartbeat(&leader)
    for name in ["s1", "s2"] { _ = leader.accept(by: name) }
    #expect(leader.core.admission(at: leader.now) == .open)
    #expect(leader.core.isActive)
  }

  @Test func `no read rests on a lease if leases are switched off`() {
    let leader = Bench.leader(slaves: 3, useLease: false)
    #expect(!leader.core.mayRead(at: leader.now))
    #expect(leader.core.admission(at: leader.now) == .open)
  }

  // MARK: Confirmation rounds

  @Test func `a read is confirmed only by appends that were sent after it came`() {
    var leader = Bench.leader(slaves: 3, useLease: false)
    _ = heartbeat(&leader)
    let before = leader.appends
    let wanted = leader.core.requestConfirmation() ?? 0
    let flushed = leader.flush()
    #expect(Set(flushed.sent.map(\.to)).isSuperset(of: [id("s1"), id("s2"), id("s3")]))
    let after = leader.appends
    // The answers to the older round come first.
    leader.appends = before
    for name in ["s1", "s2", "s3"] {
      #expect((leader.accept(by: name).confirmed ?? 0) < wanted)
    }
    leader.appends = after
    #expect((leader.accept(by: "s1").confirmed ?? 0) < wanted)
    #expect((leader.accept(by: "s2").confirmed ?? 0) >= wanted)
  }

  @Test func `reads that come before a round is sent share it`() {
    var leader = Bench.leader(slaves: 3)
    let one = leader.core.requestConfirmation()
    let two = leader.core.requestConfirmation()
    #expect(one == two)
    _ = leader.flush()
    #expect(leader.core.requestConfirmation() != one)
  }

  @Test func `a round that rides on entries reaches the slaves that lack none, too`() {
    var leader = Bench.leader(slaves: 3)
    let wanted = leader.core.requestConfirmation() ?? 0
    _ = leader.propose("v")
    for name in ["s1", "s2"] { #expect(leader.appends[id(name)]!.number >= wanted) }
    _ = leader.accept(by: "s1")
    #expect((leader.accept(by: "s2").confirmed ?? 0) >= wanted)
  }

  @Test func `a standby confirms nothing and admits nothing, but says who leads`() {
    var backup = Bench("m2", entries: [configured(1, epoch(1), configuration(members(slaves: 1)))])
    _ = backup.take(append(epoch(1), after: position(1, 1)), from: "m1")
    #expect(backup.core.requestConfirmation() == nil)
    #expect(!backup.core.mayRead(at: backup.now))
    #expect(backup.core.admission(at: backup.now) == .standby(active: id("m1")))
  }

  // MARK: Disks (design 4.11) and refusals (4.2)

  @Test func `an fsync that takes longer than a lease costs the lead`() {
    var leader = Bench.leader(slaves: 1)
    _ = leader.propose("v")
    let started = leader.now
    var effects: [Effect] = []
    while leader.now - started <= lease + .milliseconds(100), effects.stepDownReason == nil {
      leader.now = max(leader.now, leader.core.nextDeadline)
      effects = leader.receive(.timer)
      if leader.core.knownLeader != nil { _ = leader.accept(by: "s1") }
      if leader.now - started <= lease { #expect(effects.stepDownReason == nil) }
    }
    #expect(effects.stepDownReason?.contains("fsync") == true)
    #expect(!leader.core.isActive)
  }

  @Test
  func `a leader with a lease that is refused for a higher epoch asks again above it and keeps its clients`()
  {
    var leader = Bench.leader(slaves: 3)
    let refusal = Message.AppendReply(
      epoch: leader.core.epoch, number: 1, outcome: .refused(promised: Epoch(round: 9, master: id("m2"))),
      applied: 0)
    let refused = leader.take(.appendReply(refusal), from: "s3")
    #expect(refused.prepare?.epoch == epoch(10))
    #expect(refused.stepDownReason == nil)
    #expect(!leader.core.mayRead(at: leader.now))
    for name in ["s1", "s2"] { _ = leader.take(promise(epoch(10), last: .zero), from: name) }
    _ = leader.take(.timer)
    var effects: [Effect] = []
    for name in ["s1", "s2", "s1", "s2"] { effects += leader.accept(by: name) }
    #expect(effects.activeEpoch == epoch(10))
  }

  @Test func `a leader without a lease that is refused for a higher epoch steps down`() {
    var leader = Bench.leader(slaves: 3)
    leader.advance(milliseconds: 600)
    let refusal = Message.AppendReply(
      epoch: leader.core.epoch, number: 1, outcome: .refused(promised: Epoch(round: 9, master: id("m2"))),
      applied: 0)
    #expect(leader.take(.appendReply(refusal), from: "s3").stepDownReason != nil)
  }

  @Test func `a refusal for an epoch that is not higher than its own is old news`() {
    var leader = Bench.leader(slaves: 3)
    let refusal = Message.AppendReply(
      epoch: leader.core.epoch, number: 1, outcome: .refused(promised: leader.core.epoch), applied: 0)
    #expect(leader.take(.appendReply(refusal), from: "s3").prepare == nil)
    #expect(leader.core.isActive)
  }

  @Test func `a leader that asked again in vain sends its clients away`() {
    var leader = Bench.leader(slaves: 3)
    let refusal = Message.AppendReply(
      epoch: leader.core.epoch, number: 1, outcome: .refused(promised: Epoch(round: 9, master: id("m2"))),
      applied: 0)
    _ = leader.take(.appendReply(refusal), from: "s3")
    #expect(leader.run(milliseconds: 1_100).stepDownReason != nil)
  }
}
