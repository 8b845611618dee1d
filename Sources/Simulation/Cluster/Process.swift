import Commands
import Replication
import Serving

/// The volatile part of a node: the server of its clients with the core, and what the driver around it remembers.
final class Process {
  let server: RequestServer
  let stored: MemoryKeyspace
  private unowned let cluster: Cluster
  private unowned let machine: Machine

  var timerAt: Int64 = .max
  var flushWanted = false
  var flushScheduled = false
  /// Reads wait for a round, which is sent without delay.
  var confirmationWanted = false
  var applyScheduled = false
  var expiryScheduled = false
  var sessions: UInt64 = 0
  var connections: [Connection] = []
  /// The core was told that the disk is full.
  var toldOfFullDisk = false
  /// The token is signed, and no new reign has begun here since.
  var signed = false

  init(core: ReplicationCore, replica: Replica, options: ServingOptions, cluster: Cluster, machine: Machine) {
    stored = MemoryKeyspace(replica)
    server = RequestServer(core: core, stored: stored, options: options)
    self.cluster = cluster
    self.machine = machine
    server.host = self
  }

  /// Ends the hold that connections and sessions have on each other.
  func forgetConnections() {
    for connection in connections { connection.session = nil }
  }

  // Accessors that lend: a copy of either would cost more than what is asked of it.
  var core: ReplicationCore {
    _read { yield server.core }
    _modify { yield &server.core }
  }

  var replica: Replica {
    _read { yield stored.replica }
    _modify { yield &stored.replica }
  }
}

extension Process: ServingHost {
  var now: Instant { machine.clock.local(at: cluster.time) }
  var wallMilliseconds: Int64 { cluster.trueWallMilliseconds + machine.wallOffset }

  func planFlush() { flushWanted = true }
  func planConfirmation(_ round: UInt64?) {
    confirmationWanted = true
    cluster.joined(round, machine, self)
  }
  func send(_ question: ReadRequest, to slave: NodeID) {
    cluster.send(question, from: machine, to: slave)
  }
  func send(_ answer: ReadReply, to master: NodeID) {
    cluster.send(answer, from: machine, to: master)
  }
  func flushLinks() {}
  /// A simulated step takes no time.
  func keepLead() {}
  func publishKeyEvents(_ events: [KeyEvent]) {}
  func urgeApply() { cluster.urgeApply(machine, self) }

  func authorize(_ command: Command, _ arguments: [[UInt8]], for session: Session) -> Reply? { nil }

  func execute(_ command: Command, _ request: Request, for session: Session) {
    session.answer(command.name == "ping" ? SessionReplies.ping(request.arguments) : .ok)
  }

  func failed(_ error: any Error) {
    cluster.fail(machine, Broken(.noHalt, "cannot read its replica: \(error)"))
  }
  func log(_ request: Request, index: LogIndex?) {}
  func log(_ text: String) { cluster.say(machine, text) }
}
