import Testing

@testable import Replication

/// Design 4.3, the side that accepts.
@Suite struct AppendTests {
  private let first = configured(1, epoch(1), configuration(members(slaves: 3)))

  private func slave(
    _ rounds: [UInt64] = [], promised: UInt64? = nil, commit: LogIndex = 0
  ) -> Bench {
    let entries = [first] + rounds.enumerated().map { put(LogIndex($0) + 2, epoch($1)) }
    let highest = promised ?? rounds.last ?? 1
    return Bench("s1", entries: entries, promised: epoch(highest), commit: commit)
  }

  @Test func `an ack rides on the write of the entries that it speaks of`() {
    var slave = slave()
    let effects = slave.receive(append(epoch(1), after: position(1, 1), [put(2, epoch(1))]), from: "m1")
    #expect(effects.sent.appendReplies.isEmpty)
    #expect(effects.writes.map { $0.entries.map(\.index) } == [[2]])
    #expect(effects.riding.appendReplies.map(\.outcome) == [.accepted(upTo: 2)])
  }

  @Test func `an ack of entries that are still on their way to the disk waits for them`() {
    var slave = slave()
    _ = slave.receive(append(epoch(1), after: position(1, 1), [put(2, epoch(1))]), from: "m1")
    // The same entries once more, and then only their position.
    for message in [
      append(epoch(1), number: 2, after: position(1, 1), [put(2, epoch(1))]),
      append(epoch(1), number: 3, after: position(1, 2)),
    ] {
      let effects = slave.receive(message, from: "m1")
      #expect(effects.sent.appendReplies.isEmpty)
      #expect(effects.riding.appendReplies.map(\.outcome) == [.accepted(upTo: 2)])
    }
  }

  @Test func `an empty append is acked at once while an fsync is under way`() {
    var slave = slave()
    _ = slave.receive(append(epoch(1), after: position(1, 1), [put(2, epoch(1))]), from: "m1")
    let effects = slave.receive(append(epoch(1), number: 2, after: position(1, 1)), from: "m1")
    #expect(effects.writes.isEmpty)
    #expect(effects.sent.appendReplies.map(\.outcome) == [.accepted(upTo: 1)])
  }

  @Test func `an ack names previous index plus count, never the end of the slave's own log`() {
    var slave = slave([1, 1, 1, 1])
    let effects = slave.take(append(epoch(1), after: position(1, 1), [put(2, epoch(1))]), from: "m1")
    #expect((effects.sent + effects.riding).appendReplies.map(\.outcome) == [.accepted(upTo: 2)])
    let empty = slave.take(append(epoch(1), number: 2, after: position(1, 3)), from: "m1")
    #expect((empty.sent + empty.riding).appendReplies.map(\.outcome) == [.accepted(upTo: 3)])
  }

  @Test func `an ack echoes the epoch and number of its append`() {
    var slave = slave()
    let effects = slave.take(append(epoch(1), number: 41, after: position(1, 1)), from: "m1")
    #expect(effects.sent.appendReplies.map(\.number) == [41])
    #expect(effects.sent.appendReplies.map(\.epoch) == [epoch(1)])
  }

  @Test func `an append above the promise makes the promise durable before the ack`() {
    var slave = slave()
    let effects = slave.receive(append(epoch(3, "m2"), after: position(1, 1)), from: "m2")
    #expect(effects.sent.appendReplies.isEmpty)
    #expect(effects.writes.map { $0.hardState?.promised } == [epoch(3, "m2")])
    #expect(effects.riding.appendReplies.map(\.outcome) == [.accepted(upTo: 1)])
    // A second one must not overtake the promise either.
    let second = slave.receive(append(epoch(3, "m2"), number: 2, after: position(1, 1)), from: "m2")
    #expect(second.sent.appendReplies.isEmpty)
    _ = slave.persist()
    let third = slave.receive(append(epoch(3, "m2"), number: 3, after: position(1, 1)), from: "m2")
    #expect(third.sent.appendReplies.count == 1)
  }

