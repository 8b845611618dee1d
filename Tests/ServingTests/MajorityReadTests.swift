import Commands
import Replication
import Serving
import Testing

/// Design 4.6, reads by majority.
@Suite struct MajorityReadTests {
  @Test func theAnswerOfTheHighestAppliedIndexCountsAndNeverTheMostFrequent() {
    let bench = Bench.master(slaves: 5)
    let client = bench.connect()
    client.send("KV.CONSISTENCY majority GET a")
    #expect(bench.questions.count == 5)
    bench.answer("s1", "s2", with: "old", modified: 1, applied: 5)
    #expect(client.take().isEmpty, "R of five slaves is three")
    bench.answer("s3", with: "new", modified: 6, applied: 6)
    #expect(client.take() == ["new"])
  }

  @Test func aLaterDeleteCountsThoughItsKeyHasNoEntryIndex() {
    let bench = Bench.master(slaves: 5)
    let client = bench.connect()
    client.send("KV.CONSISTENCY majority GET a")
    bench.answer("s1", with: "old", modified: 7, applied: 7)
    bench.answer("s2", with: nil, applied: 8)
    bench.answer("s3", with: "old", modified: 7, applied: 7)
    #expect(client.take() == ["nil"])
  }

  @Test func anAnswerToAQuestionOfAnEarlierRunIsNotTaken() {
    let before = Bench.master(seed: 1)
    before.connect().send("KV.CONSISTENCY majority GET another")
    let bench = Bench.master(seed: 2)
    let client = bench.connect()
    client.send("KV.CONSISTENCY majority GET a")
    for (slave, question) in before.questions {
      bench.server.received(ReadReply(number: question.number, notFoundAt: 9), from: id(slave))
    }
    #expect(client.take().isEmpty)
    bench.answer("s1", "s2", with: "mine", modified: 5, applied: 5)
    #expect(client.take() == ["mine"])
  }

