import Replication

// Circumstances in which each mutant does harm.

extension ClusterPlan {
  /// Makes the faults likely that would show a mutant, so that few runs are enough.
  mutating func provoke(_ mutant: Mutant) {
    masters = min(max(masters, 2), 3)
    slaves = 3 + slaves % 3
    clients = 6
    thinkTime = .milliseconds(20)
    faultInterval = .milliseconds(1_000)
    faultTime = .milliseconds(15_000)
    useLease = true
    driftsBeyondMargin = false
    drift = min(drift, 45_000)
    largeValues = false
    trims = false
    trimsUnevenly = false
    installTime = 1_000_000...60_000_000
    switch mutant {
    case .birthWithoutEveryPeer:
      masters = 2
      slaves = 2 + slaves % 2
      faults = [(.lostDisk, 6), (.joinSlave, 2), (.isolate, 1), (.crash, 1)]
    case .electionQuorumTooSmall, .longestLogWins, .candidateDoesNotPull, .writeQuorumTooSmall,
      .appendOfLowerEpoch, .ackNamesOwnLastIndex, .commitBeyondAppend, .cutBelowCommit, .appliesUncommitted,
      .servesBeforeOwnEntry, .roundReused, .readBeforePendingWrite, .answerBeforeCommit, .readWithoutLease,
      .leaseOfOneSlave, .appendRenewsNoLease, .promiseDespiteLease:
      faults = [(.isolate, 3), (.split, 2), (.crash, 2), (.pause, 1)]
    case .prepareBeforeFsync, .promiseBeforeFsync, .promiseNotStored, .repeatedPromiseBeforeFsync,
      .appendAckBeforeFsync,
      .repeatedAppendAckBeforeFsync, .acknowledgeBeforeFsync, .commitBeforeOwnFsync:
      slaves = 2 + slaves % 3
      lateFlush = false
      syncTime = 2_000_000...60_000_000
      leaseMilliseconds = 500
      restartTime = .milliseconds(5) ... .milliseconds(100)
      faults = [(.isolate, 4), (.crashMany, 4), (.crash, 2), (.slowSync, 3)]
    case .ackOfEarlierEpochCounts:
      masters = 2
      useLease = false
      automaticFailback = true
      slaves = 2
      leaseMilliseconds = 200
      network.ordered = false
      network.latePerMillion = 300_000
      network.lossPerMillion = 10_000
      faults = [(.isolate, 2), (.isolateOneWay, 3), (.split, 2), (.crash, 1)]
    case .promiseOfLowerEpoch, .lendsAfterNewPromise:
      masters = 3
      leaseMilliseconds = 200
      network.ordered = false
      network.latePerMillion = 300_000
      network.lossPerMillion = 20_000
      syncTime = 1_000_000...30_000_000
      faultInterval = .milliseconds(400)
      faults = [(.isolate, 2), (.isolateOneWay, 3), (.crash, 2), (.pause, 2), (.ambush, 6)]
    case .cutStaysDurable:
      network.ordered = false
      network.latePerMillion = 50_000
      network.lossPerMillion = 20_000
      network.doublePerMillion = 300_000
      leaseMilliseconds = 200
      syncTime = 5_000_000...60_000_000
      faults = [(.isolate, 3), (.split, 3), (.pause, 1)]
    case .appendAbovePromiseNotKept, .cutWithoutConflict, .commitOldEpochByCounting:
      leaseMilliseconds = 200
      network.ordered = false
      network.latePerMillion = 150_000
      network.lossPerMillion = 20_000
      syncTime = 1_000_000...30_000_000
      faults = [(.isolate, 2), (.isolateOneWay, 3), (.split, 2), (.crash, 2)]
    case .promiseByRoundAlone:
      masters = 3
      network.delay = 2_000_000...20_000_000
      faults = [(.crash, 3), (.isolate, 2)]
    case .noWaitAfterRestart:
      leaseMilliseconds = 1_000
      restartTime = .milliseconds(5) ... .milliseconds(50)
      faultInterval = .milliseconds(400)
      faults = [(.isolate, 2), (.crashMany, 6)]
    case .leaseFromReceiveTime:
      leaseMilliseconds = 200
      faultInterval = .milliseconds(1_500)
      faults = [(.pause, 1)]
    case .readJoinsSentRound:
      useLease = false
      network.delay = 5_000_000...20_000_000
      faults = [(.pause, 1)]
    case .leaseWithoutDriftMargin:
      leaseMilliseconds = 1_000
      drift = 45_000
      opposedClocks = true
      faults = [(.isolate, 1)]
    case .stepDownForgetsEntries:
      masters = 1
      lateFlush = true
      leaseMilliseconds = 200
      clients = 30
      thinkTime = .milliseconds(200)
      faults = [(.slowSync, 1)]
    case .tokenAboveItsEpoch:
      masters = 3
      clients = 2
      thinkTime = .milliseconds(300)
      leaseMilliseconds = 500
      delaysHandoverTargets = true
      faults = [(.transfer, 1)]
    case .handoverWithoutDrain, .handoverToLaggingTarget, .leadsAfterSigning, .readsAfterSigning:
      faults = [(.transfer, 2), (.slowSync, 1)]
    case .oneStepMembership, .lastStepBeforeFirstCommitted, .jointWithOldQuorumOnly, .jointWithNewQuorumOnly,
      .cutConfigurationStays, .learnerCounts, .removalBeforeCommit, .pulledConfigurationIgnored,
      .unlistedMasterLeads:
      slaves = 3
      changesMembersInPartitions = true
      faultInterval = .milliseconds(400)
      faults = [(.joinSlave, 4), (.rejoin, 6), (.split, 3), (.isolate, 4), (.crash, 3), (.joinMaster, 3)]
    case .lostDiskKeepsIdentity: faults = [(.lostDisk, 3), (.isolate, 1), (.crash, 1)]
    case .stalledDiskLeads: faults = [(.slowSync, 1)]
    case .fullDiskTakesEntries: faults = [(.fullDisk, 1)]
    case .majorityByFrequency, .majorityByEntryIndex, .appliedIndexOutsideTransaction,
      .trimBeforeReplicaFsync:
      break
    case .snapshotDropsLongerLog, .snapshotKeepsOtherLog, .snapshotConfigurationIgnored:
      trims = true
      keptEntries = 2
      followerLag = 4
      restartTime = .milliseconds(5) ... .milliseconds(1_500)
      faults = [(.isolate, 4), (.isolateOneWay, 2), (.split, 3), (.crash, 2)]
      // The lead has to change while a node installs.
      if mutant == .snapshotDropsLongerLog {
        masters = 2
        automaticFailback = true
        trimsUnevenly = true
        installTime = 500_000_000...3_000_000_000
        faults = [(.isolate, 4), (.transfer, 3), (.crash, 3)]
      }
      if mutant == .snapshotConfigurationIgnored {
        faults += [(.joinSlave, 4), (.rejoin, 6), (.joinMaster, 3)]
        changesMembersInPartitions = true
      }
    }
  }
}
