import Commands
import Replication
import Serving
import Testing

/// Connections that are more than requests and replies.
@Suite struct ModeTests {
  @Test func aMessageDoesNotOvertakeAReplyWhoseCommitIsAwaited() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET a 1")
    client.session.deliver(PubSubReplies.message([UInt8(ascii: "m")], in: [UInt8(ascii: "c")]))
    client.session.drain()
    #expect(client.take().isEmpty)
    client.send("GET b")
    bench.commit()
    #expect(client.take() == ["OK", "message c m", "nil"])
  }

  @Test func whatIsDoneInTurnWaitsForTheWritesBeforeIt() {
    let bench = Bench.master()
    let client = bench.connect()
    var done: [String] = []
    client.send("SET a 1")
    client.session.answerInTurn {
      done.append("first")
      return .integer(7)
    }
    client.session.doInTurn { done.append("second") }
    client.session.drain()
    #expect(done.isEmpty)
    bench.commit()
    #expect(done == ["first", "second"])
    #expect(client.take() == ["OK", "7"])
  }

  @Test func whatIsDoneInTurnIsDoneForAClientThatHasGone() {
    let bench = Bench.master()
    let client = bench.connect()
    var isDone = false
    client.send("SET a 1")
    client.session.answerInTurn {
      isDone = true
      return .ok
    }
    client.session.closed()
    bench.commit()
    #expect(isDone)
    #expect(client.take().isEmpty)
  }

  @Test func whatIsDoneInTurnWaitsForTimeAndHoldsWhatIsBehindIt() {
    let bench = Bench.master()
    let client = bench.connect()
    bench.hasTime = false
    client.session.answerInTurn { .integer(7) }
    client.send("PING")
    #expect(client.take().isEmpty)
    bench.hasTime = true
    client.session.drain()
    #expect(client.take() == ["7", "PONG"])
  }

  @Test func aSubscriberOfVersion2MaySendLittle() {
    let bench = Bench.master()
    let client = bench.connect()
    client.session.isSubscriberOnly = true
    client.send("GET a", "NOSUCH", "PING")
    let replies = client.take()
    #expect(replies[0].hasPrefix("ERR Can't execute 'get': only (P|S)SUBSCRIBE"))
    #expect(replies[1].hasPrefix("ERR unknown command 'NOSUCH'"))
    #expect(replies[2] == "PONG")
  }

  @Test func monitorsSeeEachRequestOnceHoweverOftenItIsTried() {
    let bench = Bench.master()
    bench.server.hasMonitors = true
    let client = bench.connect()
    bench.advance(milliseconds: 500)
    client.send("GET a", "NOSUCH", "GET")
    #expect(bench.shown == [["GET", "a"]], "what is refused at sight is not shown")
    bench.heartbeat()
    bench.server.resume()
    #expect(client.take().count == 3)
    #expect(bench.shown == [["GET", "a"]])
    let monitor = bench.connect()
    monitor.session.isMonitor = true
    monitor.send("SET a 1")
    #expect(monitor.take() == ["ERR Replica can't interact with the keyspace"])
  }

  @Test func whoListensForEventsStaysThroughTheEndOfAReign() {
    let bench = Bench.master()
    let (listener, subscriber, reader, mixed) = (
      bench.connect(), bench.connect(), bench.connect(), bench.connect()
    )
    listener.session.isSubscribed = true
    listener.session.hearsEvents = true
    subscriber.session.isSubscribed = true
    reader.send("READONLY")
    mixed.send("READONLY")
    mixed.session.isSubscribed = true
    bench.heartbeat()
    #expect(bench.transfer() == nil)
    bench.accept("s1", "s2", "s3", "m2")
    #expect(!bench.server.core.isActive)
    #expect(!listener.isToldToLeave && !reader.isToldToLeave)
    #expect(subscriber.isToldToLeave && mixed.isToldToLeave, "the messages are at the new master now")
  }
}

/// Which master may be named to clients.
@Suite struct ConfirmedLeaderTests {
  @Test func aMasterNamesItselfWhileItsLeaseRuns() {
    let bench = Bench.master()
    bench.heartbeat()
    #expect(bench.server.core.confirmedLeader(at: bench.now) == id("m1"))
    bench.advance(milliseconds: 500)
    #expect(bench.server.core.isActive)
    #expect(bench.server.core.confirmedLeader(at: bench.now) == nil)
    bench.heartbeat()
    #expect(bench.server.core.confirmedLeader(at: bench.now) == id("m1"))
  }

  @Test func aMasterThatHasHandedOverNamesNobody() {
    let bench = Bench.master()
    bench.heartbeat()
    #expect(bench.transfer() == nil)
    bench.accept("s1", "s2", "s3", "m2")
    #expect(bench.server.core.confirmedLeader(at: bench.now) == nil)
  }

  @Test func aStandbyNamesALeaderThatServesInTheCurrentEpochAndIsHeardFrom() {
    let bench = Bench("m2", slaves: 3)
    let epoch = Epoch(round: 2, master: id("m1"))
    let first = Entry(index: 2, epoch: epoch, time: 0, payload: .noop)
    let previous = LogPosition(epoch: Epoch(round: 1, master: id("m1")), index: 1)
    func hear(_ append: Message.Append) {
      bench.receive(.received(.append(append), from: id("m1")))
      bench.persist()
    }
    func named() -> NodeID? { bench.server.core.confirmedLeader(at: bench.now) }

    bench.receive(.connected(introduction("m1"), dialed: nil))
    #expect(named() == nil)
    hear(Message.Append(epoch: epoch, number: 1, previous: previous, entries: [first], commit: 1))
    #expect(bench.server.core.knownLeader == id("m1"))
    #expect(named() == nil, "its first entry is not committed: it does not serve")
    let end = LogPosition(epoch: epoch, index: 2)
    hear(Message.Append(epoch: epoch, number: 2, previous: end, entries: [], commit: 2))
    #expect(named() == id("m1"))
    bench.advance(milliseconds: 499)
    #expect(named() == id("m1"))
    bench.advance(milliseconds: 1)
    #expect(named() == nil, "it has been silent for a lease")
    hear(Message.Append(epoch: epoch, number: 3, previous: end, entries: [], commit: 2))
    #expect(named() == id("m1"))
    bench.receive(.disconnected(id("m1")))
    #expect(named() == nil)
  }
}
