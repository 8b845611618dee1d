import Replication
import Serving
import Testing

/// Design 4.6 at the active master.
@Suite struct ReadTests {
  @Test func aReadWaitsForItsKeysPendingWriteAndOthersDoNot() {
    let bench = Bench.master()
    let (writer, reader) = (bench.connect(), bench.connect())
    writer.send("SET a 1")
    reader.send("GET b")
    #expect(reader.take() == ["nil"])
    reader.send("GET a")
    #expect(reader.take().isEmpty)
    bench.commit()
    #expect(writer.take() == ["OK"])
    #expect(reader.take() == ["1"])
  }

  @Test func aScanOfTheKeyspaceWaitsForEveryPendingWrite() {
    let bench = Bench.master()
    let (writer, reader) = (bench.connect(), bench.connect())
    writer.send("SET a 1", "SET b 1", "DEL a")
    reader.send("DBSIZE", "KEYS *")
    #expect(reader.take().isEmpty)
    bench.commit()
    #expect(reader.take() == ["1", "b"])
    bench.applyAll()
    reader.send("DBSIZE", "KEYS *")
    #expect(reader.take() == ["1", "b"])
  }

  @Test func withALeaseAReadIsAnsweredAtOnceAndWithoutOneItWaitsForARound() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("GET a")
    #expect(client.take() == ["nil"])
    #expect(!bench.wantsConfirmation)
    bench.advance(milliseconds: 500)
    client.send("GET a")
    #expect(client.take().isEmpty)
    #expect(bench.wantsConfirmation)
    bench.flush()
    bench.accept("s1")
    #expect(client.take().isEmpty, "one of three slaves is no write quorum")
    bench.accept("s2")
    #expect(client.take() == ["nil"])
  }

  @Test func theClockIsReadAfterTheValueWasLookedUp() {
    let bench = Bench.master()
    let client = bench.connect()
    bench.stored.onLookup = { bench.advance(milliseconds: 500) }
    client.send("GET a")
    bench.stored.onLookup = {}
    #expect(client.take().isEmpty)
  }

  @Test func aReadJoinsNoRoundThatWasSentBeforeItCame() {
    let bench = Bench.master(useLease: false)
    let (first, second) = (bench.connect(), bench.connect())
    first.send("GET a")
    bench.flush()
    second.send("GET a")
    #expect(bench.wantsConfirmation)
    bench.accept("s1", "s2")
    #expect(first.take() == ["nil"])
    #expect(second.take().isEmpty)
    bench.flush()
    bench.accept("s1", "s2")
    #expect(second.take() == ["nil"])
  }

  @Test func readsThatCameBeforeARoundIsSentShareIt() {
    let bench = Bench.master(useLease: false)
    let (first, second) = (bench.connect(), bench.connect())
    first.send("GET a")
    second.send("GET a", "GET b")
    bench.flush()
    bench.accept("s1", "s2")
    #expect(first.take() == ["nil"])
    #expect(second.take().first == "nil")
  }

  @Test func aConfirmedReadStillWaitsForItsKeysPendingWrite() {
    let bench = Bench.master(useLease: false)
    let (writer, reader) = (bench.connect(), bench.connect())
    reader.send("GET a")
    writer.send("SET a 1")
    bench.flush()
    // Two slaves have the entry, but the master's own disk does not.
    bench.accept("s1", "s2")
    #expect(reader.take().isEmpty)
    bench.persist()
    #expect(reader.take() == ["1"])
  }

  @Test func aWriteWithoutEffectsIsARead() {
    let bench = Bench.master(useLease: false)
    let (writer, reader) = (bench.connect(), bench.connect())
    writer.send("SET a 1")
    bench.commit()
    reader.send("SET a 2 NX")
    #expect(reader.take().isEmpty)
    bench.flush()
    bench.accept("s1", "s2")
    #expect(reader.take() == ["nil"])
    #expect(bench.server.core.lastIndex == bench.server.core.commitIndex)
  }

  @Test func aKeyPastItsEndIsGoneOnlyOnceItsDeleteIsCommitted() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET a 1 PX 10")
    bench.commit()
    bench.applyAll()
    bench.advance(milliseconds: 11)
    let last = bench.server.core.lastIndex
    #expect(client.take() == ["OK"])
    client.send("GET a")
    #expect(client.take().isEmpty)
    #expect(bench.server.core.lastIndex == last + 1)
    bench.commit()
    #expect(client.take() == ["nil"])
  }

  @Test func repliesLeaveInTheOrderOfTheirRequests() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET a 1", "GET b", "PING", "NOTHING")
    #expect(client.take().isEmpty)
    bench.commit()
    let replies = client.take()
    #expect(replies.prefix(3) == ["OK", "nil", "PONG"])
    #expect(replies.last?.hasPrefix("ERR unknown command 'NOTHING'") == true)
  }

  @Test func aReadSeesTheOverlayBeforeAndTheKeyspaceAfterApplying() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET a 1", "SET a 2")
    bench.commit()
    _ = client.take()
    client.send("KV.GET a")
    let before = client.take().first?.replacing("applied_index=2", with: "applied_index=4")
    bench.applyAll()
    client.send("KV.GET a")
    #expect(client.take().first == before)
    #expect(before?.hasPrefix("value=2 version=2 created_index=3 modified_index=4") == true)
  }
}
