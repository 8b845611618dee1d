import Testing

@testable import Replication

/// Design 4.2 and 4.5, the side that promises.
@Suite struct PromiseTests {
  private let log = [configured(1, epoch(1), configuration(members(slaves: 3))), put(2, epoch(1))]

  @Test func `a promise leaves only on the write that makes it durable`() {
    var slave = Bench("s1", entries: log)
    let effects = slave.receive(prepare(epoch(2)), from: "m1")
    #expect(effects.sent.prepareReplies.isEmpty)
    #expect(effects.writes.map { $0.hardState?.promised } == [epoch(2)])
    #expect(
      effects.riding.prepareReplies == [
        Message.PrepareReply(
          epoch: epoch(2), granted: true, promised: epoch(2), wait: 0, last: position(1, 2))
      ])
  }

  @Test func `a lower epoch than the promised one is refused at once`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(prepare(epoch(5)), from: "m1")
    let reply = slave.take(prepare(epoch(4)), from: "m1").sent.prepareReplies.first
    #expect(reply?.granted == false)
    #expect(reply?.promised == epoch(5))
    #expect(slave.core.promised == epoch(5))
  }

  @Test func `a prepare of the promised epoch repeats the promise, again only behind the disk`() {
    var slave = Bench("s1", entries: log)
    _ = slave.receive(prepare(epoch(2)), from: "m1")
    let again = slave.receive(prepare(epoch(2)), from: "m1")
    #expect(again.sent.prepareReplies.isEmpty)
    #expect(again.riding.prepareReplies.map(\.granted) == [true])
  }

  @Test func `a repeat works after a restart too, though new promises wait`() {
    var slave = Bench("s1", entries: log, promised: epoch(2))
    #expect(slave.take(prepare(epoch(2)), from: "m1").riding.prepareReplies.map(\.granted) == [true])
    #expect(slave.take(prepare(epoch(3, "m2")), from: "m2").sent.prepareReplies.map(\.granted) == [false])
  }

  @Test func `nobody is promised anything while another master's lease is live`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(append(epoch(1), after: position(1, 2)), from: "m1")
    slave.advance(milliseconds: 499)
    let refused = slave.take(prepare(epoch(2, "m2")), from: "m2").sent.prepareReplies.first
    #expect(refused?.granted == false)
    #expect(refused?.wait == .milliseconds(1))
    #expect(slave.core.promised == epoch(1))
    slave.advance(milliseconds: 1)
    #expect(slave.take(prepare(epoch(2, "m2")), from: "m2").riding.prepareReplies.first?.granted == true)
  }

  @Test func `part of a message from the leader renews its lease, one from another master does not`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(append(epoch(1), after: position(1, 2)), from: "m1")
    slave.advance(milliseconds: 300)
    _ = slave.take(.hearing(id("m1")))
    slave.advance(milliseconds: 400)
    _ = slave.take(.hearing(id("m2")))
    let refused = slave.take(prepare(epoch(2, "m2")), from: "m2").sent.prepareReplies.first
    #expect(refused?.wait == .milliseconds(100))
    slave.advance(milliseconds: 100)
    #expect(slave.take(prepare(epoch(2, "m2")), from: "m2").riding.prepareReplies.first?.granted == true)
  }

  @Test func `each accepted append renews the lease, a mismatched one does not`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(append(epoch(1), after: position(1, 2)), from: "m1")
    slave.advance(milliseconds: 300)
    _ = slave.take(append(epoch(1), number: 2, after: position(1, 2)), from: "m1")
    slave.advance(milliseconds: 300)
    #expect(slave.take(prepare(epoch(2, "m2")), from: "m2").sent.prepareReplies.first?.granted == false)
    _ = slave.take(append(epoch(1), number: 3, after: position(1, 9)), from: "m1")
    slave.advance(milliseconds: 200)
    #expect(slave.take(prepare(epoch(2, "m2")), from: "m2").riding.prepareReplies.first?.granted == true)
  }

  @Test func `a promise grants the candidate a lease`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(prepare(epoch(2)), from: "m1")
    slave.advance(milliseconds: 499)
    #expect(slave.take(prepare(epoch(3, "m2")), from: "m2").sent.prepareReplies.first?.granted == false)
    slave.advance(milliseconds: 1)
    #expect(slave.take(prepare(epoch(3, "m2")), from: "m2").riding.prepareReplies.first?.granted == true)
  }

  @Test func `the holder of the lease itself may be promised a higher epoch`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(append(epoch(1), after: position(1, 2)), from: "m1")
    #expect(slave.take(prepare(epoch(2)), from: "m1").riding.prepareReplies.first?.granted == true)
  }

  @Test func `a slave that restarts promises nothing for the length of a lease`() {
    var slave = Bench("s1", entries: log, promised: epoch(1))
    let early = slave.take(prepare(epoch(2)), from: "m1").sent.prepareReplies.first
    #expect(early?.granted == false)
    #expect(early?.wait == .milliseconds(500))
    slave.advance(milliseconds: 500)
    #expect(slave.take(prepare(epoch(2)), from: "m1").riding.prepareReplies.first?.granted == true)
  }

  @Test func `the wait after a restart has the length of the configuration's lease`() {
    let long = [configured(1, epoch(1), configuration(members(slaves: 3), lease: 2_000))]
    var slave = Bench("s1", entries: long, promised: epoch(1))
    slave.advance(milliseconds: 1_999)
    #expect(slave.take(prepare(epoch(2)), from: "m1").sent.prepareReplies.first?.granted == false)
    slave.advance(milliseconds: 1)
    #expect(slave.take(prepare(epoch(2)), from: "m1").riding.prepareReplies.first?.granted == true)
  }

  @Test func `a lease has the length of the configuration that came with the append`() {
    let long = configured(1, epoch(1), configuration(members(slaves: 3), lease: 2_000))
    var slave = Bench("s1", cluster: nil)
    _ = slave.take(append(epoch(1), [long]), from: "m1")
    slave.advance(milliseconds: 1_999)
    #expect(slave.take(prepare(epoch(2, "m2")), from: "m2").sent.prepareReplies.first?.granted == false)
  }

  @Test func `a slave that has never promised promises at once`() {
    var slave = Bench("s1", cluster: nil)
    #expect(slave.take(prepare(epoch(2)), from: "m1").riding.prepareReplies.first?.granted == true)
  }

  @Test func `a poll changes nothing and tells what stands in the way`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(append(epoch(1), after: position(1, 2)), from: "m1")
    slave.advance(milliseconds: 100)
    let effects = slave.take(.poll(Message.Poll(number: 77)), from: "m2")
    #expect(effects.writes.isEmpty)
    #expect(
      effects.sent.pollReplies == [
        Message.PollReply(number: 77, wouldPromise: false, wait: .milliseconds(400), promised: epoch(1))
      ])
    slave.advance(milliseconds: 400)
    #expect(
      slave.take(.poll(Message.Poll(number: 78)), from: "m2").sent.pollReplies.first?.wouldPromise == true)
    #expect(slave.core.promised == epoch(1))
  }

  @Test func `a master neither answers polls nor promises`() {
    var backup = Bench("m2", entries: log)
    #expect(backup.take(.poll(Message.Poll(number: 1)), from: "m1").sent.isEmpty)
    #expect(backup.take(prepare(epoch(2)), from: "m1").riding.isEmpty)
  }

  @Test func `nobody may ask in the name of another master`() {
    var slave = Bench("s1", entries: log)
    let effects = slave.take(prepare(epoch(2)), from: "m2")
    #expect(effects.sent.isEmpty && effects.writes.isEmpty)
    #expect(slave.core.promised == .zero)
  }

  // MARK: Handover tokens (design 4.7)

  private func token(_ round: UInt64) -> HandoverToken {
    HandoverToken(epoch: epoch(round), target: id("m2"), lastIndex: 2)
  }

  @Test func `a token sets the lease aside`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(append(epoch(1), after: position(1, 2)), from: "m1")
    let effects = slave.take(prepare(epoch(2, "m2"), token: token(1)), from: "m2")
    #expect(effects.riding.prepareReplies.first?.granted == true)
  }

  @Test func `a token sets the wait after a restart aside`() {
    var slave = Bench("s1", entries: log, promised: epoch(1))
    let effects = slave.take(prepare(epoch(2, "m2"), token: token(1)), from: "m2")
    #expect(effects.riding.prepareReplies.first?.granted == true)
  }

  @Test func `a token is void once a higher epoch than its own is promised`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(append(epoch(2), after: position(1, 2)), from: "m1")
    let effects = slave.take(prepare(epoch(3, "m2"), token: token(1)), from: "m2")
    #expect(effects.sent.prepareReplies.first?.granted == false)
  }

  @Test func `a token helps nobody but its target`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(append(epoch(1), after: position(1, 2)), from: "m1")
    let effects = slave.take(prepare(epoch(2, "m3"), token: token(1)), from: "m3")
    #expect(effects.sent.prepareReplies.first?.granted == false)
  }

  // MARK: Lending the log

  @Test func `a pull is answered only while the promise is the candidate's epoch`() {
    var slave = Bench("s1", entries: log)
    let pull = Message.pull(Message.Pull(epoch: epoch(2), previous: position(1, 1)))
    #expect(slave.take(pull, from: "m1").sent.isEmpty)
    _ = slave.receive(prepare(epoch(2)), from: "m1")
    // Not before the promise is on disk either.
    #expect(slave.receive(pull, from: "m1").sent.isEmpty)
    _ = slave.persist()
    let reply = slave.take(pull, from: "m1").sent.pullReplies.first
    #expect(reply?.matched == true)
    #expect(reply?.entries == [log[1]])
    _ = slave.take(append(epoch(3, "m2"), after: position(1, 2)), from: "m2")
    #expect(slave.take(pull, from: "m1").sent.isEmpty)
  }

  @Test func `a pull after an entry that the source lacks is answered with a hint`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(prepare(epoch(2)), from: "m1")
    let beyond = Message.pull(Message.Pull(epoch: epoch(2), previous: position(1, 7)))
    let reply = slave.take(beyond, from: "m1").sent.pullReplies.first
    #expect(reply?.matched == false)
    #expect(reply?.hint == 2)
  }

  @Test func `a slave that lost its leader has no timer to wait for`() {
    var slave = Bench("s1", entries: log)
    _ = slave.take(append(epoch(1), after: position(1, 2)), from: "m1")
    _ = slave.take(.disconnected(id("m1")))
    #expect(slave.core.knownLeader == nil)
    #expect(slave.core.nextDeadline == .distantFuture)
  }
}
