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

  init(index: Int, id: NodeID, role: NodeRole, name: String, clock: NodeClock) {
    self.index = index
    self.id = id
    self.role = role
    self.name = name
    self.clock = clock
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
  case request(Request)
  /// The timer that was set for this moment.
  case timer(Int64)
  case flush
  case apply
  case fetch(Fetch)

  var isTimer: Bool { if case .timer = self { true } else { false } }
  var isRequest: Bool { if case .request = self { true } else { false } }
}

/// The volatile part of a node: the core, and what the driver around it remembers.
final class Process {
  var core: ReplicationCore
  var replica: Replica
  /// Proposed and not answered, by ascending index.
  var writes: Deque<PendingWrite> = []
  var reads: [PendingRead] = []
  /// Requests that came while writes were not admitted for a moment.
  var held: [Request] = []
  var timerAt: Int64 = .max
  var flushWanted = false
  var flushScheduled = false
  var applyScheduled = false
  var retryHeld = false
  /// The core was told that the disk is full.
  var toldOfFullDisk = false
  /// The token is signed, and no new reign has begun here since.
  var signed = false

  struct PendingWrite {
    var index: LogIndex
    var request: Request
    var seen: UInt64?
  }

  struct PendingRead {
    var request: Request
    var seen: UInt64?
    /// The entry that made what was seen, or 0.
    var index: LogIndex
    /// The round that must confirm the lead, once it is asked for.
    var confirmation: UInt64?
  }

  init(core: ReplicationCore, replica: Replica) {
    self.core = core
    self.replica = replica
  }

  /// The newest value of a key: an effect that is not applied yet, or what the replica holds.
  func newest(_ key: [UInt8]) -> (value: UInt64?, index: LogIndex) {
    var index = core.lastIndex
    while index > replica.applied {
      if case .mutations(let mutations) = core.recentEntry(at: index)?.payload,
        let mutation = mutations.last(where: { $0.key == key })
      {
        return (mutation.operation == .put ? RegisterCoding.value(mutation.value) : nil, index)
      }
      index -= 1
    }
    guard let known = replica.value(of: key) else { return (nil, 0) }
    return (RegisterCoding.value(known.value), known.index)
  }
}
