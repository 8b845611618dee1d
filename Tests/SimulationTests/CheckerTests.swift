import Commands
import Replication
import Testing

@testable import Simulation

private let epochs = (1...3).map { Epoch(round: UInt64($0), master: NodeID(9)) }

private func entry(_ index: LogIndex, _ epoch: Epoch, _ value: UInt8 = 0) -> Entry {
  Entry(index: index, epoch: epoch, time: 0, payload: .mutations([.put([1], [value])]))
}

struct CheckerTests {
  @Test func canonicalLogRefusesAChangedEntry() {
    var log = CanonicalLog()
    let accepted = [
      log.commit(entry(1, epochs[0])) == nil,
      log.commit(entry(1, epochs[0])) == nil,
      log.commit(entry(1, epochs[1])) == nil,
      log.commit(entry(1, epochs[0], 7)) == nil,
    ]
    #expect(accepted == [true, true, false, false])
  }

  @Test func canonicalLogRefusesAGap() {
    var log = CanonicalLog()
    let accepted = [
      log.commit(entry(2, epochs[0])) == nil
    ]
    #expect(accepted == [false])
  }

  @Test func canonicalLogKnowsWhatWasCommittedBeforeAnEpoch() {
    var log = CanonicalLog()
    for index in 1...3 { _ = log.commit(entry(LogIndex(index), epochs[index - 1])) }
    #expect(log.last(before: epochs[2])?.index == 2)
    #expect(log.last(before: epochs[0]) == nil)
  }

  @Test func committedEntryIsNeverCut() {
    var log = CanonicalLog()
    _ = log.commit(entry(1, epochs[0]))
    #expect(log.cut(entry(1, epochs[0]))?.invariant == .neverCut)
    #expect(log.cut(entry(1, epochs[1])) == nil)
    #expect(log.cut(entry(2, epochs[0])) == nil)
  }

  @Test func commitStaysOnAWriteQuorumOfEachSet() {
    let ids = (1...4).map { NodeID(UInt64($0)) }
    var log = CanonicalLog()
    let joint = configuration(
      memberSet(masters: [NodeID(9)], slaves: Array(ids.prefix(3))),
      incoming: memberSet(masters: [NodeID(9)], slaves: ids))
    _ = log.commit(Entry(index: 1, epoch: epochs[0], time: 0, payload: .configuration(joint)))
    func broken(_ holders: [NodeID]) -> Invariant? { log.kept { id, _ in holders.contains(id) }?.invariant }
    #expect(broken([ids[0], ids[1]]) == nil)
    // Two of the new four, and only one of the old three.
    #expect(broken([ids[0], ids[3]]) == .quorumKept)
    // The new four alone decide once the last step is on its way.
    #expect(log.kept(isLastStepBegun: true) { id, _ in [ids[0], ids[3]].contains(id) } == nil)
    #expect(log.kept(isLastStepBegun: true) { id, _ in id == ids[0] }?.invariant == .quorumKept)
    #expect(broken([ids[0]]) == .quorumKept)
  }

  @Test func epochServesOnlyOnceAnEntryOfItIsCommitted() {
    var log = CanonicalLog()
    _ = log.commit(entry(1, epochs[0]))
    _ = log.commit(entry(2, epochs[2]))
    #expect(epochs.map { log.holdsEntry(of: $0) } == [true, false, true])
  }

  @Test func commitAndAppliedIndexOnlyGrow() {
    func broken(_ steps: [(applied: LogIndex, commit: LogIndex, last: LogIndex)]) -> [Invariant?] {
      var checker = ProgressChecker()
      return steps.map { checker.step(applied: $0.applied, commit: $0.commit, last: $0.last)?.invariant }
    }
    #expect(broken([(1, 2, 3), (2, 2, 2), (2, 3, 3)]) == [nil, nil, nil])
    #expect(broken([(1, 2, 3), (1, 1, 3)]) == [nil, .order])
    #expect(broken([(1, 2, 3), (0, 2, 3)]) == [nil, .order])
    #expect(broken([(3, 2, 3)]) == [.order])
    #expect(broken([(1, 4, 3)]) == [.order])
  }

  @Test func logMatchingRefusesTwoEntriesAtOnePosition() {
    var checker = LogMatchingChecker()
    let accepted = [
      checker.write(entry(2, epochs[1]), after: epochs[0]) == nil,
      checker.write(entry(2, epochs[1]), after: epochs[0]) == nil,
      checker.write(entry(2, epochs[2]), after: epochs[0]) == nil,
      checker.write(entry(2, epochs[1], 5), after: epochs[0]) == nil,
    ]
    #expect(accepted == [true, true, true, false])
  }

  @Test func logMatchingRefusesTwoHistoriesBeforeOnePosition() {
    var checker = LogMatchingChecker()
    let accepted = [
      checker.write(entry(2, epochs[2]), after: epochs[0]) == nil,
      checker.write(entry(2, epochs[2]), after: epochs[1]) == nil,
    ]
    #expect(accepted == [true, false])
  }

  @Test func historyWithAStaleReadIsNamed() {
    var history = HistoryRecorder<KeyspaceModel>()
    let write = history.begin(.command(CommandDice.words("SET k 4")))
    history.end(write, .ok)
    let read = history.begin(.command(CommandDice.words("GET k")))
    history.end(read, .null)
    let verdict = LinearizabilityChecker.check(history.operations, KeyspaceModel())
    #expect(verdict.counterexample?.description.contains("key k is not linearizable") == true)
  }

  @Test func operationThatNeverHappenedIsLeftOut() {
    var history = HistoryRecorder<KeyspaceModel>()
    let write = history.begin(.command(CommandDice.words("SET k 4")))
    history.void(write)
    let read = history.begin(.command(CommandDice.words("GET k")))
    history.end(read, .null)
    #expect(LinearizabilityChecker.check(history.operations, KeyspaceModel()).holds)
  }
}
