import Testing

@testable import Replication

/// Design 4.1.
@Suite struct BirthTests {
  private func connected(_ name: String, cluster: ClusterID? = nil) -> Event {
    .connected(introduction(name, cluster: cluster), dialed: name.hasPrefix("m") ? "\(name):1" : nil)
  }

  private func empty(_ name: String = "m1", peers: [String]) -> Bench {
    Bench(name, cluster: nil, peers: peers)
  }

  @Test func `a cluster is born with its first slave`() {
    var primary = empty(peers: [])
    #expect(primary.core.cluster == nil)
    let effects = primary.receive(connected("s1"))
    let birth = effects.writes.first
    #expect(birth?.entries.map(\.index) == [1])
    #expect(birth?.hardState?.cluster != nil)
    #expect(primary.core.configuration?.current.slaves.map(\.name) == ["s1"])
    #expect(primary.core.configuration?.current.masters.map(\.name) == ["m1"])
    // Nobody hears of it before it is on disk.
    #expect(effects.sent.isEmpty)
  }

  @Test func `it waits for the answer of every configured peer`() {
    var primary = empty(peers: ["m2:1", "m3:1"])
    #expect(primary.take(connected("s1")).writes.isEmpty)
    #expect(primary.take(connected("m2")).writes.isEmpty)
    #expect(!primary.take(connected("m3")).writes.isEmpty)
    #expect(primary.core.configuration?.current.masters.map(\.name) == ["m1", "m2", "m3"])
  }

  @Test func `it waits for a slave`() {
    var primary = empty(peers: ["m2:1"])
    #expect(primary.take(connected("m2")).writes.isEmpty)
    #expect(primary.run(milliseconds: 10_000).writes.isEmpty)
    #expect(!primary.take(connected("s1")).writes.isEmpty)
  }

  @Test(arguments: ["m2", "s2"])
  func `nothing is born while a peer belongs to a cluster`(member: String) {
    var primary = empty(peers: ["m2:1"])
    _ = primary.take(connected(member, cluster: testCluster))
    var effects = primary.take(connected("s1"))
    if member != "m2" { effects += primary.take(connected("m2")) }
    #expect(effects.writes.isEmpty)
    #expect(primary.core.cluster == nil)
  }

  @Test func `an answer counts only while its link is up`() {
    var primary = empty(peers: ["m2:1"])
    _ = primary.take(connected("m2"))
    _ = primary.take(.disconnected(id("m2")))
    #expect(primary.take(connected("s1")).writes.isEmpty)
    #expect(!primary.take(connected("m2")).writes.isEmpty)
  }

  @Test func `only a primary gives birth`() {
    var backup = empty("m2", peers: [])
    #expect(backup.take(connected("s1")).writes.isEmpty)
  }

  @Test func `a primary that belongs to a cluster gives birth to no other`() {
    var primary = Bench(
      "m1", entries: [configured(1, epoch(1), configuration(members(slaves: 1)))], promised: epoch(1))
    #expect(primary.take(connected("s2")).writes.isEmpty)
  }

  @Test func `a primary that has promised something gives birth to nothing`() {
    var primary = Bench("m1", promised: epoch(3, "m2"), cluster: nil)
    #expect(primary.take(connected("s1")).writes.isEmpty)
    #expect(primary.core.promised == epoch(3, "m2"))
  }

  @Test func `two births make two clusters`() {
    let clusters = (1...50 as ClosedRange<UInt64>).map { seed in
      var primary = Bench("m1", cluster: nil, seed: seed)
      _ = primary.take(connected("s1"))
      return primary.core.cluster
    }
    #expect(Set(clusters).count == 50)
  }
}
