import Replication
import Transport

/// One frame of each kind.
enum SampleFrames {
  static let first = Epoch(round: 1, master: NodeID(1))
  static let second = Epoch(round: 2, master: NodeID(2))

  static let configuration = ClusterConfiguration(
    cluster: ClusterID(high: 1, low: 2), leaseMilliseconds: 500,
    current: MemberSet(masters: [member(1, .primary), member(2, .backup)], slaves: [member(3, .slave)]),
    incoming: MemberSet(
      masters: [member(1, .primary), member(2, .backup)], slaves: [member(3, .slave), member(4, .slave)]),
    removed: [NodeID(9)])

  static func member(_ id: UInt64, _ role: NodeRole) -> Member {
    Member(id: NodeID(id), name: "n\(id)", address: "h:\(id)", role: role)
  }

  static let entries = [
    Entry(index: 1, epoch: first, time: 0, payload: .configuration(configuration)),
    Entry(index: 2, epoch: first, time: -1, payload: .noop),
    Entry(
      index: 3, epoch: second, time: 1_700_000_000_000,
      payload: .mutations([
        .put([1, 0xFF], [2], expiresAt: 5), .delete([3]), .put([], []), Mutation(operation: .clear, key: []),
        Mutation(operation: .setField, key: [5], member: [], value: [0xFF]),
        Mutation(operation: .expire, key: [5], expiresAt: -1),
        Mutation(operation: .addMember, key: [6], member: [7]),
        Mutation(operation: .removeMember, key: [6], member: [7]),
      ])),
  ]

  static let all: [PeerFrame] = [
    .core(.poll(Message.Poll(number: 7))),
    .core(.pollReply(Message.PollReply(number: 7, wouldPromise: false, wait: 9, promised: first))),
    .core(
      .prepare(
        Message.Prepare(epoch: second, token: HandoverToken(epoch: first, target: NodeID(2), lastIndex: 3)))),
    .core(
      .prepareReply(
        Message.PrepareReply(
          epoch: second, granted: true, promised: second, wait: 0, last: LogPosition(epoch: first, index: 2)))
    ),
    .core(.pull(Message.Pull(epoch: second, previous: .zero))),
    .core(
      .pullReply(
        Message.PullReply(epoch: second, previous: .zero, matched: true, hint: 0, entries: entries, commit: 2)
      )),
    .core(.append(Message.Append(epoch: second, number: 3, previous: .zero, entries: entries, commit: 2))),
    .core(
      .appendReply(Message.AppendReply(epoch: second, number: 3, outcome: .accepted(upTo: 3), applied: 2))),
    .core(
      .appendReply(
        Message.AppendReply(epoch: second, number: 3, outcome: .refused(promised: second), applied: 2))),
    .core(.handoverRequest(Message.HandoverRequest(epoch: second))),
    .core(.handover(HandoverToken(epoch: first, target: NodeID(2), lastIndex: 3))),
    .core(.dismissal(Message.Dismissal(reason: .nameInUse, explanation: "taken"))),
    .readRequest(ReadRequest(number: 1, minimumAppliedIndex: 2, key: [3])),
    .readReply(
      ReadReply(number: 1, value: [4], modifiedIndex: 2, version: 1, expiresAt: nil, appliedIndex: 3)),
    .readReply(ReadReply(number: 1, notFoundAt: 3)),
    .readReply(
      ReadReply(
        number: 1, type: .set, value: [], memberCount: 4, modifiedIndex: 2, version: 1, expiresAt: 9,
        appliedIndex: 3)),
    .report(
      NodeReport(
        last: LogPosition(epoch: second, index: 3), commit: 2, applied: 1, logBytes: 4, replicaBytes: 5,
        walBytes: 6, state: "ok")),
  ]
}
