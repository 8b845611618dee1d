import Commands
import Replication
import Serving
import Testing

/// Design 4.7 and 4.12: what clients are told when the lead, the quorum or the time ends.
@Suite struct EndOfReignTests {
  @Test func clientsThatGoWhileTheirRequestsWaitAreForgottenAtTheNextLook() {
    let bench = Bench.master()
    bench.advance(milliseconds: 500)
    let clients = (0..<10_000).map { _ in bench.connect() }
    for client in clients { client.send("GET a") }
    #expect(bench.server.waitingCount == 10_000)
    let start = ContinuousClock.now
    for client in clients.dropLast() { client.session.closed() }
    // Looking through all that wait for each that goes takes several times as long.
    #expect(ContinuousClock.now - start < .seconds(1))
    #expect(bench.server.waitingCount == 1)
    bench.server.expire()
    #expect(bench.server.waitingCount == 1)
    clients[9_999].session.closed()
    bench.server.expire()
    #expect(bench.server.isIdle)
  }

  @Test func nothingIsServedAfterSigning() throws {
    let bench = Bench.master()
    let (reader, writer) = (bench.connect(), bench.connect())
    bench.heartbeat()
    #expect(bench.transfer() == nil)
    bench.accept("s1", "s2", "s3", "m2")
    #expect(!bench.server.core.isActive)
    reader.send("GET a")
    writer.send("SET a 1")
    #expect(reader.take() == ["READONLY This master is on standby. active=m2:1"])
    #expect(writer.take() == ["READONLY You can't write against a standby master. active=m2:1"])
    #expect(reader.isToldToLeave)
    reader.endGrace()
    #expect(reader.isClosed)
  }

  @Test func writesWaitForTheEndOfAHandoverAndReadsGoOn() {
    let bench = Bench.master()
    let (reader, writer) = (bench.connect(), bench.connect())
    bench.heartbeat()
    bench.connect().send("SET b 1")
    bench.flush()
    // m2 does not have the last entry yet, so that nothing is signed.
    #expect(bench.transfer() == nil)
    writer.send("SET a 1")
    reader.send("GET a")
    #expect(reader.take() == ["nil"])
    #expect(writer.take().isEmpty)
    // m2 never answers: the handover is called off, and what waited goes on.
    bench.advance(milliseconds: 260)
    bench.receive(.timer)
    bench.accept("s1", "s2", "s3")
    bench.commit()
    #expect(writer.take() == ["OK"])
  }

  @Test func aWriteThatIsCutOffByTheEndOfAReignIsInDoubt() {
    let bench = Bench.master()
    let (writer, reader) = (bench.connect(), bench.connect())
    writer.send("SET a 1")
    reader.send("GET a")
    let (epoch, index) = (bench.server.core.epoch, bench.server.core.lastIndex)
    deposeByHigherEpoch(bench)
    #expect(writer.take().first?.hasPrefix("INDOUBT epoch=\(epoch) index=\(index) ") == true)
    #expect(reader.take().first?.hasPrefix("READONLY This master is on standby. active=m2:1") == true)
    #expect(writer.isToldToLeave && !writer.isClosed)
    #expect(bench.server.statistics.inDoubt == 1)
  }

  @Test func aWriteThatIsNotCommittedInTimeIsInDoubtOnASocketThatStaysOpen() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET a 1")
    bench.flush()
    bench.advance(milliseconds: 2_001)
    bench.server.expire()
    #expect(client.take().first?.hasPrefix("INDOUBT epoch=") == true)
    #expect(!client.isClosed && !client.isToldToLeave)
    bench.commit()
    #expect(client.take().isEmpty, "the fate of a write is told once")
  }

  @Test func withoutAQuorumNothingIsAppended() {
    let bench = Bench.master()
    let client = bench.connect()
    for name in ["s1", "s2"] { bench.receive(.disconnected(id(name))) }
    let last = bench.server.core.lastIndex
    client.send("SET a 1")
    #expect(client.take().first?.hasPrefix("NOREPLICAS Not enough good slaves") == true)
    #expect(bench.server.core.lastIndex == last)
  }

  @Test func withAFullDiskNothingIsAppendedAndReadsGoOn() {
    let bench = Bench.master()
    let client = bench.connect()
    bench.receive(.disk(isFull: true))
    client.send("SET a 1", "GET a")
    let replies = client.take()
    #expect(replies.first?.hasPrefix("MISCONF") == true)
    #expect(replies.last == "nil")
  }

  @Test func aWriteWaitsForALeaseThatRanOutWhileItsSlavesAreLinked() {
    let bench = Bench.master()
    let client = bench.connect()
    bench.advance(milliseconds: 500)
    client.send("SET a 1")
    #expect(client.take().isEmpty)
    #expect(bench.wantsConfirmation)
    bench.flush()
    bench.accept("s1", "s2")
    bench.commit()
    #expect(client.take() == ["OK"])
  }

  @Test func requestsThatHaveWaitedTooLongAreAllAnsweredThatNothingWasDone() {
    let bench = Bench.master(useLease: false)
    let client = bench.connect()
    client.send("GET a", "GET b", "PING", "GET c")
    bench.advance(milliseconds: 999)
    bench.server.expire()
    #expect(client.take().isEmpty)
    bench.advance(milliseconds: 2)
    bench.server.expire()
    let replies = client.take()
    #expect(replies.count == 4)
    #expect(replies.filter { $0.hasPrefix("CLUSTERDOWN Too few slaves confirmed in time") }.count == 3)
  }

  @Test func aClientThatReadsStaleStaysWhenTheLeadIsLost() {
    let bench = Bench.master()
    let (stale, other) = (bench.connect(), bench.connect())
    stale.send("READONLY")
    deposeByHigherEpoch(bench)
    #expect(!stale.isToldToLeave)
    #expect(other.isToldToLeave)
    stale.send("GET a")
    #expect(stale.take() == ["OK", "nil"])
  }

  @Test func aConnectionWithoutRoomIsLookedAtAgainWhenItsRepliesLeave() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET a 1")
    while client.session.hasRoom { client.session.answer(.null) }
    #expect(!client.session.hasRoom)
    let flushes = client.flushes
    bench.advance(milliseconds: 2_001)
    bench.server.expire()
    #expect(client.session.hasRoom)
    #expect(client.flushes > flushes)
  }

  @Test func aStoppingNodeAnswersEverythingAndCloses() {
    let bench = Bench.master(useLease: false)
    let (writer, reader) = (bench.connect(), bench.connect())
    writer.send("SET a 1")
    reader.send("GET a")
    bench.server.stop()
    #expect(writer.take().first?.hasPrefix("INDOUBT") == true)
    #expect(reader.take().count == 1)
    #expect(writer.isClosed && reader.isClosed)
  }

  /// Another master leads in a higher epoch, and its append arrives.
  private func deposeByHigherEpoch(_ bench: Bench) {
    let epoch = Epoch(round: bench.server.core.epoch.round + 1, master: id("m2"))
    let append = Message.Append(
      epoch: epoch, number: 1, previous: LogPosition(epoch: bench.server.core.epoch, index: 2), entries: [],
      commit: 2)
    bench.receive(.received(.append(append), from: id("m2")))
  }
}
