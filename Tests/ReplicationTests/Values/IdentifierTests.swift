import Replication
import Testing

@Suite struct IdentifierTests {
  @Test func `epochs are ordered by round and then by master`() {
    let low = Epoch(round: 1, master: NodeID(9))
    let middle = Epoch(round: 2, master: NodeID(1))
    let high = Epoch(round: 2, master: NodeID(3))
    #expect([high, low, middle].sorted() == [low, middle, high])
    #expect(Epoch.zero < low)
    #expect(!(low < low))
  }

  @Test func `a log of a higher epoch is more complete than a longer one of a lower epoch`() {
    let short = LogPosition(epoch: Epoch(round: 2, master: NodeID(1)), index: 4)
    let long = LogPosition(epoch: Epoch(round: 1, master: NodeID(1)), index: 400)
    #expect(long < short)
    #expect(short < LogPosition(epoch: short.epoch, index: 5))
    #expect(LogPosition.zero < long)
  }

  @Test func `ids are printed so that they can be read back`() {
    for raw: UInt64 in [0, 1, 0xA001_0000_0000_0001, .max] {
      let node = NodeID(raw)
      #expect(node.description.utf8.count == 16)
      #expect(NodeID(text: node.description) == node)
      let cluster = ClusterID(high: raw, low: ~raw)
      #expect(ClusterID(text: cluster.description) == cluster)
    }
    #expect(NodeID(text: "no number") == nil)
    #expect(ClusterID(text: "12") == nil)
    #expect(ClusterID(text: String(repeating: "x", count: 32)) == nil)
  }

  @Test func `instants far away can be compared and moved without a trap`() {
    let now = Instant(nanoseconds: 5)
    #expect(.distantPast < now && now < .distantFuture)
    #expect(now - .distantPast > 1 << 60)
    #expect(Instant.distantFuture + .milliseconds(1_000) > now)
    #expect((now + .milliseconds(3)) - now == 3_000_000)
  }

  @Test func `the same seed gives the same numbers`() {
    var a = SplitMix64(seed: 7)
    var b = SplitMix64(seed: 7)
    #expect((0..<8).map { _ in a.next() } == (0..<8).map { _ in b.next() })
    // The first numbers of the published generator for seed 1234567.
    var c = SplitMix64(seed: 1_234_567)
    #expect(c.next() == 6_457_827_717_110_365_317)
    #expect(c.next() == 3_203_168_211_198_807_973)
  }
}
