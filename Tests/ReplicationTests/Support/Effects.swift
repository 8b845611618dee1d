@testable import Replication

extension [Effect] {
  var writes: [LogWrite] {
    compactMap { if case .write(let write) = $0 { write } else { nil } }
  }
  /// What leaves at once.
  var sent: [Outbound] {
    compactMap { if case .send(let outbound) = $0 { outbound } else { nil } }
  }
  /// What leaves only after an fsync.
  var riding: [Outbound] { writes.flatMap(\.thenSend) }

  var committed: LogIndex? {
    compactMap { if case .committed(let index) = $0 { index } else { nil } }.last
  }
  var truncatedFrom: LogIndex? {
    compactMap { if case .truncated(let index) = $0 { index } else { nil } }.last
  }
  var haltReason: String? {
    compactMap { if case .halt(let reason) = $0 { reason } else { nil } }.last
  }
  var stepDownReason: String? {
    compactMap { if case .steppedDown(let reason) = $0 { reason } else { nil } }.last
  }
  var confirmed: UInt64? {
    compactMap { if case .confirmed(let number) = $0 { number } else { nil } }.last
  }
  var activeEpoch: Epoch? {
    compactMap { if case .becameActive(let epoch) = $0 { epoch } else { nil } }.last
  }
  var handedOverTo: NodeID? {
    compactMap { if case .handedOver(let target) = $0 { target } else { nil } }.last
  }
  var resumed: Bool { contains { if case .resumed = $0 { true } else { false } } }
  var configurationCommitted: ClusterConfiguration? {
    compactMap { if case .configurationCommitted(let configuration) = $0 { configuration } else { nil } }.last
  }
}

extension [Outbound] {
  var prepareReplies: [Message.PrepareReply] {
    compactMap { if case .prepareReply(let reply) = $0.message { reply } else { nil } }
  }
  var pollReplies: [Message.PollReply] {
    compactMap { if case .pollReply(let reply) = $0.message { reply } else { nil } }
  }
  var appendReplies: [Message.AppendReply] {
    compactMap { if case .appendReply(let reply) = $0.message { reply } else { nil } }
  }
  var appends: [Message.Append] {
    compactMap { if case .append(let append) = $0.message { append } else { nil } }
  }
  var prepares: [Message.Prepare] {
    compactMap { if case .prepare(let prepare) = $0.message { prepare } else { nil } }
  }
  var pulls: [Message.Pull] {
    compactMap { if case .pull(let pull) = $0.message { pull } else { nil } }
  }
  var pullReplies: [Message.PullReply] {
    compactMap { if case .pullReply(let reply) = $0.message { reply } else { nil } }
  }
  var dismissals: [Message.Dismissal] {
    compactMap { if case .dismissal(let dismissal) = $0.message { dismissal } else { nil } }
  }
  var tokens: [HandoverToken] {
    compactMap { if case .handover(let token) = $0.message { token } else { nil } }
  }
  func to(_ name: String) -> [Outbound] { filter { $0.to == id(name) } }
}

extension [Effect] {
  var pollNumber: UInt64? {
    sent.compactMap { if case .poll(let poll) = $0.message { poll.number } else { nil } }.last
  }
  var prepare: Message.Prepare? { (riding + sent).prepares.last }
}
