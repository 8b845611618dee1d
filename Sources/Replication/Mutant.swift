/// A deliberate fault in the protocol, the storage or the serving of clients.
///
/// Each breaks one rule of the design, section 4, at the rule's own home in the code. The simulator and the tests
/// must find every one of them: a check that no fault can turn red proves nothing (mutation testing: DeMillo, Lipton,
/// Sayward 1978). The switches exist only where `MUTANTS` is defined: in debug builds, and in a simulator built with
/// `-Xswiftc -DMUTANTS`. In a release build `isPlanted` is the constant false, and the compiler leaves nothing of it.
package enum Mutant: String, CaseIterable, Sendable {
  // MARK: Rule 1, birth

  /// A primary gives birth to a cluster with its first slave, though a configured peer has not answered.
  /// That peer may hold the cluster that this master has forgotten: two clusters take writes under one name, and a
  /// user's data seems gone.
  case birthWithoutEveryPeer = "birth-without-every-peer"

  // MARK: Rule 2, election

  /// R - 1 promises make a leader, so that an election quorum and a write quorum need not meet.
  /// The new leader can miss acknowledged writes, and two masters can lead at once.
  case electionQuorumTooSmall = "election-quorum-too-small"
  /// A candidate sends its Prepares before its new round is on disk.
  /// After a crash it can use the round a second time: two reigns share an epoch, as with a reused round.
  case prepareBeforeFsync = "prepare-before-fsync"
  /// A slave answers a Prepare at once, not after the fsync of its promise.
  /// After a crash it takes appends of the old leader again: two reigns acknowledge writes, and one loses its own.
  case promiseBeforeFsync = "promise-before-fsync"
  /// A slave answers the repetition of a Prepare at once, though the first promise is still on its way to the disk.
  /// As a promise before the fsync, but only when a message is repeated while the disk is slow.
  case repeatedPromiseBeforeFsync = "repeated-promise-before-fsync"
  /// A promise is never written to the disk at all.
  /// As a promise before the fsync, for every crash.
  case promiseNotStored = "promise-not-stored"
  /// A slave promises an epoch lower than one it has promised.
  /// The older candidate leads beside the newer one, and what one of them acknowledges is cut by the other.
  case promiseOfLowerEpoch = "promise-of-lower-epoch"
  /// A slave takes equal rounds for equal epochs, so that two masters get its promise in one round.
  /// Both lead, and what one of them acknowledges is cut by the other.
  case promiseByRoundAlone = "promise-by-round-alone"
  /// A slave promises although the lease that it has granted to another master is live.
  /// The old master answers reads from its lease while the new one takes writes: stale reads.
  case promiseDespiteLease = "promise-despite-lease"
  /// A slave that restarts promises at once, though it may have granted a lease that it has forgotten.
  /// Stale reads at the old master, as with a promise despite a lease.
  case noWaitAfterRestart = "no-wait-after-restart"
  /// A master uses the round that it used before its restart.
  /// Two reigns share an epoch, and their different entries at one index look the same: the logs part silently.
  case roundReused = "round-reused"
  /// A candidate takes the longest log instead of the one with the highest (epoch, index).
  /// A long tail of a dead reign wins over acknowledged writes, which are then cut everywhere.
  case longestLogWins = "longest-log-wins"
  /// A candidate with enough promises leads from its own log and pulls nothing.
  /// Acknowledged writes that it lacks are cut everywhere.
  case candidateDoesNotPull = "candidate-does-not-pull"
  /// A slave goes on lending its log to a candidate after it has promised a later one.
  /// The candidate may take entries of a reign that began after its own election, and lead with a log that is not
  /// what its quorum promised.
  case lendsAfterNewPromise = "lends-after-new-promise"
  /// A candidate whose pulled log holds a newer configuration does not ask that one's quorum.
  /// Slaves that belong to the cluster no more elect a leader beside the one that the others follow.
  case pulledConfigurationIgnored = "pulled-configuration-ignored"
  /// A master leads although the configuration that it goes by does not list it.
  /// A master that was removed, and perhaps thrown away, takes the cluster over again.
  case unlistedMasterLeads = "unlisted-master-leads"
  /// A leader serves before an entry of its own epoch is committed.
  /// It does not know yet what was committed before it: a majority read at its commit index misses acknowledged writes.
  case servesBeforeOwnEntry = "serves-before-own-entry"

  // MARK: Rule 3, replication

  /// A slave takes an Append of an epoch above its promise without keeping that epoch as a promise.
  /// A candidate between the two epochs finds slaves that have already followed a later leader, and leads beside it.
  case appendAbovePromiseNotKept = "append-above-promise-not-kept"
  /// A node takes Appends of an epoch lower than its promise.
  /// A deposed leader goes on acknowledging writes that the new one cuts.
  case appendOfLowerEpoch = "append-of-lower-epoch"
  /// The ack of an Append leaves before the entries are fsynced.
  /// An acknowledged write is gone after a power failure.
  case appendAckBeforeFsync = "append-ack-before-fsync"
  /// The ack of entries that came a second time leaves though the first ones are still on their way to the disk.
  /// An acknowledged write is gone after a power failure.
  case repeatedAppendAckBeforeFsync = "repeated-append-ack-before-fsync"
  /// An ack names the slave's own last index instead of prevIndex + count.
  /// A tail of an older reign counts as a copy of the leader's entries: acknowledged writes are on too few disks.
  case ackNamesOwnLastIndex = "ack-names-own-last-index"
  /// What a cut has taken from the log still counts as fsynced.
  /// The entries that replace it are acked before they are on disk, and gone after a power failure.
  case cutStaysDurable = "cut-stays-durable"
  /// An Append cuts what lies beyond it, though it contradicts nothing.
  /// A late message takes away entries that a newer one brought and that were acked: acknowledged writes are lost.
  case cutWithoutConflict = "cut-without-conflict"
  /// At a mismatch the whole run of the contradicting epoch is cut, its committed part too.
  /// A slave forgets acknowledged writes, and an election that counts on it loses them.
  case cutBelowCommit = "cut-below-commit"
  /// A slave takes the leader's commit index as far as its own log goes, not only as far as the Append has shown
  /// that the logs agree.
  /// It applies entries of a dead reign: its replica shows writes that never happened.
  case commitBeyondAppend = "commit-beyond-append"
  /// A leader that loses its lead forgets entries that it has numbered and sent but not yet given to its own disk.
  /// Its log on disk has a gap, or it later acks entries that it does not hold.
  case stepDownForgetsEntries = "step-down-forgets-entries"

  // MARK: Rule 4, commit

  /// The log writer reports a write as durable before its fsync.
  /// An acknowledged write is gone after a power failure.
  case acknowledgeBeforeFsync = "acknowledge-before-fsync"
  /// W - 1 copies commit an entry.
  /// An election quorum that meets none of them loses an acknowledged write.
  case writeQuorumTooSmall = "write-quorum-too-small"
  /// A leader counts an entry as committed that its own disk does not hold yet.
  /// What was acknowledged stands on one disk fewer than was promised.
  case commitBeforeOwnFsync = "commit-before-own-fsync"
  /// A node applies whatever its log holds, committed or not.
  /// Its replica shows writes that never happened, and no cut takes them out of it again.
  case appliesUncommitted = "applies-uncommitted"
  /// A leader commits entries of earlier reigns by counting copies (the case of figure 8 in the Raft paper).
  /// A candidate with a later, shorter log still wins and cuts them: acknowledged writes are lost.
  case commitOldEpochByCounting = "commit-old-epoch-by-counting"
  /// The acks of an earlier reign of the same master count in the present one.
  /// A slave that has since cut these entries counts as a copy of them: acknowledged writes are on too few disks.
  case ackOfEarlierEpochCounts = "ack-of-earlier-epoch-counts"

  // MARK: Rule 5, lease

  /// The leader counts its lease from the moment at which an ack came.
  /// After a delay on the way it answers reads when the slaves have already promised another master: stale reads.
  case leaseFromReceiveTime = "lease-from-receive-time"
  /// The leader takes no drift margin off its lease.
  /// With clocks at different rates it answers reads when another master leads: stale reads.
  case leaseWithoutDriftMargin = "lease-without-drift-margin"
  /// The leader's lease rests on the newest ack of any slave instead of the W-th newest.
  /// On the small side of a partition it goes on answering reads: stale reads.
  case leaseOfOneSlave = "lease-of-one-slave"
  /// An accepted Append does not renew the lease that a slave has granted.
  /// Another master is elected while the leader still answers reads: stale reads.
  case appendRenewsNoLease = "append-renews-no-lease"

  // MARK: Rule 6, reads

  /// A read joins a confirmation round that was sent before the read came.
  /// The round proves only that the master led before the read: stale reads without a lease.
  case readJoinsSentRound = "read-joins-sent-round"
  /// An active master answers reads without a lease and without a confirmation.
  /// A deposed master answers with what it last knew: stale reads.
  case readWithoutLease = "read-without-lease"
  /// The reply to a read leaves before the pending write of its key is committed.
  /// A user sees a value, and later that it never was.
  case readBeforePendingWrite = "read-before-pending-write"
  /// A write is answered when it is proposed.
  /// An acknowledged write is lost with its master.
  case answerBeforeCommit = "answer-before-commit"
  /// A majority read returns the most frequent value of R answers.
  /// With n = 5 a majority can hold two old copies and one new: a stale read.
  case majorityByFrequency = "majority-by-frequency"
  /// A majority read returns the value whose entry has the highest index, where a later delete leaves no index.
  /// A deleted key comes back.
  case majorityByEntryIndex = "majority-by-entry-index"

  // MARK: Rule 7, handover

  /// The token is signed while entries are not yet committed and answered.
  /// Clients get no answer for writes that are kept, and the next reign begins without its due entries.
  case handoverWithoutDrain = "handover-without-drain"
  /// The token is signed for a master that does not hold the whole log.
  /// It cannot take the lead at once: the handover that promises no pause becomes an outage.
  case handoverToLaggingTarget = "handover-to-lagging-target"
  /// A slave honours a token though it has promised an epoch above the token's.
  /// The token overrides the lease of a master that never signed anything: stale reads there.
  case tokenAboveItsEpoch = "token-above-its-epoch"
  /// A master that has signed goes on leading in the epoch it signed away.
  /// Two masters lead at once: stale reads.
  case leadsAfterSigning = "leads-after-signing"
  /// A master that has signed goes on answering reads.
  /// The next master already takes writes: stale reads.
  case readsAfterSigning = "reads-after-signing"

  // MARK: Rule 8, membership

  /// Members change in one step, without joint consensus.
  /// With W = ceil(n/2) the write quorums before and after need not meet: acknowledged writes are lost.
  case oneStepMembership = "one-step-membership"
  /// During a change only the quorum of the old set counts.
  /// What is committed need not be on a quorum of the new set, which alone decides afterwards: lost writes.
  case jointWithOldQuorumOnly = "joint-with-old-quorum-only"
  /// During a change only the quorum of the new set counts.
  /// Slaves of the old set that know of no change elect a leader of their own: two leaders, lost writes.
  case jointWithNewQuorumOnly = "joint-with-new-quorum-only"
  /// The last step of a change is appended before the first is committed.
  /// The new quorum decides alone while the old one may still do so too: two leaders, lost writes.
  case lastStepBeforeFirstCommitted = "last-step-before-first-committed"
  /// A cut takes entries away but not the configurations among them.
  /// A node counts the quorums of members that the cluster never agreed on.
  case cutConfigurationStays = "cut-configuration-stays"
  /// A learner counts in the quorums.
  /// Entries count as committed that no election quorum needs to find.
  case learnerCounts = "learner-counts"
  /// A node is sent away when its removal is in the log, committed or not.
  /// If the change is cut the cluster has lost a member, and perhaps its quorum, for nothing.
  case removalBeforeCommit = "removal-before-commit"

  // MARK: Rule 9, storage

  /// The replica's applied index is written outside the transaction of the rows that it covers.
  /// After a crash entries are applied twice or never: the replica differs from the log for ever.
  case appliedIndexOutsideTransaction = "applied-index-outside-transaction"
  /// The log is trimmed to an applied index that replica.db has not fsynced.
  /// After a power cut neither file has those entries: acknowledged writes are gone from the node.
  case trimBeforeReplicaFsync = "trim-before-replica-fsync"
  /// A node that installs a snapshot drops its log though that holds the snapshot's entry, and more after it.
  /// Entries that it has acknowledged are gone: an election that counts on it loses them.
  case snapshotDropsLongerLog = "snapshot-drops-longer-log"
  /// A node that installs a snapshot keeps a log that holds another entry at the snapshot's index.
  /// What a dead reign has left counts as committed from then on: the logs part silently.
  case snapshotKeepsOtherLog = "snapshot-keeps-other-log"
  /// A node that installs a snapshot goes on counting by the members that it knew before.
  /// It is elected by nodes that belong to the cluster no more, or commits with too few that do: lost writes.
  case snapshotConfigurationIgnored = "snapshot-configuration-ignored"

  // MARK: Rule 10, identity

  /// A node whose disk was lost returns under its old id.
  /// It has forgotten promises and acks, and votes as if it had not: acknowledged writes are lost.
  case lostDiskKeepsIdentity = "lost-disk-keeps-identity"

  // MARK: Rule 11, disk errors

  /// A master whose fsync does not end goes on leading.
  /// Nothing is acknowledged any more, and no other master takes over.
  case stalledDiskLeads = "stalled-disk-leads"
  /// A slave whose disk is full takes entries all the same.
  /// The disk has no room left for promises, and the node stops.
  case fullDiskTakesEntries = "full-disk-takes-entries"
}

extension Mutant {
  #if MUTANTS
    /// The one fault that stands in the code for the task at hand and what it calls.
    @TaskLocal package static var planted: Mutant?
  #endif

  /// Whether mutants can be planted in this build.
  package static var arePossible: Bool {
    #if MUTANTS
      true
    #else
      false
    #endif
  }

  /// Whether the code at a rule's home must break it; the constant false without `MUTANTS`.
  @inlinable @inline(__always)
  package static func isPlanted(_ mutant: Mutant) -> Bool {
    #if MUTANTS
      planted == mutant
    #else
      false
    #endif
  }

  /// Runs `body` with a mutant in the code, or with the code as it is.
  ///
  /// To plant one where none is possible is a mistake of the caller's: the run would prove nothing.
  package static func planting<Result>(_ mutant: Mutant?, _ body: () throws -> Result) rethrows -> Result {
    #if MUTANTS
      try $planted.withValue(mutant, operation: body)
    #else
      precondition(mutant == nil, "this build has no mutants; build with -Xswiftc -DMUTANTS")
      return try body()
    #endif
  }
}
