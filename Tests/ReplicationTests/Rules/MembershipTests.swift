import Testing

@testable import Replication

/// Design 4.8 and 4.10.
@Suite struct MembershipTests {
  private func remove(_ name: String, from cluster: CoreCluster) -> String? {
    var refusal: String?
    let node = cluster.nodes[name]?.options.id ?? id(name)
    cluster.call(cluster.active ?? "m1") { core, now, effects in
      refusal = core.remove(node, at: now, into: &effects)
    }
    cluster.settle()
    return refusal
  }

  private func configurations(of name: String, in cluster: CoreCluster) -> [ClusterConfiguration] {
    cluster.nodes[name]!.disk.entries.compactMap {
      if case .configuration(let configuration) = $0.payload { configuration } else { nil }
    }
  }

  @Test func `a slave joins by joint consensus, never in one step`() {
    let cluster = CoreCluster.ready(slaves: 1)
    cluster.start("s2")
    #expect(cluster.run(atMost: 2_000) { $0.core("m1").configuration?.current.slaves.count == 2 })
    let steps = configurations(of: "m1", in: cluster)
    for (before, after) in zip(steps, steps.dropFirst()) {
      if let incoming = before.incoming {
        #expect(after.current == incoming && after.incoming == nil)
      } else {
        #expect(after.current == before.current && after.incoming != nil)
      }
    }
    #expect(steps.last?.current.slaves.map(\.name) == ["s1", "s2"])
  }

  @Test func `the new members stand alone only after both sets have committed the change`() {
    let cluster = CoreCluster.ready(slaves: 1)
    // s1, which both sets need, takes nothing on its disk.
    cluster.hold("s1")
    cluster.start("s2")
    cluster.run(milliseconds: 300)
    #expect(cluster.core("m1").configuration?.incoming?.slaves.count == 2)
    #expect(cluster.core("m1").configuration?.current.slaves.count == 1)
    cluster.release("s1")
    cluster.run(milliseconds: 50)
    #expect(cluster.core("m1").configuration?.incoming == nil)
    #expect(cluster.core("m1").configuration?.current.slaves.count == 2)
  }

  @Test func `a commit below the change does not end it`() {
    var leader = Bench.leader(slaves: 1)
    _ = leader.take(.connected(introduction("s2"), dialed: nil))
    _ = leader.accept(by: "s2", upTo: 0)
    let (index, _) = leader.propose("v")
    _ = leader.persist()
    // The learner answers the heartbeats, s1 renews its lease, and neither has the write yet.
    for _ in 0..<3 where leader.core.configuration?.incoming == nil {
      leader.advance(milliseconds: 50)
      _ = leader.take(.timer)
      _ = leader.accept(by: "s1", upTo: index - 1)
      _ = leader.accept(by: "s2", upTo: index - 1)
    }
    let joint = leader.core.lastIndex
    #expect(leader.core.configuration?.incoming?.slaves.count == 2)
    #expect(leader.accept(by: "s1", upTo: index).committed == index)
    #expect(leader.core.lastIndex == joint)
    #expect(leader.accept(by: "s1", upTo: joint).committed == joint)
    #expect(leader.core.lastIndex == joint + 1)
    #expect(leader.core.configuration?.incoming == nil)
  }

  @Test func `one change at a time`() {
    let cluster = CoreCluster.ready(slaves: 2)
    let before = configurations(of: "m1", in: cluster).count
    cluster.hold("s1")
    cluster.hold("s2")
    cluster.start("s3")
    cluster.start("s4")
    cluster.run(milliseconds: 300)
    #expect(configurations(of: "m1", in: cluster).count == before + 1)
    #expect(cluster.core("m1").configuration?.slaves.count == 3)
    #expect(remove("s2", from: cluster)?.contains("another change") == true)
    cluster.release("s1")
    cluster.release("s2")
    #expect(cluster.run(atMost: 1_000) { $0.core("m1").configuration?.current.slaves.count == 4 })
  }

