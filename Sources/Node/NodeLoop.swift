import Commands
import DequeModule
import Logging
import NIOCore
import Replication
import Storage
import Transport

/// The driver of one node: everything that happens on its event loop.
///
/// It owns the core, the overlay, the read-only connections, the links and the sessions, and touches them on the
/// event loop alone. It does what the core's effects say and decides nothing about the protocol itself. Two more
/// threads belong to a node: `LogWriter` waits for log.db's fsyncs, `Applier` writes replica.db.
final class NodeLoop: @unchecked Sendable {
  let configuration: NodeConfiguration
  let identity: NodeIdentity
  let eventLoop: any EventLoop
  let logger: Logger
  let logsOperations: Bool
  let startedAt = BootClock.now()

  /// How long a batch waits for the one before it.
  private static let longestHold = TimeAmount.milliseconds(2)
  private static let gatherTime = TimeAmount.microseconds(250)

  // MARK: Protocol
  var core: ReplicationCore
  private var effects: [Effect] = []
  private var isPerforming = false
  private var isFlushPlanned = false
  private var isGathering = false
  private var heldFlush: Scheduled<Void>?
  private var isConfirmationPlanned = false
  private var isSnapshotShared = false
  private var timer: Scheduled<Void>?
  private var timerAt: Instant = .distantFuture

  // MARK: Storage
  let logWriter: LogWriter
  let applier: Applier
  let reserve: DiskReserve
  let logReader: LogReader
  let replica: ReplicaReader
  let view: MasterView
  /// Everything up to here was given to the applier.
  var submittedToApplier: LogIndex
  var unappliedBytes = 0

  // MARK: Clients
  let table = CommandTable.standard
  let limits: CommandLimits
  var sessions: [UInt64: ClientSession] = [:]
  var nextSessionID: UInt64 = 1
  /// Writes whose commit is awaited, in the order of their index.
  var pendingWrites: Deque<PendingReply> = []
  /// Reads that saw a write whose commit is awaited.
  var pendingReads: [PendingReply] = []
  /// Sessions with requests that cannot be answered yet.
  var waitingSessions: [ClientSession] = []
  /// Confirmed in the present reign: this round and all before it.
  var confirmedRound: UInt64 = 0
  var majorityReads: [UInt64: MajorityRead] = [:]
  var nextMajorityRead: UInt64 = 1
  var slaveReads: [SlaveRead] = []
  var awaitedChange: AwaitedChange?
  /// Whether the lease has been lost for so long that nobody waits for its return.
  var isSuspended = false
  var statistics = Statistics()

  // MARK: Peers
  var links: [NodeID: PeerLink] = [:]
  var dirtyLinks: [PeerLink] = []
  var dialers: [HostAndPort: PeerDialer] = [:]
  var encoded = EncodedEntriesCache()
  var reports: [NodeID: NodeReport] = [:]
  var lastReport: Instant = .distantPast
  /// Whether any node of the cluster has ever taken this one.
  var hasBeenLinked = false
  let listenAddress: HostAndPort
  var isStopping = false
  var isDiskFull = false
  private var housekeeping: RepeatedTask?
  /// Told once, when the node must end by itself.
  private let onEnd: @Sendable (NodeError) -> Void

  struct PendingReply {
    var index: LogIndex
    var session: ClientSession
    var ticket: ReplyQueue.Ticket
    /// Then it is answered as in doubt.
    var deadline: Instant
  }

  /// An admin's request that ends with a later effect of the core.
  struct AwaitedChange {
    var session: ClientSession
    var ticket: ReplyQueue.Ticket
    /// The member that must be gone; nil for a transfer.
    var removal: NodeID?
    var deadline: Instant
  }

  init(
    configuration: NodeConfiguration, identity: NodeIdentity, listenAddress: HostAndPort,
    recovered: RecoveredState, stores: Stores, eventLoop: any EventLoop, logger: Logger,
    onEnd: @escaping @Sendable (NodeError) -> Void
  ) {
    self.configuration = configuration
    self.identity = identity
    self.listenAddress = listenAddress
    self.eventLoop = eventLoop
    self.logger = logger
    self.onEnd = onEnd
    logsOperations = logger.logLevel <= .debug
    logWriter = stores.logWriter
    applier = stores.applier
    reserve = stores.reserve
    logReader = stores.logReader
    replica = stores.replica
    view = MasterView(replica: stores.replica)
    limits = CommandLimits(
      maxKeyBytes: configuration.maxKeyBytes, maxValueBytes: configuration.maxValueBytes)
    submittedToApplier = recovered.applied
    let announced = configuration.announce ?? listenAddress
    core = ReplicationCore(
      options: ReplicationOptions(
        id: identity.id, role: configuration.role, name: identity.name, address: announced.description,
        peers: configuration.role.isMaster ? configuration.masters.map(\.description) : [],
        leaseMilliseconds: configuration.leaseMilliseconds, useLease: configuration.useLease,
        seed: UInt64.random(in: .min ... .max)),
      recovered: recovered, now: BootClock.now())
  }

  /// What the loop works with on other threads and for reading.
  struct Stores {
    var logWriter: LogWriter
    var applier: Applier
    var reserve: DiskReserve
    var logReader: LogReader
    var replica: ReplicaReader
  }

  var commitIndex: LogIndex { core.commitIndex }

  // MARK: Life