  @Test func `an append above the promise is a promise even if it does not match`() {
    var slave = slave()
    let effects = slave.take(append(epoch(3, "m2"), after: position(2, 9)), from: "m2")
    #expect(effects.sent.appendReplies.map(\.outcome) == [.mismatched(hint: 1)])
    #expect(effects.writes.map { $0.hardState?.promised } == [epoch(3, "m2")])
    let old = slave.take(append(epoch(2), after: position(1, 1)), from: "m1")
    #expect(old.sent.appendReplies.map(\.outcome) == [.refused(promised: epoch(3, "m2"))])
  }

  @Test func `an append of a lower epoch is refused and changes nothing`() {
    var slave = slave([1], promised: 4)
    let effects = slave.take(
      append(epoch(3), after: position(1, 1), [put(2, epoch(3))], commit: 2), from: "m1")
    #expect(effects.sent.appendReplies.map(\.outcome) == [.refused(promised: epoch(4))])
    #expect(effects.writes.isEmpty && effects.committed == nil && effects.truncatedFrom == nil)
    #expect(slave.core.lastPosition == position(1, 2))
  }

  @Test func `a conflict cuts the conflicting suffix and writes what replaces it in one step`() {
    var slave = slave([1, 1, 2, 2])
    let replacement = [put(3, epoch(1)), put(4, epoch(3))]
    let effects = slave.take(append(epoch(3), after: position(1, 2), replacement), from: "m1")
    #expect(effects.truncatedFrom == 4)
    #expect(effects.writes.first?.truncateFrom == 4)
    // Entry 3 agrees and is not written again.
    #expect(effects.writes.first?.entries == [put(4, epoch(3))])
    #expect(slave.core.lastPosition == position(3, 4))
  }

  @Test func `entries beyond the append that do not contradict it stay`() {
    var slave = slave([1, 1, 1, 1])
    let effects = slave.take(append(epoch(1), after: position(1, 1), [put(2, epoch(1))]), from: "m1")
    #expect(effects.truncatedFrom == nil)
    #expect(slave.core.lastPosition == position(1, 5))
  }

  @Test func `what was durable before a cut does not count for what replaces it`() {
    var slave = slave([1, 1], promised: 2)
    _ = slave.receive(append(epoch(2), after: position(1, 1), [put(2, epoch(2))]), from: "m1")
    // The disk has not finished: an empty append at the new entry cannot be acked yet.
    let early = slave.receive(append(epoch(2), number: 2, after: position(2, 2)), from: "m1")
    #expect(early.sent.appendReplies.isEmpty)
    _ = slave.persist()
    let late = slave.receive(append(epoch(2), number: 3, after: position(2, 2)), from: "m1")
    #expect(late.sent.appendReplies.map(\.outcome) == [.accepted(upTo: 2)])
  }

  @Test func `a write that ends after its entries were cut makes none of their successors durable`() {
    var slave = slave(promised: 2)
    let old = slave.receive(append(epoch(2), after: position(1, 1), [put(2, epoch(2))]), from: "m1")
    _ = slave.receive(append(epoch(3), after: position(1, 1), [put(2, epoch(3))]), from: "m1")
    _ = slave.receive(.persisted(ticket: old.writes[0].ticket))
    #expect(slave.core.durableIndex == 1)
    _ = slave.persist()
    #expect(slave.core.durableIndex == 2)
  }

  @Test(arguments: [true, false])
  func `a conflict at or below the commit index halts the node`(inPrevious: Bool) {
    var slave = slave([1, 1], commit: 3)
    let message =
      inPrevious
      ? append(epoch(2), after: position(2, 3), [put(4, epoch(2))])
      : append(epoch(2), after: position(1, 1), [put(2, epoch(2))])
    let effects = slave.take(message, from: "m1")
    #expect(effects.haltReason?.contains("entry \(inPrevious ? 3 : 2)") == true)
    #expect(effects.truncatedFrom == nil)
    #expect((effects.sent + effects.riding).isEmpty)
    #expect(slave.core.isHalted)
    #expect(slave.take(append(epoch(2), after: position(1, 1)), from: "m1").isEmpty)
  }