  @Test func severalKeysAreReadAtOneAppliedIndex() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("KV.CONSISTENCY majority MGET a b")
    // Between the two answers of each slave an MSET of both keys was applied: together they are no state of the log.
    for slave in ["s1", "s2"] {
      bench.answer(slave, with: "old", modified: 5, applied: 5)
      bench.answer(slave, with: "new", modified: 6, applied: 6)
    }
    #expect(client.take().isEmpty)
    // All are asked again; s3 still holds the first questions too, and its answers to those count no more.
    bench.answer("s3", with: "old", modified: 5, applied: 5)
    bench.answer("s3", with: "old", modified: 5, applied: 5)
    for slave in ["s1", "s2"] { for _ in 0..<2 { bench.answer(slave, with: "new", modified: 6, applied: 6) } }
    #expect(client.take() == ["new new"])
  }

  @Test func keysMayComeFromDifferentSlavesOfOneAppliedIndex() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("KV.CONSISTENCY majority MGET a b")
    bench.answer("s1", with: "old", modified: 5, applied: 5)
    bench.answer("s1", with: "new", modified: 6, applied: 6)
    bench.answer("s2", with: "new", modified: 6, applied: 6)
    bench.answer("s2", with: nil, applied: 7)
    #expect(client.take() == ["new new"])
  }

  @Test func aKeyPastItsEndIsGoneOnlyOnceItsDeleteIsCommitted() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET a 1 PX 10")
    bench.commit()
    bench.applyAll()
    #expect(client.take() == ["OK"])
    client.send("KV.CONSISTENCY majority GET a")
    bench.advance(milliseconds: 11)
    let (last, end) = (bench.server.core.lastIndex, bench.wallMilliseconds - 1)
    bench.answer("s1", "s2", with: "1", modified: last, applied: last, expiresAt: end)
    #expect(client.take().isEmpty)
    #expect(bench.server.core.lastIndex == last + 1, "its delete is written")
    #expect(bench.questions.last?.question.minimumAppliedIndex == last + 1)
    bench.answer("s3", with: "1", modified: last, applied: last, expiresAt: end)
    bench.answer("s1", "s2", with: nil, applied: last + 1)
    #expect(client.take() == ["nil"])
  }

  @Test func anEndThatWasTakenAwayMeanwhileIsNoEnd() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET a 1 PX 10", "KV.CONSISTENCY majority GET a")
    bench.connect().send("PERSIST a")
    let last = bench.server.core.lastIndex
    bench.commit()
    bench.advance(milliseconds: 11)
    bench.answer(
      "s1", "s2", with: "1", modified: last - 1, applied: last - 1, expiresAt: bench.wallMilliseconds - 1)
    #expect(client.take() == ["OK"])
    #expect(bench.server.core.lastIndex == last, "there is nothing to delete")
    bench.answer("s3", with: "1", modified: last - 1, applied: last - 1)
    bench.answer("s1", "s2", with: "1", modified: last, applied: last)
    #expect(client.take() == ["1"])
  }

  @Test func oneSlaveCountsOnce() {
    let bench = Bench.master(slaves: 3)
    let client = bench.connect()
    client.send("KV.CONSISTENCY majority GET a")
    let question = bench.questions[0].question
    for _ in 0..<3 {
      bench.server.received(ReadReply(number: question.number, notFoundAt: 9), from: id("s1"))
    }
    #expect(client.take().isEmpty)
  }

  @Test func slavesAreAskedAtOrAboveTheCommitIndexAndTheKeysPendingWrite() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("KV.CONSISTENCY majority GET a")
    let committed = bench.server.core.commitIndex
    #expect(bench.questions.allSatisfy { $0.question.minimumAppliedIndex == committed })
    bench.answer("s1", "s2", with: nil, applied: committed)
    let writer = bench.connect()
    writer.send("SET a 1")
    client.send("KV.CONSISTENCY majority GET a")
    #expect(bench.questions.last?.question.minimumAppliedIndex == committed + 1)
  }

  @Test(arguments: [true, false])
  func aConnectionThatReadsByMajorityKeepsTheOrderOfItsReadsAndWrites(useLease: Bool) {
    let bench = Bench.master(useLease: useLease)
    let client = bench.connect()
    client.send("SET a 1", "KV.CONSISTENCY majority", "GET a", "SET a 2", "GET a")
    let first = bench.server.core.lastIndex
    for _ in 0..<8 {
      bench.commit()
      bench.applyAll()
      let asked = Set(bench.questions.map(\.slave)).sorted()
      for slave in asked {
        let value = bench.stored.keyspace.value(for: Array("a".utf8))
        bench.answer(
          slave, with: value.map { String(decoding: $0.value, as: UTF8.self) },
          modified: value?.modifiedIndex ?? 0, applied: bench.stored.applied)
      }
    }
    #expect(client.take() == ["OK", "OK", "1", "OK", "2"])
    #expect(bench.server.core.lastIndex == first + 1)
  }

  @Test func withoutALeaseSlavesAreAskedOnlyAfterARound() {
    let bench = Bench.master(useLease: false)
    let client = bench.connect()
    client.send("KV.CONSISTENCY majority GET a")
    #expect(bench.questions.isEmpty)
    bench.flush()
    bench.accept("s1", "s2")
    #expect(bench.questions.count == 3)
  }

  @Test func aReadThatTooFewSlavesAnswerEndsWithAnErrorInTime() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("KV.CONSISTENCY majority GET a", "SET a 1")
    bench.answer("s1", with: nil, applied: 2)
    bench.advance(milliseconds: 999)
    bench.server.expire()
    #expect(client.take().isEmpty)
    bench.advance(milliseconds: 2)
    bench.server.expire()
    #expect(client.take().first?.hasPrefix("CLUSTERDOWN Too few slaves answered") == true)
    bench.answer("s2", with: "late", applied: 2)
    #expect(client.take().isEmpty)
  }

  @Test func aSlaveAnswersOnceItHasAppliedEnoughAndNamesHowFarItIs() throws {
    let bench = Bench("s1", slaves: 3)
    bench.receive(.connected(introduction("m1"), dialed: nil))
    bench.server.received(ReadRequest(number: 7, minimumAppliedIndex: 1, key: [1]), from: id("m1"))
    #expect(bench.answers.isEmpty)
    #expect(bench.isUrged)
    let append = Message.Append(
      epoch: Epoch(round: 1, master: id("m1")), number: 1,
      previous: LogPosition(epoch: Epoch(round: 1, master: id("m1")), index: 1), entries: [], commit: 1)
    bench.receive(.received(.append(append), from: id("m1")))
    bench.applyAll()
    #expect(bench.answers == [ReadReply(number: 7, notFoundAt: 1)])
  }

  @Test func aSlaveForgetsWhatAMasterAskedWhoseLinkIsGone() {
    let bench = Bench("s1", slaves: 3)
    bench.server.received(ReadRequest(number: 7, minimumAppliedIndex: 1, key: [1]), from: id("m1"))
    bench.server.received(ReadRequest(number: 8, minimumAppliedIndex: 0, key: [1]), from: id("m2"))
    bench.server.forgetQuestions(from: id("m1"))
    bench.server.applied(1)
    bench.receive(.applied(1))
    bench.server.resume()
    #expect(bench.answers.map(\.number) == [8])
  }
}