  func start() {
    eventLoop.preconditionInEventLoop()
    // Entries that were committed before the last stop may still be missing in the replica.
    submitCommitted(upTo: core.commitIndex)
    housekeeping = eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(50), delay: .milliseconds(50)) {
      [weak self] _ in self?.keepHouse()
    }
    updateDialers()
    armTimer()
  }

  /// Ends the loop's part of the node; the threads and files are the node's to close.
  func stop() {
    guard !isStopping else { return }
    isStopping = true
    housekeeping?.cancel()
    timer?.cancel()
    failPendingWrites("the node stops")
    for session in sessions.values {
      failWaiting(session)
      session.closeAfterReplies()
    }
    for dialer in dialers.values { dialer.stop() }
    for link in links.values { link.close() }
    links = [:]
  }

  /// Ends the node because going on would be wrong.
  func end(_ reason: NodeError) {
    guard !isStopping else { return }
    logger.critical("\(reason)")
    onEnd(reason)
  }

  // MARK: The core

  /// Gives the core an event and does what it says.
  func drive(_ event: Event) {
    guard !isStopping else { return }
    core.receive(event, at: BootClock.now(), into: &effects)
    perform()
  }

  /// Calls the core in another way than by an event, and does what it says.
  func drive<Result>(_ body: (inout ReplicationCore, Instant, inout [Effect]) -> Result) -> Result {
    let result = body(&core, BootClock.now(), &effects)
    perform()
    return result
  }

  /// Sends what was proposed once the requests at hand are read, so that they share messages and an fsync.
  ///
  /// While a batch is on its way to its quorum the next one fills, for a moment at most. Sending each few entries at
  /// once would cost every node a wake-up and an fsync of its own for them: on busy processors all would wait longer.
  func planFlush() {
    guard !isFlushPlanned else { return }
    isFlushPlanned = true
    eventLoop.execute { [self] in
      guard !isStopping else { return }
      guard core.isCommitting else { return flush() }
      holdFlush(Self.longestHold)
    }
  }

  /// The batch before is committed: the clients that are answered now are given a moment to send their next requests.
  private func gather() {
    isGathering = true
    heldFlush?.cancel()
    holdFlush(Self.gatherTime)
  }

  private func holdFlush(_ time: TimeAmount) {
    heldFlush = eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
      guard let self, !isStopping else { return }
      flush()
    }
  }

  /// Sends a confirmation round once the requests at hand are read, whatever the disk is doing.
  func planConfirmation() {
    guard !isConfirmationPlanned else { return }
    isConfirmationPlanned = true
    eventLoop.execute { [self] in
      isConfirmationPlanned = false
      if !isStopping { flush() }
    }
  }

  /// Sends what was proposed now, and a confirmation round if one was asked for.
  func flush() {
    isFlushPlanned = false
    heldFlush?.cancel()
    heldFlush = nil
    isGathering = false
    drive { core, now, effects in core.flush(at: now, into: &effects) }
  }

  /// Lets the reads of this turn of the event loop share one snapshot of the replica.
  func shareSnapshot() throws {
    try replica.holdSnapshot()
    guard !isSnapshotShared else { return }
    isSnapshotShared = true
    eventLoop.execute { [self] in
      isSnapshotShared = false
      replica.releaseSnapshot()
    }
  }

  private func perform() {
    // An effect may lead back here; the outer call goes on with what was added.
    guard !isPerforming else { return }
    isPerforming = true
    var position = 0
    while position < effects.count {
      let effect = effects[position]
      position += 1
      perform(effect)
    }
    effects.removeAll(keepingCapacity: true)
    isPerforming = false
    if heldFlush != nil, !isGathering, !core.isCommitting { gather() }
    flushLinks()
    armTimer()
  }

  private func armTimer() {
    let deadline = core.nextDeadline
    // A timer that comes too early does no harm; only an earlier deadline needs a new one.
    guard deadline < timerAt, !isStopping else { return }
    timer?.cancel()
    timerAt = deadline
    let wait = max(0, min(deadline - BootClock.now(), .milliseconds(60_000)))
    timer = eventLoop.scheduleTask(in: .nanoseconds(wait)) { [weak self] in
      guard let self else { return }
      timerAt = .distantFuture
      timer = nil
      drive(.timer)
    }
  }

  private func keepHouse() {
    expireReplies()
    expireWaiting()
    sendReports()
  }

  // MARK: Threads

  func persisted(_ writes: [LogWrite]) {
    guard !isStopping, let last = writes.last else { return }
    for write in writes {
      for outbound in write.thenSend { send(outbound) }
    }
    drive(.persisted(ticket: last.ticket))
  }

  func applied(_ index: LogIndex) {
    guard !isStopping else { return }
    // What leaves the overlay here must be seen in the replica by the next read.
    replica.releaseSnapshot()
    for entry in core.recentEntries(from: core.appliedIndex + 1, through: index) {
      unappliedBytes -= entry.approximateSize
      if case .mutations(let mutations) = entry.payload, !view.overlay.isEmpty {
        view.overlay.remove(mutations, appliedAt: entry.index)
      }
    }
    drive(.applied(index))
    answerSlaveReads()
    retryWaiting()
  }

  /// Gives the applier what has been committed since the last call.
  func submitCommitted(upTo index: LogIndex) {
    guard index > submittedToApplier else { return }
    let entries = core.recentEntries(from: submittedToApplier + 1, through: index)
    guard let last = entries.last else { return }
    submittedToApplier = last.index
    if logsOperations, !core.isActive { logOperations(of: entries) }
    unappliedBytes += entries.reduce(0) { $0 + $1.approximateSize }
    applier.submit(entries, at: BootClock.now())
  }
}
