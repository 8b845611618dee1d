import Replication
import Serving
import Testing

/// Design 4.6 and 6: what slaves and standby masters answer.
@Suite struct OtherNodeTests {
  @Test func aSlaveAnswersStaleReadsOnlyAndNamesItsAppliedIndex() {
    let bench = Bench("s1", slaves: 3)
    let client = bench.connect()
    client.send("GET a", "SET a 1", "KV.CONSISTENCY majority GET a", "KV.CONSISTENCY stale GET a")
    let replies = client.take()
    #expect(replies[0].hasPrefix("READONLY This is a slave"))
    #expect(replies[1].hasPrefix("READONLY You can't write against a slave."))
    #expect(replies[2].hasPrefix("READONLY This is a slave"))
    #expect(replies[3] == "nil")
    client.send("READONLY", "KV.GET a", "READWRITE", "GET a")
    let more = client.take()
    #expect(more[1].hasSuffix("applied_index=0 slaves=3 cluster=\(cluster)"))
    #expect(more[3].hasPrefix("READONLY"))
  }

  @Test func aStaleReadLeavesAKeyPastItsEndToTheMaster() {
    let bench = Bench("s1", slaves: 3)
    bench.stored.apply(
      Entry(
        index: 1, epoch: .zero, time: 0,
        payload: .mutations([.put([1], [2], expiresAt: bench.wallMilliseconds - 1)])))
    let client = bench.connect()
    client.send(
      "KV.CONSISTENCY stale DBSIZE", "KV.CONSISTENCY stale GET \u{1}", "KV.CONSISTENCY stale DBSIZE")
    #expect(client.take() == ["1", "nil", "1"])
  }

  @Test func anUnknownLevelIsRefused() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("KV.CONSISTENCY fresh GET a", "KV.CONSISTENCY fresh", "KV.CONSISTENCY")
    let replies = client.take()
    #expect(replies[0].hasPrefix("ERR unknown consistency 'fresh'"))
    #expect(replies[1].hasPrefix("ERR unknown consistency 'fresh'"))
    #expect(replies[2] == "linearizable")
  }

  @Test func aMasterThatKnowsNoLeaderSaysThatNothingWasDone() {
    let bench = Bench("m2", slaves: 3)
    let client = bench.connect()
    client.send("SET a 1", "GET a")
    let replies = client.take()
    #expect(replies[0].hasPrefix("NOREPLICAS No master is active now"))
    #expect(replies[1].hasPrefix("CLUSTERDOWN No master is active now"))
  }
}