  @Test func `a mismatch names where the logs may agree and cuts nothing`() {
    var slave = slave([1, 2, 2])
    let missing = slave.take(append(epoch(3), after: position(3, 9)), from: "m1")
    #expect(missing.sent.appendReplies.map(\.outcome) == [.mismatched(hint: 4)])
    // Entry 4 is of epoch 2 here: the whole run of epoch 2 is in doubt, entry 2 is the next to try.
    let other = slave.take(append(epoch(3), number: 2, after: position(3, 4)), from: "m1")
    #expect(other.sent.appendReplies.map(\.outcome) == [.mismatched(hint: 2)])
    #expect(slave.core.lastIndex == 4)
  }

  @Test func `the commit index follows the leader's but never beyond what the append has verified`() {
    var slave = slave([1, 1, 1])
    #expect(slave.take(append(epoch(1), after: position(1, 2), commit: 9), from: "m1").committed == 2)
    let more = append(epoch(1), number: 2, after: position(1, 2), [put(3, epoch(1))], commit: 9)
    #expect(slave.take(more, from: "m1").committed == 3)
    // It never goes back.
    #expect(
      slave.take(append(epoch(1), number: 3, after: position(1, 1), commit: 1), from: "m1").committed == nil)
    #expect(slave.core.commitIndex == 3)
  }

  @Test func `a node without a cluster joins the one whose log it takes, in the same write`() {
    var slave = Bench("s1", cluster: nil)
    let effects = slave.take(append(epoch(1), [first]), from: "m1")
    #expect(effects.writes.first?.hardState?.cluster == testCluster)
    #expect(effects.writes.first?.entries == [first])
    #expect(slave.core.cluster == testCluster)
  }

  @Test func `entries of another cluster halt the node and name both`() {
    var slave = Bench("s1", cluster: ClusterID(high: 9, low: 9))
    let reason = slave.take(append(epoch(1), [first]), from: "m1").haltReason
    #expect(reason?.contains(testCluster.description) == true)
    #expect(reason?.contains(ClusterID(high: 9, low: 9).description) == true)
  }

  @Test func `a configuration is in force from its append and reverted when it is cut`() {
    var slave = slave()
    let joint = configuration(members(slaves: 3), incoming: members(slaves: 4))
    _ = slave.take(append(epoch(1), after: position(1, 1), [configured(2, epoch(1), joint)]), from: "m1")
    #expect(slave.core.configuration == joint)
    _ = slave.take(append(epoch(2, "m2"), after: position(1, 1), [put(2, epoch(2, "m2"))]), from: "m2")
    #expect(slave.core.configuration == configuration(members(slaves: 3)))
  }

  @Test func `a committed configuration is reported once`() {
    var slave = slave()
    let next = configuration(members(slaves: 4))
    let message = append(epoch(1), after: position(1, 1), [configured(2, epoch(1), next)], commit: 2)
    #expect(slave.take(message, from: "m1").configurationCommitted == next)
    #expect(slave.take(message, from: "m1").configurationCommitted == nil)
  }

  @Test(
    arguments: [
      [put(3, epoch(1))], [put(2, epoch(1)), put(4, epoch(1))], [put(2, epoch(1)), put(2, epoch(1))],
      [put(2, epoch(9))], [put(2, epoch(1)), put(3, .zero)],
    ])
  func `entries that cannot follow one another are ignored instead of trusted`(entries: [Entry]) {
    var slave = slave()
    let effects = slave.take(append(epoch(1), after: position(1, 1), entries), from: "m1")
    #expect(effects.writes.isEmpty && effects.sent.isEmpty)
    #expect(slave.core.lastIndex == 1)
  }

  @Test func `a leader that hears of a higher epoch leads no more`() {
    var leader = Bench.leader(slaves: 3)
    let higher = Epoch(round: 9, master: id("m2"))
    let effects = leader.take(append(higher, after: leader.core.lastPosition), from: "m2")
    #expect(effects.stepDownReason != nil)
    #expect(!leader.core.isActive)
    #expect(leader.core.knownLeader == id("m2"))
    #expect(leader.core.promised == higher)
  }
}
