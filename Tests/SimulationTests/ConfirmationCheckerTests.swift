import Replication
import Testing

@testable import Simulation

struct ConfirmationCheckerTests {
  private static let epoch = Epoch(round: 2, master: NodeID(9))
  private static let configuration = ClusterConfiguration(
    cluster: ClusterID(high: 1, low: 2), leaseMilliseconds: 500,
    current: MemberSet(
      masters: [],
      slaves: (1...3).map { Member(id: NodeID($0), name: "s\($0)", address: "s\($0):1", role: .slave) }))

  private static func accepted(_ number: UInt64, in epoch: Epoch) -> Message {
    .appendReply(
      Message.AppendReply(epoch: epoch, number: number, outcome: .accepted(upTo: 1), applied: 0))
  }

  @Test func roundNeedsWSlavesOfItsEpoch() {
    var checker = ConfirmationChecker()
    checker.send(Self.accepted(7, in: Self.epoch), from: NodeID(1))
    checker.send(Self.accepted(9, in: Epoch(round: 1, master: NodeID(9))), from: NodeID(2))
    #expect(checker.confirm(7, in: Self.epoch, under: Self.configuration)?.invariant == .confirmed)
    checker.send(Self.accepted(7, in: Self.epoch), from: NodeID(2))
    #expect(checker.confirm(7, in: Self.epoch, under: Self.configuration) == nil)
    #expect(checker.confirm(8, in: Self.epoch, under: Self.configuration)?.invariant == .confirmed)
  }

  @Test func readJoinsOnlyARoundThatIsSentAfterIt() {
    var checker = ConfirmationChecker()
    checker.send(
      .append(
        Message.Append(
          epoch: Self.epoch, number: 4, previous: LogPosition(epoch: .zero, index: 0), entries: [], commit: 0)
      ),
      from: NodeID(9))
    #expect(checker.join(4, in: Self.epoch)?.invariant == .confirmed)
    #expect(checker.join(5, in: Self.epoch) == nil)
  }
}