  @Test func `a removed slave is told and stops`() {
    let cluster = CoreCluster.ready(slaves: 3)
    #expect(remove("s3", from: cluster) == nil)
    cluster.run(milliseconds: 50)
    #expect(cluster.core("m1").configuration?.current.slaves.map(\.name) == ["s1", "s2"])
    #expect(cluster.core("m1").configuration?.removed == [id("s3")])
    #expect(cluster.core("s3").isHalted)
  }

  @Test func `a removed slave that comes back is dismissed whoever leads`() {
    let cluster = CoreCluster.ready(slaves: 3)
    cluster.crash("s3")
    #expect(remove("s3", from: cluster) == nil)
    cluster.run(milliseconds: 50)
    cluster.crash("m1")
    #expect(cluster.run(atMost: 3_000) { $0.active == "m2" })
    cluster.start("s3")
    #expect(cluster.core("s3").isHalted)
    #expect(cluster.core("m2").configuration?.slaves.count == 2)
  }

  @Test func `a dismissal that was lost is said again while the link lasts, but not at every heartbeat`() {
    var leader = Bench.leader(slaves: 2)
    let last = leader.core.lastIndex + 1
    leader.core.log.append(
      configured(last, leader.core.epoch, configuration(members(slaves: 2), removed: [id("s3")])))
    leader.core.commit = last
    var dismissals = leader.take(.connected(introduction("s3"), dialed: nil)).sent.to("s3").dismissals
    #expect(dismissals.map(\.reason) == [.removed])
    for _ in 0..<50 {
      leader.now = max(leader.now, leader.core.nextDeadline)
      let effects = leader.take(.timer)
      dismissals += effects.sent.to("s3").dismissals
      // It is fed no entries, and granted no vote.
      #expect(effects.sent.to("s3").appends.isEmpty)
      for name in ["s1", "s2"] { _ = leader.accept(by: name, upTo: last) }
    }
    #expect((2...4).contains(dismissals.count))
  }

  @Test func `a slave whose removal is not committed yet is still needed and not dismissed`() {
    let cluster = CoreCluster.ready(slaves: 3)
    cluster.hold("s1")
    cluster.hold("s2")
    #expect(remove("s3", from: cluster) == nil)
    cluster.run(milliseconds: 20)
    #expect(cluster.core("m1").configuration?.incoming != nil)
    cluster.crash("s3")
    cluster.start("s3")
    #expect(!cluster.core("s3").isHalted)
    // The change is cut: m2 is elected without having heard of it, and s3 votes on.
    cluster.crash("s1")
    cluster.crash("s2")
    cluster.crash("m1")
    cluster.start("s1")
    cluster.start("s2")
    #expect(!cluster.core("s3").isHalted)
    #expect(cluster.run(atMost: 3_000) { $0.active == "m2" })
  }

  @Test func `a master that the change under way removes does not lead, but the others do`() {
    let joint = configuration(members("m1", "m2", "s1"), incoming: members("m2", "s1"), removed: [id("m1")])
    let log = [configured(1, epoch(1, "m2"), joint)]
    var removed = Bench("m1", entries: log, promised: epoch(1, "m2"))
    _ = removed.receive(.connected(introduction("s1"), dialed: nil))
    #expect(removed.run(milliseconds: 3_000).pollNumber == nil)
    var other = Bench("m2", entries: log, promised: epoch(1, "m2"))
    _ = other.receive(.connected(introduction("s1"), dialed: nil))
    _ = other.elect(voters: ["s1"], last: position(1, 1, "m2"))
    #expect(other.core.knownLeader == id("m2"))
  }

  @Test func `the last slave cannot be removed`() {
    let cluster = CoreCluster.ready(slaves: 1)
    #expect(remove("s1", from: cluster)?.contains("last slave") == true)
    #expect(cluster.core("m1").configuration?.incoming == nil)
  }

