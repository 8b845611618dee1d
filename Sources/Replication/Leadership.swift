/// What a master holds while it leads.
struct Leadership: Sendable {
  let epoch: Epoch
  /// The first entry of the reign. Clients are served once it is committed (design 4.2).
  let firstIndex: LogIndex
  var serving = false
  /// The number of the newest append.
  var number: UInt64 = 0
  var progress = NodeTable<Progress>()
  /// Entries up to here were given to the log writer.
  var submittedIndex: LogIndex
  var heartbeatAt: Instant
  /// When followers that have not heard of the commit index are told, if no entry carries it before.
  var commitNoticeAt: Instant = .distantFuture
  /// Reads may rest on the lease until here (design 4.5); the drift margin is already taken off.
  var leaseUntil: Instant = .distantPast
  /// Confirmed by W slaves: this append's number and all before it.
  var confirmedNumber: UInt64 = 0
  var wantedNumber: UInt64 = 0
  var suspended = false
  var handover: Handover?
  /// Entries after this one may still have to be sent to a follower.
  var needed: LogIndex = 0
  /// When the dismissal of a node was last sent, so that it is not said at each retry.
  var dismissed: [NodeID: Instant] = [:]

  struct Handover: Sendable {
    var target: NodeID
    var deadline: Instant
    /// Then the primary does not take the lead back by itself.
    var askedByPerson: Bool
  }

  /// The followers in a fixed order, so that the numbers of the appends are the same in every run.
  var followers: [NodeID] { progress.ids }

  var nextDeadline: Instant {
    min(heartbeatAt, commitNoticeAt, handover?.deadline ?? .distantFuture)
  }
}
