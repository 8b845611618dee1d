import Testing

@testable import Replication

/// Design 4.7.
@Suite struct HandoverTests {
  /// A leader whose followers all hold its log.
  private func leader(slaves: Int = 3) -> Bench {
    var leader = Bench.leader(slaves: slaves)
    for number in 1...slaves { _ = leader.accept(by: "s\(number)") }
    _ = leader.accept(by: "m2")
    return leader
  }

  private func transfer(_ leader: inout Bench, to target: String? = "m2") -> (String?, [Effect]) {
    var effects: [Effect] = []
    let refusal = leader.core.transfer(to: target.map { id($0) }, at: leader.now, into: &effects)
    leader.note(effects)
    return (refusal, effects)
  }

  @Test func `a leader that is drained signs and names epoch, target and last index`() {
    var leader = leader()
    let reign = leader.core.epoch
    let (refusal, effects) = transfer(&leader)
    #expect(refusal == nil)
    #expect(effects.handedOverTo == id("m2"))
    #expect(
      effects.sent.to("m2").tokens == [
        HandoverToken(epoch: reign, target: id("m2"), lastIndex: leader.core.lastIndex)
      ])
  }

  @Test func `it signs only when every entry is committed and the target holds all of them`() {
    var leader = leader()
    let (index, _) = leader.propose("v")
    let (refusal, started) = transfer(&leader)
    #expect(refusal == nil)
    #expect(started.handedOverTo == nil)
    // Writes wait meanwhile, reads go on.
    #expect(leader.core.admission(at: leader.now) == .paused)
    #expect(leader.core.mayRead(at: leader.now))
    #expect(leader.persist().handedOverTo == nil)
    #expect(leader.accept(by: "m2", upTo: index).handedOverTo == nil)
    #expect(leader.accept(by: "s1", upTo: index).handedOverTo == nil)
    let last = leader.accept(by: "s2", upTo: index)
    #expect(last.handedOverTo == id("m2"))
    // The answer to the last write comes before the word that nothing is served any more.
    let order = last.compactMap { effect -> String? in
      switch effect {
      case .committed: "committed"
      case .handedOver: "handed over"
      default: nil
      }
    }
    #expect(order == ["committed", "handed over"])
  }

  @Test func `it does not sign before the target holds the last entry`() {
    var leader = leader()
    let (index, _) = leader.propose("v")
    _ = leader.persist()
    _ = transfer(&leader)
    for name in ["s1", "s2", "s3"] { #expect(leader.accept(by: name, upTo: index).handedOverTo == nil) }
    #expect(leader.core.commitIndex == index)
    #expect(leader.accept(by: "m2", upTo: index).handedOverTo == id("m2"))
  }

  @Test func `it signs only while R slaves have acked within half a lease`() {
    var leader = leader(slaves: 4)
    leader.advance(milliseconds: 260)
    let (refusal, effects) = transfer(&leader)
    #expect(refusal == nil)
    #expect(effects.handedOverTo == nil)
    // R of four is three, one more than W.
    #expect(leader.accept(by: "s1").handedOverTo == nil)
    #expect(leader.accept(by: "s2").handedOverTo == nil)
    #expect(leader.accept(by: "s3").handedOverTo == id("m2"))
  }

  @Test func `after signing it sends no append, admits nothing and reads nothing`() {
    var leader = leader()
    let reign = leader.core.epoch
    _ = transfer(&leader)
    #expect(!leader.core.isActive)
    #expect(!leader.core.mayRead(at: leader.now))
    #expect(leader.core.requestConfirmation() == nil)
    if case .standby = leader.core.admission(at: leader.now) {} else { Issue.record("writes are admitted") }
    var effects = leader.flush()
    for name in ["s1", "s2", "s3", "m2"] { effects += leader.accept(by: name) }
    effects += leader.take(.timer)
    #expect(effects.sent.appends.isEmpty && effects.riding.appends.isEmpty)
    // If it ever leads again, then in another epoch.
    #expect(leader.poll(voters: ["s1", "s2"]).prepare?.epoch.round ?? 0 > reign.round)
  }

  @Test func `a handover that takes too long is called off and writes go on`() {
    var leader = leader()
    _ = leader.propose("v")
    _ = leader.persist()
    _ = transfer(&leader)
    var effects: [Effect] = []
    for _ in 0..<10 where !effects.resumed {
      leader.now = max(leader.now, leader.core.nextDeadline)
      effects = leader.take(.timer)
      // The slaves answer, the target does not.
      for name in ["s1", "s2", "s3"] { _ = leader.accept(by: name, upTo: leader.core.lastIndex) }
    }
    #expect(effects.resumed)
    #expect(leader.core.isActive)
    #expect(leader.core.admission(at: leader.now) == .open)
    // A late answer of the target changes nothing any more.
    #expect(leader.accept(by: "m2", upTo: leader.core.lastIndex).handedOverTo == nil)
  }

  @Test func `a transfer says why it cannot be done`() {
    var leader = leader()
    #expect(transfer(&leader, to: "m1").0?.contains("active already") == true)
    #expect(transfer(&leader, to: "m7").0?.contains("lists no master") == true)
    #expect(transfer(&leader, to: "s1").0?.contains("lists no master") == true)
    var alone = Bench.leader(slaves: 1)
    _ = alone.take(.disconnected(id("m2")))
    #expect(transfer(&alone, to: "m2").0?.contains("not caught up") == true)
    #expect(transfer(&alone, to: nil).0?.contains("no other master") == true)
    var standby = Bench("m2", entries: [configured(1, epoch(1), configuration(members(slaves: 1)))])
    #expect(transfer(&standby).0?.contains("not active") == true)
    _ = leader.propose("v")
    _ = transfer(&leader)
    #expect(transfer(&leader).0?.contains("under way") == true)
  }

  @Test func `without a target the connected master takes the lead`() {
    var leader = leader()
    #expect(transfer(&leader, to: nil).1.handedOverTo == id("m2"))
  }

  @Test func `a request counts only for the epoch that it names`() {
    var leader = leader()
    let old = Message.handoverRequest(Message.HandoverRequest(epoch: epoch(1)))
    #expect(leader.take(old, from: "m2").handedOverTo == nil)
    let right = Message.handoverRequest(Message.HandoverRequest(epoch: leader.core.epoch))
    #expect(leader.take(right, from: "m2").handedOverTo == id("m2"))
  }

  // MARK: The side that wants the lead

  private func standby(_ name: String, leader: String) -> Bench {
    let reign = epoch(2, leader)
    return Bench(
      name, entries: [configured(1, epoch(1), configuration(members(slaves: 3))), put(2, reign)],
      promised: reign)
  }

  /// Follows a leader for some time and gathers what is asked of it.
  private func follow(_ bench: inout Bench, _ leader: String, milliseconds: Int64) -> [Effect] {
    var all: [Effect] = []
    for number in 0..<(milliseconds / 50) {
      let heartbeat = append(
        epoch(2, leader), number: UInt64(number) + 1, after: position(2, 2, leader), commit: 2)
      all += bench.take(heartbeat, from: leader)
      // A timer that comes early must not count as patience.
      all += bench.take(.timer)
      all += bench.run(milliseconds: 50)
    }
    return all
  }

  private func asks(_ effects: [Effect]) -> Bool {
    effects.sent.contains { if case .handoverRequest = $0.message { true } else { false } }
  }

  @Test func `the primary asks for the lead once it has followed without a break for a while`() {
    var primary = standby("m1", leader: "m2")
    #expect(!asks(follow(&primary, "m2", milliseconds: 950)))
    #expect(asks(follow(&primary, "m2", milliseconds: 200)))
  }

  @Test func `a backup never asks for the lead`() {
    var backup = standby("m2", leader: "m1")
    #expect(!asks(follow(&backup, "m1", milliseconds: 5_000)))
  }

  @Test func `a token makes its target ask for the lead at once, with the token`() {
    var backup = standby("m2", leader: "m1")
    _ = follow(&backup, "m1", milliseconds: 100)
    let token = HandoverToken(epoch: epoch(2), target: id("m2"), lastIndex: 2)
    let effects = backup.receive(.handover(token), from: "m1")
    #expect(effects.prepare?.epoch == epoch(3, "m2"))
    #expect(effects.riding.prepares.allSatisfy { $0.token == token })
  }

  @Test(
    arguments: [
      HandoverToken(epoch: epoch(2), target: id("m1"), lastIndex: 2),
      HandoverToken(epoch: epoch(1), target: id("m2"), lastIndex: 2),
      HandoverToken(epoch: epoch(2), target: id("m2"), lastIndex: 3),
    ])
  func `a token for another, of an older epoch or of a longer log is not used`(token: HandoverToken) {
    var backup = standby("m2", leader: "m1")
    #expect(backup.receive(.handover(token), from: "m1").prepare == nil)
    #expect(!backup.core.isCandidate)
  }

  @Test func `the primary does not ask a leader that has fallen silent`() {
    var primary = standby("m1", leader: "m2")
    _ = follow(&primary, "m2", milliseconds: 900)
    primary.advance(milliseconds: 300)
    #expect(!asks(primary.take(.timer)))
  }

  /// Whether m1, which has handed over to m2, asks m2 for the lead within some seconds.
  private func asksAfterwards(_ leader: inout Bench) -> Bool {
    let reign = Epoch(round: leader.core.epoch.round + 1, master: id("m2"))
    var asked = false
    for number in 1...60 as ClosedRange<UInt64> {
      let previous = leader.core.lastPosition
      asked = asked || asks(leader.take(append(reign, number: number, after: previous), from: "m2"))
      asked = asked || asks(leader.run(milliseconds: 50))
    }
    #expect(leader.core.knownLeader == id("m2"))
    return asked
  }

  @Test func `a primary that was told to hand over does not take the lead back by itself`() {
    var leader = leader()
    _ = transfer(&leader)
    #expect(!asksAfterwards(&leader))
  }

  @Test func `a primary that handed over because another master asked still wants its lead`() {
    var leader = leader()
    let request = Message.HandoverRequest(epoch: leader.core.epoch)
    #expect(leader.take(.handoverRequest(request), from: "m2").handedOverTo == id("m2"))
    #expect(asksAfterwards(&leader))
  }

  @Test func `a transfer that was called off does not keep the primary from its lead later`() {
    var leader = leader()
    _ = leader.propose("v")
    _ = leader.persist()
    _ = transfer(&leader)
    for _ in 0..<10 {
      leader.now = max(leader.now, leader.core.nextDeadline)
      _ = leader.take(.timer)
      for name in ["s1", "s2", "s3"] { _ = leader.accept(by: name, upTo: leader.core.lastIndex) }
    }
    #expect(leader.core.isActive)
    #expect(asksAfterwards(&leader))
  }
}
