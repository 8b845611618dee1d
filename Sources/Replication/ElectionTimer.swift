/// When a following master tries to lead, and the poll it holds first (design 4.2).
struct ElectionTimer: Sendable {
  /// The next poll.
  var at: Instant
  var poll: Poll?

  struct Poll: Sendable {
    var number: UInt64
    var deadline: Instant
    var replies: [NodeID: Message.PollReply] = [:]
  }

  init(at: Instant) { self.at = at }

  var nextDeadline: Instant { poll?.deadline ?? at }
}
