import Replication
import Testing

@testable import Simulation

private let node = NodeID(1)
private let epochs = (1...3).map { Epoch(round: UInt64($0), master: NodeID(9)) }

private func disk(promised: Epoch, round: UInt64 = 0, last: LogIndex = 0) -> PromiseChecker.Disk {
  PromiseChecker.Disk(
    hardState: HardState(promised: promised, highestRound: round), lastIndex: last)
}

private func promise(_ epoch: Epoch) -> Message {
  .prepareReply(
    Message.PrepareReply(epoch: epoch, granted: true, promised: epoch, wait: 0, last: .zero))
}

private func ack(_ epoch: Epoch, upTo index: LogIndex) -> Message {
  .appendReply(
    Message.AppendReply(epoch: epoch, number: 1, outcome: .accepted(upTo: index), applied: 0))
}

struct PromiseCheckerTests {
  private func broken(
    _ message: Message, _ disk: PromiseChecker.Disk, agrees: Bool? = nil
  ) -> Invariant? {
    var checker = PromiseChecker()
    return checker.send(message, from: node, holding: disk) { _, _ in agrees }?.invariant
  }

  @Test func promiseLeavesOnlyOnceItIsOnDisk() {
    #expect(broken(promise(epochs[1]), disk(promised: epochs[0])) == .promises)
    #expect(broken(promise(epochs[1]), disk(promised: epochs[1])) == nil)
    #expect(broken(promise(epochs[1]), disk(promised: epochs[2])) == nil)
  }

  @Test func ackLeavesOnlyOnceItsEntriesAndItsEpochAreOnDisk() {
    #expect(broken(ack(epochs[1], upTo: 4), disk(promised: epochs[0], last: 4)) == .promises)
    #expect(broken(ack(epochs[1], upTo: 4), disk(promised: epochs[1], last: 3)) == .acks)
    #expect(broken(ack(epochs[1], upTo: 4), disk(promised: epochs[1], last: 4)) == nil)
  }

  @Test func ackOfAnotherHistoryThanTheLeadersIsFound() {
    let held = disk(promised: epochs[1], last: 4)
    #expect(broken(ack(epochs[1], upTo: 4), held, agrees: false) == .acks)
    #expect(broken(ack(epochs[1], upTo: 4), held, agrees: true) == nil)
  }

  @Test func lateAckOfALowerEpochMayOutliveItsEntries() {
    #expect(broken(ack(epochs[0], upTo: 4), disk(promised: epochs[1], last: 3), agrees: false) == nil)
  }

  @Test func roundIsOnDiskBeforeItsPrepareLeaves() {
    let prepare = Message.prepare(Message.Prepare(epoch: epochs[1], token: nil))
    #expect(broken(prepare, disk(promised: epochs[1], round: 1)) == .roundFirst)
    #expect(broken(prepare, disk(promised: epochs[1], round: 2)) == nil)
  }

  @Test func logIsLentOnlyUnderThePromise() {
    let lent = Message.pullReply(
      Message.PullReply(epoch: epochs[1], previous: .zero, matched: true, hint: 0, entries: [], commit: 0))
    #expect(broken(lent, disk(promised: epochs[2])) == .pulls)
    #expect(broken(lent, disk(promised: epochs[1])) == nil)
  }

  @Test func restartForgetsNoPromiseAndNoAck() {
    for message in [promise(epochs[1]), ack(epochs[1], upTo: 0)] {
      var checker = PromiseChecker()
      _ = checker.send(message, from: node, holding: disk(promised: epochs[1])) { _, _ in nil }
      #expect(checker.start(node, holding: HardState(promised: epochs[0]))?.invariant == .promises)
      #expect(checker.start(node, holding: HardState(promised: epochs[1])) == nil)
      #expect(checker.start(NodeID(2), holding: HardState()) == nil)
    }
  }

  @Test func hardStateIsNeverTakenBack() {
    let checker = PromiseChecker()
    let a = ClusterID(high: 1, low: 1)
    let old = HardState(cluster: a, promised: epochs[1], highestRound: 2)
    func broken(_ new: HardState) -> Invariant? { checker.write(new, over: old)?.invariant }
    #expect(broken(HardState(cluster: a, promised: epochs[0], highestRound: 2)) == .promises)
    #expect(broken(HardState(cluster: a, promised: epochs[1], highestRound: 1)) == .promises)
    #expect(broken(HardState(cluster: nil, promised: epochs[1], highestRound: 2)) == .oneBirth)
    #expect(broken(HardState(cluster: a, promised: epochs[2], highestRound: 3)) == nil)
  }
}
