import DequeModule
import Replication

/// A place where a node runs: it outlives crashes, and also the node's id when the disk is lost.
final class Machine {
  let index: Int
  let role: NodeRole
  var name: String
  let address: String
  /// The addresses that the node is told at its start (design 4.1).
  var peers: [String] = []
  let clock: NodeClock
  /// Milliseconds by which its wall clock is wrong.
  let wallOffset: Int64
  var id: NodeID
  var disk = FakeDisk()
  /// nil while the node is down.
  var process: Process?
  /// Counts the starts, so that what belonged to an earlier run is recognised.
  var incarnation = 0
  /// Stopped by SIGSTOP: what comes waits, while the clock goes on.
  var paused = false
  var backlog: Deque<Input> = []
  /// The next fsync fails.
  var syncFails = false
  /// The next fsync never returns.
  var syncSticks = false
  /// What the log writer was given and the core has not heard back of.
  var outstanding: [(issued: Instant, bytes: Int)] = []
  var progress = ProgressChecker()
  /// The process was told that entries are committed up to here.
  var announced: LogIndex = 0
  var standing = Standing.follower
  /// The driver has found too little room for entries.
  var diskIsFull = false
  /// Tasks with snapshots are done one after the other: the last one until then.
  var snapshotsBusyUntil: Int64 = 0
  /// The replica is about to take this.
  var pendingInstall: SnapshotDescription?
  /// The node was removed from the cluster and has halted for that reason.
  var retired = false
  /// It was started with the name of another slave.
  var isTwin = false
  /// A person moved the lead away from this primary, so that it will not take it back.
  var yielded = false
  /// A person has asked for the handover that is under way.
  var yieldsOnHandover = false
  /// Counts the pauses, so that the end of an earlier one is recognised.
  var pauses = 0

  init(index: Int, id: NodeID, role: NodeRole, name: String, clock: NodeClock, wallOffset: Int64) {
    self.index = index
    self.id = id
    self.role = role
    self.name = name
    self.clock = clock
    self.wallOffset = wallOffset
    address = "machine\(index):1"
  }

  var isRunning: Bool { process != nil }
  var introduction: PeerIntroduction {
    PeerIntroduction(
      id: id, role: role, name: name, address: address, cluster: process?.core.cluster, version: "simulated",
      dataDirectory: "/machine\(index)")
  }
}

/// What a master is after a step.
enum Standing {
  case follower, candidate, active
}

/// What reaches a node.
enum Input {
  case event(Event)
  /// An fsync is done: its messages leave, then the core hears of it.
  case synced([LogWrite])
  case service(ServiceInput)
  /// The timer that was set for this moment.
  case timer(Int64)
  case flush
  case apply
  case fetch(Fetch)
  case snapshot(SnapshotTask)

  var isTimer: Bool { if case .timer = self { true } else { false } }
  var isRequest: Bool { if case .service(.requests) = self { true } else { false } }
}
