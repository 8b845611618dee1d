import Replication

/// Who must find a mutant.
package enum MutantProof: Hashable, Sendable {
  /// The simulator, within so many seeds of the circumstances that provoke the mutant.
  case simulator(seeds: Int)
  /// Tests of the room in which the mutant is planted: the simulator has nothing of that room.
  case tests(String)
}

extension Mutant {
  /// The number of the rule in section 4 of the design.
  package var rule: Int {
    switch self {
    case .birthWithoutEveryPeer: 1
    case .electionQuorumTooSmall, .prepareBeforeFsync, .promiseBeforeFsync, .repeatedPromiseBeforeFsync,
      .promiseNotStored,
      .promiseOfLowerEpoch, .promiseByRoundAlone, .promiseDespiteLease, .roundReused, .longestLogWins,
      .candidateDoesNotPull, .lendsAfterNewPromise, .pulledConfigurationIgnored, .unlistedMasterLeads,
      .servesBeforeOwnEntry:
      2
    case .appendAbovePromiseNotKept, .appendOfLowerEpoch, .appendAckBeforeFsync,
      .repeatedAppendAckBeforeFsync,
      .ackNamesOwnLastIndex, .cutStaysDurable, .cutWithoutConflict, .cutBelowCommit, .commitBeyondAppend,
      .stepDownForgetsEntries:
      3
    case .acknowledgeBeforeFsync, .writeQuorumTooSmall, .commitBeforeOwnFsync, .appliesUncommitted,
      .commitOldEpochByCounting, .ackOfEarlierEpochCounts, .answerBeforeCommit:
      4
    case .noWaitAfterRestart, .leaseFromReceiveTime, .leaseWithoutDriftMargin, .leaseOfOneSlave,
      .appendRenewsNoLease:
      5
    case .readJoinsSentRound, .readWithoutLease, .readBeforePendingWrite, .majorityByFrequency,
      .majorityByEntryIndex:
      6
    case .handoverWithoutDrain, .handoverToLaggingTarget, .tokenAboveItsEpoch, .leadsAfterSigning,
      .readsAfterSigning:
      7
    case .oneStepMembership, .jointWithOldQuorumOnly, .jointWithNewQuorumOnly, .lastStepBeforeFirstCommitted,
      .cutConfigurationStays, .learnerCounts, .removalBeforeCommit:
      8
    case .appliedIndexOutsideTransaction, .trimBeforeReplicaFsync, .snapshotDropsLongerLog,
      .snapshotKeepsOtherLog, .snapshotConfigurationIgnored:
      9
    case .lostDiskKeepsIdentity: 10
    case .stalledDiskLeads, .fullDiskTakesEntries: 11
    }
  }

  /// Who must find it. The bounds are a few times what was needed, since a change of anything draws other runs.
  package var proof: MutantProof {
    switch self {
    case .majorityByFrequency, .majorityByEntryIndex: .tests("ServingTests")
    case .appliedIndexOutsideTransaction, .trimBeforeReplicaFsync: .tests("StorageTests")
    case .noWaitAfterRestart, .lendsAfterNewPromise, .ackOfEarlierEpochCounts,
      .cutConfigurationStays, .unlistedMasterLeads, .longestLogWins, .snapshotKeepsOtherLog:
      .simulator(seeds: 150)
    default: .simulator(seeds: 40)
    }
  }
}
