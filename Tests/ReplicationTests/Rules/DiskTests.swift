import Testing

@testable import Replication

/// Design 4.11, and what a replica may hold.
@Suite struct DiskTests {
  private let log = [configured(1, epoch(1), configuration(members(slaves: 3)))]

  @Test func `a follower tells of a commit only once the entries are on its own disk`() {
    var slave = Bench("s1", entries: log, promised: epoch(1), commit: 1)
    let entries = [put(2, epoch(1)), put(3, epoch(1))]
    let effects = slave.receive(append(epoch(1), after: position(1, 1), entries, commit: 3), from: "m1")
    #expect(slave.core.commitIndex == 3)
    #expect(effects.committed == nil)
    #expect(slave.persist().committed == 3)
    #expect(slave.persist().committed == nil)
  }

  @Test func `a master with a full disk admits no writes, still reads, and resumes by itself`() {
    var leader = Bench.leader(slaves: 3)
    _ = leader.take(.disk(isFull: true))
    #expect(leader.core.admission(at: leader.now) == .diskFull)
    #expect(leader.core.mayRead(at: leader.now))
    #expect(leader.core.isActive)
    _ = leader.take(.disk(isFull: false))
    #expect(leader.core.admission(at: leader.now) == .open)
  }

  @Test func `a slave with a full disk takes no entries but renews the lease and still promises`() {
    var slave = Bench("s1", entries: log, promised: epoch(1))
    _ = slave.take(.disk(isFull: true))
    let message = append(epoch(1), after: position(1, 1), [put(2, epoch(1))], commit: 2)
    let effects = slave.take(message, from: "m1")
    #expect(effects.sent.appendReplies.map(\.outcome) == [.accepted(upTo: 1)])
    #expect(effects.writes.isEmpty)
    #expect(slave.core.lastIndex == 1)
    #expect(slave.core.commitIndex == 1)
    slave.advance(milliseconds: 499)
    #expect(slave.take(prepare(epoch(2, "m2")), from: "m2").sent.prepareReplies.first?.granted == false)
    slave.advance(milliseconds: 1)
    #expect(slave.take(prepare(epoch(2, "m2")), from: "m2").riding.prepareReplies.first?.granted == true)
    _ = slave.take(.disk(isFull: false))
    let again = append(epoch(2, "m2"), after: position(1, 1), [put(2, epoch(2, "m2"))])
    #expect(slave.take(again, from: "m2").riding.appendReplies.map(\.outcome) == [.accepted(upTo: 2)])
  }

  @Test func `a slave that has room again is sent what it could not take`() {
    let cluster = CoreCluster.ready(slaves: 3)
    cluster.give(.disk(isFull: true), to: "s3")
    cluster.propose("a", "1")
    cluster.propose("b", "2")
    cluster.run(milliseconds: 1_000)
    let last = cluster.core("m1").lastIndex
    #expect(cluster.core("m1").commitIndex == last)
    #expect(cluster.core("s3").lastIndex == last - 2)
    cluster.give(.disk(isFull: false), to: "s3")
    #expect(cluster.run(atMost: 2_000) { $0.core("s3").commitIndex == last })
  }

  @Test func `slaves with full disks leave a write unanswered, and nothing is lost when there is room`() {
    let cluster = CoreCluster.ready(slaves: 3)
    for name in ["s2", "s3"] { cluster.give(.disk(isFull: true), to: name) }
    let index = cluster.propose("a", "1")
    #expect(cluster.takeTrace().last == "m1: a=1 waits at \(index ?? 0)")
    cluster.run(milliseconds: 2_000)
    #expect(cluster.active == "m1")
    cluster.give(.disk(isFull: false), to: "s2")
    #expect(cluster.run(atMost: 2_000) { $0.core("m1").commitIndex == index })
  }
}
