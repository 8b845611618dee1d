/// Turns of the protocol that a good set of runs must have met; the summary says how often.
public enum ProtocolPath: String, Sendable, CaseIterable {
  // Birth and elections (design 4.1, 4.2).
  case birth
  case electionWon = "election-won"
  case electionLost = "election-lost"
  /// A leader that a slave refused, while W others still renewed its lease, prepared again above the refusal.
  case leadAskedForAgain = "lead-asked-for-again"
  case promiseRefusedForLease = "promise-refused-for-lease"
  case pulled
  case configurationPulled = "configuration-pulled"
  case fetchedForPull = "fetched-for-pull"
  case leaderSteppedDown = "leader-stepped-down"
  /// A leader stepped down because its fsync did not return (4.11).
  case stalledLeaderSteppedDown = "stalled-leader-stepped-down"
  case suspended
  // Replication (4.3).
  case appendRefused = "append-refused"
  case logsDiffered = "logs-differed"
  case logCut = "log-cut"
  case fetchedForFollower = "fetched-for-follower"
  /// A large message was heard in parts.
  case heardInParts = "heard-in-parts"
  /// A message came after the connection on which it was sent had ended.
  case lateMessage = "late-message"
  /// Reads were confirmed by a round instead of the lease (4.6).
  case readsConfirmed = "reads-confirmed"
  // Handover (4.7).
  case handoverSigned = "handover-signed"
  case handoverCalledOff = "handover-called-off"
  case ledByToken = "led-by-token"
  // Membership (4.8, 4.10).
  case slaveJoined = "slave-joined"
  case masterJoined = "master-joined"
  case slaveReplaced = "slave-replaced"
  case masterReplaced = "master-replaced"
  case slaveRemoved = "slave-removed"
  case masterRemoved = "master-removed"
  case jointChangeCut = "joint-change-cut"
  /// A change was finished by another leader than the one that began it.
  case jointChangeInherited = "joint-change-inherited"
  case nameInUse = "name-in-use"
  case removedNodeEnded = "removed-node-ended"
  // Trimming and snapshots (4.9).
  /// A log was trimmed.
  case trimmed
  case snapshotInstalled = "snapshot-installed"
  /// A part of a copy was there already when it was offered.
  case snapshotResumed = "snapshot-resumed"
  /// A slave lent a candidate its log as a snapshot.
  case snapshotLent = "snapshot-lent"
  /// A node ended after its replica had taken a snapshot and before its log had followed.
  case installFinishedAtStart = "install-finished-at-start"
  // Disks (4.11).
  case damageFoundAtStart = "damage-found-at-start"
  case damageFoundByFetch = "damage-found-by-fetch"
}
