/// What must hold after every step of a run, whatever goes wrong around the nodes. The numbers are those of the
/// design's section 4.
public enum Invariant: String, Sendable, CaseIterable {
  /// 4.1: all nodes belong to one cluster, and none ever changes to another.
  case oneBirth = "one birth"
  /// 4.2: only one process sends appends in an epoch, and that of the master in its name.
  case oneLeader = "one leader an epoch"
  /// 4.2: who leads was promised its epoch by R slaves of each set in force, and that configuration lists it.
  case elected = "a leader is elected"
  /// 4.2: a round is on the candidate's disk before anyone hears of it.
  case roundFirst = "a round is durable before it is used"
  /// 4.2, 4.3: what a node promised, or acknowledged in an epoch, is on its disk first and is never forgotten.
  case promises = "promises never fall"
  /// 4.2: a leader holds every entry that was committed in an earlier epoch.
  case completeness = "a leader's log is complete"
  /// 4.2: entries are lent only to the candidate that holds the promise.
  case pulls = "a pull is answered under a promise"
  /// 4.2: clients are served once an entry of the reign itself is committed.
  case firstEntry = "a reign serves after its first commit"
  /// 4.3: an index and an epoch name one entry and all before it.
  case logMatching = "log matching"
  /// 4.3: an ack speaks of entries that are on the disk and the leader's own.
  case acks = "an ack is durable"
  /// 4.3, 4.4: no log is ever cut at an entry that is committed.
  case neverCut = "a committed entry is never cut"
  /// 4.4: what one node calls committed, no other ever calls otherwise.
  case neverChanged = "a committed entry never changes"
  /// 4.4: a commit is on the leader's disk and on those of W slaves of each set in force.
  case quorum = "a commit is on a quorum"
  /// 4.4: and it stays there, as far as disks are not lost; once C_new is appended, on that of the incoming set.
  case quorumKept = "a commit stays on a quorum"
  /// 4.4: applied <= commit <= the end of the log; none of the first two ever goes back, and what is told to clients
  /// or applied is on the own disk.
  case order = "commit and applied index only grow"
  /// 4.4: equal applied indexes mean equal states.
  case equalStates = "applied states are equal"
  /// 4.4, 4.12: what was acknowledged is committed.
  case acknowledged = "acknowledged means committed"
  /// 4.5: no two masters have a valid lease at one time, while the clocks keep the margin.
  case oneLease = "one lease at a time"
  /// 4.6: a confirmation is one of W slaves in the same epoch, sent after the read came.
  case confirmed = "a confirmation is fresh"
  /// 4.6: each history of a key could have come from operations done one at a time.
  case linearizable = "linearizable"
  /// 4.6: a stale read shows the committed log as of the applied index that it names.
  case stale = "a stale read is of the log"
  /// 4.6: replies leave in the order of their requests, one for each.
  case replies = "replies keep their order"
  /// 4.7: a handover is signed only when all is committed and answered and the target holds it.
  case handover = "a handover loses nothing"
  /// 4.7: nothing is served, nor sent in that epoch, after the signature.
  case silence = "silence after the signature"
  /// 4.8: one change at a time, by a joint configuration; each step begins when the one before is committed.
  case oneChange = "one change of members at a time"
  /// 4.8: the newest configuration in the log is in force, and one that is cut is no more.
  case inForce = "the newest configuration is in force"
  /// 4.8, 4.10: a removed id never returns; only a settled removal ends a node.
  case removal = "a removal is for ever"
  /// 4.11: a full disk takes no entries.
  case fullDisk = "a full disk takes no entries"
  /// 4.11: a leader whose fsync takes longer than a lease steps down.
  case stalledDisk = "a stalled leader steps down"
  /// 4.3, 4.11: no node halts without a reason that was put into the run.
  case noHalt = "no node halts without reason"
}
