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

  @Test func oneEpochHasOneLeader() {
    var checker = ReignChecker()
    let accepted = [
      checker.append(in: epochs[0], machine: 0, incarnation: 1) == nil,
      checker.append(in: epochs[0], machine: 0, incarnation: 1) == nil,
      checker.append(in: epochs[0], machine: 0, incarnation: 2) == nil,
      checker.append(in: epochs[0], machine: 1, incarnation: 1) == nil,
    ]
    #expect(accepted == [true, true, false, false])
  }

  @Test func signedEpochIsSilent() {
    var checker = ReignChecker()
    _ = checker.append(in: epochs[0], machine: 0, incarnation: 1)
    checker.sign(epochs[0])
    let accepted = [
      checker.append(in: epochs[0], machine: 0, incarnation: 1) == nil,
      checker.append(in: epochs[1], machine: 0, incarnation: 1) == nil,
    ]
    #expect(accepted == [false, true])
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
