import Replication
import Serving
import Testing

/// Each deliberate fault of this room turns a rule's scenario red.
@Suite(.enabled(if: Mutant.arePossible)) struct MutantTests {
  /// A scenario that tells whether the rule of a mutant was kept.
  private static let scenarios: [(mutant: Mutant, isKept: @Sendable () -> Bool)] = [
    (
      .readBeforePendingWrite,
      {
        let bench = Bench.master()
        let (writer, reader) = (bench.connect(), bench.connect())
        writer.send("SET a 1")
        reader.send("GET a")
        return reader.take().isEmpty
      }
    ),
    (
      .answerBeforeCommit,
      {
        let bench = Bench.master()
        let writer = bench.connect()
        writer.send("SET a 1")
        return writer.take().isEmpty
      }
    ),
    (
      .readWithoutLease,
      {
        let bench = Bench.master()
        let reader = bench.connect()
        bench.advance(milliseconds: 500)
        reader.send("GET a")
        return reader.take().isEmpty
      }
    ),
    (
      .readJoinsSentRound,
      {
        let bench = Bench.master(useLease: false)
        let (writer, reader) = (bench.connect(), bench.connect())
        writer.send("SET b 1")
        bench.flush()
        reader.send("GET a")
        bench.accept("s1", "s2")
        return reader.take().isEmpty
      }
    ),
    (
      .readsAfterSigning,
      {
        let bench = Bench.master()
        let reader = bench.connect()
        bench.heartbeat()
        _ = bench.transfer()
        bench.accept("s1", "s2", "s3", "m2")
        reader.send("GET a")
        return reader.take() != ["nil"]
      }
    ),
    (
      .majorityByFrequency,
      {
        let bench = Bench.master(slaves: 5)
        let reader = bench.connect()
        reader.send("KV.CONSISTENCY majority GET a")
        bench.answer("s1", "s2", with: "old", modified: 3, applied: 5)
        bench.answer("s3", with: "new", modified: 6, applied: 6)
        return reader.take() == ["new"]
      }
    ),
    (
      .majorityByEntryIndex,
      {
        let bench = Bench.master(slaves: 3)
        let reader = bench.connect()
        reader.send("KV.CONSISTENCY majority GET a")
        bench.answer("s1", with: "old", modified: 7, applied: 7)
        bench.answer("s2", with: nil, applied: 8)
        return reader.take() == ["nil"]
      }
    ),
  ]

  @Test(arguments: scenarios.indices)
  func aMutantIsSeen(place: Int) {
    let (mutant, isKept) = Self.scenarios[place]
    #expect(isKept(), "the code as it is keeps the rule of \(mutant.rawValue)")
    #expect(!Mutant.planting(mutant, isKept), "the scenario does not see \(mutant.rawValue)")
  }
}
