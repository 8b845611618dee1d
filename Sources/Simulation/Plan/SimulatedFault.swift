/// What can go wrong in a simulated cluster. Each run leaves out some kinds (swarm testing: Groce and others, 2012),
/// since faults can hide each other.
public enum SimulatedFault: String, Sendable, CaseIterable {
  /// A process ends at once; what was not fsynced is gone.
  case crash
  /// Several processes do, in the same moment.
  case crashMany = "crash-many"
  /// The power fails: for all, for the masters only, or for the slaves only.
  case powerCut = "power-cut"
  /// A process is stopped for a while, often for longer than a lease; what comes meanwhile waits for it.
  case pause
  /// All nodes sleep and wake up together.
  case suspend
  /// A node is cut off from all others or from one.
  case isolate
  /// The same in one direction only.
  case isolateOneWay = "isolate-one-way"
  /// The network falls apart into two sides.
  case split
  /// A connection is reset.
  case cutLink = "cut-link"
  /// One fsync takes up to some seconds.
  case slowSync = "slow-sync"
  /// An fsync never returns, until the process is killed.
  case stuckSync = "stuck-sync"
  /// An fsync fails; the node stops, and a restart finds what is really there.
  case failedSync = "failed-sync"
  /// A disk runs full, and is emptied later.
  case fullDisk = "full-disk"
  /// A bit of a stored entry flips; who reads the entry sees it by its checksum.
  case bitRot = "bit-rot"
  /// A disk is lost; its node returns empty, under a new id.
  case lostDisk = "lost-disk"
  /// A new slave comes.
  case joinSlave = "join-slave"
  /// A new slave comes with the name of one that lives.
  case joinTwin = "join-twin"
  /// A new backup comes.
  case joinMaster = "join-master"
  /// A person removes a member.
  case remove
  /// A removed node comes back, emptied.
  case rejoin
  /// A person hands the lead over.
  case transfer
  /// Something of the above happens at the worst moment: in the middle of an election, a change or a handover.
  case ambush
}