  @Test func `a removal says why it cannot be done`() {
    let cluster = CoreCluster.ready(slaves: 3)
    #expect(remove("s9", from: cluster)?.contains("no member") == true)
    #expect(remove("m1", from: cluster)?.contains("hand the lead over first") == true)
    cluster.crash("s1")
    // Two would stay, of which one is down: an election quorum of two would be out of reach.
    #expect(remove("s2", from: cluster)?.contains("too few for a quorum") == true)
    #expect(remove("s1", from: cluster) == nil)
    var refusal: String?
    cluster.call("m2") { core, now, effects in refusal = core.remove(id("s2"), at: now, into: &effects) }
    #expect(refusal?.contains("not active") == true)
  }

  @Test func `an empty slave of the same name replaces the one that cannot be reached`() {
    let cluster = CoreCluster.ready(slaves: 3)
    let old = cluster.nodes["s3"]!.options.id
    cluster.crash("s3")
    cluster.loseDisk("s3")
    cluster.start("s3")
    let new = cluster.nodes["s3"]!.options.id
    #expect(
      cluster.run(atMost: 2_000) {
        let configuration = $0.core("m1").configuration
        return configuration?.incoming == nil && configuration?.member(new) != nil
      })
    #expect(cluster.core("m1").configuration?.member(old) == nil)
    #expect(cluster.core("m1").configuration?.removed == [old])
    #expect(cluster.core("m1").configuration?.current.slaves.count == 3)
    #expect(cluster.run(atMost: 100) { $0.core("s3").lastIndex == $0.core("m1").lastIndex })
  }

  @Test func `a slave of the same name is told off while the old one is reachable`() {
    var leader = Bench.leader(slaves: 2)
    _ = leader.take(.connected(introduction("s2", life: 2), dialed: nil))
    var dismissals: [Message.Dismissal] = []
    for _ in 0..<20 {
      leader.now = max(leader.now, leader.core.nextDeadline)
      let effects = leader.take(.timer)
      dismissals += effects.sent.filter { $0.to == id("s2", life: 2) }.dismissals
      for name in ["s1", "s2"] { _ = leader.accept(by: name) }
      _ = leader.accept(by: "s2", upTo: leader.core.lastIndex, life: 2)
    }
    #expect(dismissals.first?.reason == .nameInUse)
    #expect(dismissals.first?.explanation.contains("--name") == true)
    #expect(leader.core.configuration?.incoming == nil)
    // It is not said at each heartbeat.
    #expect(dismissals.count <= 2)
  }

  @Test func `a learner that has not caught up does not join`() {
    var leader = Bench.leader(slaves: 1)
    for _ in 0..<1_100 { _ = leader.core.propose([.put(bytes("k"), bytes("v"))], time: 0) }
    _ = leader.flush()
    _ = leader.persist()
    _ = leader.accept(by: "s1", upTo: leader.core.lastIndex)
    #expect(leader.core.commitIndex == leader.core.lastIndex)
    _ = leader.take(.connected(introduction("s2"), dialed: nil))
    func beat(learnerAt index: LogIndex) {
      leader.advance(milliseconds: 50)
      _ = leader.take(.timer)
      _ = leader.accept(by: "s1", upTo: leader.core.lastIndex)
      _ = leader.accept(by: "s2", upTo: index)
    }
    for _ in 0..<5 { beat(learnerAt: 10) }
    #expect(leader.core.configuration?.slaves.count == 1)
    for _ in 0..<2 { beat(learnerAt: leader.core.lastIndex) }
    #expect(leader.core.configuration?.slaves.count == 2)
  }

  @Test func `a dismissal for good stops a node, one for its name does not`() {
    for reason in [Message.Dismissal.Reason.removed, .nameInUse] {
      var slave = Bench("s1")
      let effects = slave.take(
        .dismissal(Message.Dismissal(reason: reason, explanation: "because")), from: "m1")
      #expect((effects.haltReason == "because") == (reason == .removed))
    }
  }
}
