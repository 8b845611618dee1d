import Commands
import Replication

/// What a `RequestServer` needs of the node around it. All calls come on the thread that called the server.
public protocol ServingHost: AnyObject {
  /// The monotonic clock that goes on during sleep, read at the call: leases are measured by it.
  var now: Instant { get }
  /// Milliseconds of Unix time; for expiry and for people.
  var wallMilliseconds: Int64 { get }

  /// Call `ReplicationCore.flush` soon: something was proposed. It may wait a moment for more.
  func planFlush()
  /// Call `ReplicationCore.flush` without waiting for more: requests wait for this confirmation round.
  func planConfirmation(_ round: UInt64?)

  /// Sends a slave the question of a read by majority.
  func send(_ question: ReadRequest, to slave: NodeID)
  /// Sends a master this node's answer to one.
  func send(_ answer: ReadReply, to master: NodeID)
  /// The questions or answers that were sent just now leave together.
  func flushLinks()
  /// Apply what is committed without waiting for more: a reader waits for it.
  func urgeApply()

  /// Renew leases if that is due: a long evaluation is under way.
  func keepLead()
  /// Something has happened to keys, and is committed; called only with `RequestServer.wantsKeyEvents`.
  func publishKeyEvents(_ events: [KeyEvent])

  /// Whether the user of a session may run a command with these arguments, the name first; nil if so, else the refusal.
  ///
  /// Asked only of a session that is restricted: before each command, when one is queued, and again when it is run.
  func authorize(_ command: Command, _ arguments: [[UInt8]], for session: Session) -> Reply?
  /// Answers a command on the connection or on the cluster rather than on the keyspace.
  func execute(_ command: Command, _ request: Request, for session: Session)
  /// A request that had to wait has been executed, which began at that moment. `handle` does not tell of those that
  /// it executes itself.
  func executed(_ request: Request, for session: Session, since begun: Instant)
  /// The stored keyspace could not be read: the node must end.
  func failed(_ error: any Error)

  /// A command is about to be done; called only while `RequestServer.hasMonitors` is set, once for each request.
  func show(_ command: Command, _ request: Request, from session: Session)

  /// Whether something may be done now that a session has put in its turn, which may take long. If not, the host
  /// calls `Session.drain` later, whether its connection is still there or not.
  func mayWork(for session: Session) -> Bool

  /// A command is done here; called only with `ServingOptions.logsRequests`. `index` is the entry of a write.
  func log(_ request: Request, index: LogIndex?)
  /// Something that people want to read in the log.
  func log(_ text: String)
}

extension ServingHost {
  /// There is time for everything.
  public func mayWork(for session: Session) -> Bool { true }
  /// Nobody watches.
  public func show(_ command: Command, _ request: Request, from session: Session) {}
}

/// Where the replies of a `Session` go.
public protocol ClientConnection: AnyObject {
  /// Takes the next reply; it may wait for `flush`.
  func write(_ reply: Reply)
  /// Sends what was written, if anything was. `Session.hasRoom` may have changed.
  func flush()
  /// Closes the connection once what was written has left.
  func close()
  /// Call `Session.closeAfterReplies` after so many nanoseconds.
  func closeAfterReplies(in grace: Nanoseconds)
}

extension ServingHost {
  /// Who does not count has nothing to do.
  public func executed(_ request: Request, for session: Session, since begun: Instant) {}
}
