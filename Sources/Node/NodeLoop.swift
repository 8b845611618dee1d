import Access
import Commands
import DequeModule
import Logging
import NIOCore
import Replication
import Serving
import Storage
import TLS
import Transport

/// The driver of one node: everything that happens on its event loop.
///
/// It owns the server of the clients with its core, the read-only connections, the links and the connections, and
/// touches them on the event loop alone. It does what the core's effects say and decides nothing about the protocol
/// itself. Three more threads belong to a node: `LogWriter` waits for log.db's fsyncs, `Applier` writes replica.db, and
/// `SnapshotWorker` copies it.
final class NodeLoop: @unchecked Sendable {
  let configuration: NodeConfiguration
  let identity: NodeIdentity
  let eventLoop: any EventLoop
  let logger: Logger
  let logsOperations: Bool
  let startedAt = BootClock.now()

  /// How long a batch waits for the one before it.
  private static let longestHold = TimeAmount.milliseconds(2)
  private static let longTurn: Nanoseconds = .milliseconds(20)
  private static let gatherTime = TimeAmount.microseconds(250)

  // MARK: Protocol
  let server: RequestServer
  private var effects: [Effect] = []
  private var isPerforming = false
  private var isFlushPlanned = false
  private var isGathering = false
  private var heldFlush: Scheduled<Void>?
  private var isConfirmationPlanned = false
  private var timer: Scheduled<Void>?
  private var timerAt: Instant = .distantFuture

  // MARK: Storage
  let logWriter: LogWriter
  let applier: Applier
  let snapshots: SnapshotWorker
  let reserve: DiskReserve
  let logReader: LogReader
  let trimPolicy: TrimPolicy
  var isTrimming = false
  var nextTrim: Instant = .distantPast
  /// The last entry that is in the archive, as far as this run knows.
  var archivedIndex: LogIndex = 0
  /// Steps of copies for people that are not answered yet.
  var exports: [UInt64: (Session, Session.Ticket)] = [:]
  var nextExport: UInt64 = 0
  /// When a copy for a person was last asked for; nil if there is none.
  var exportUsedAt: Instant? = .distantPast
  /// Whether copies that an earlier run has left were looked at.
  var hasTidied = false

  // MARK: Clients
  let table = CommandTable.standard
  let clientLoad: ClientLoad
  var clients: [UInt64: ClientHandler] = [:]
  var nextSessionID: UInt64 = 1
  var awaitedChange: AwaitedChange?

  // MARK: Security
  var credentials: Credentials
  var accessLog = AccessLog()
  /// What the files of the certificates were like when they were last looked at; nil before.
  var certificateStamp: [String]?
  var certificatesSeen: Instant = .distantPast
  /// Who was last refused as a node, and when.
  var lastStranger: (reason: String, at: Instant)?

  // MARK: Peers
  var links: [NodeID: PeerLink] = [:]
  var dirtyLinks: [PeerLink] = []
  /// What the core wants of its log and has not got.
  var fetches: Deque<Fetch> = []
  var isFetchPlanned = false
  var dialers: [HostAndPort: PeerDialer] = [:]
  var encoded = EncodedEntriesCache()
  var reports: [NodeID: NodeReport] = [:]
  var content = ContentCheck()
  /// The nodes whose replicas differ, as this active master sees it.
  var diverged: [NodeID] = []
  /// Why this node must not go on with its replica; nil if it may.
  var quarantineReason: String?
  var lastReport: Instant = .distantPast
  /// Whether any node of the cluster has ever taken this one.
  var hasBeenLinked = false
  let listenAddress: HostAndPort
  var isStopping = false
  var isDiskFull = false
  private var housekeeping: RepeatedTask?
  private var keptHouseAt: Instant?
  /// Told once, when the node must end by itself.
  private let onEnd: @Sendable (NodeError) -> Void

  /// An admin's request that ends with a later effect of the core.
  struct AwaitedChange {
    var session: Session
    var ticket: Session.Ticket
    /// The member that must be gone; nil for a transfer.
    var removal: NodeID?
    var deadline: Instant
  }

  init(
    configuration: NodeConfiguration, credentials: Credentials, identity: NodeIdentity,
    listenAddress: HostAndPort,
    recovered: RecoveredState, stores: Stores, eventLoop: any EventLoop, logger: Logger,
    onEnd: @escaping @Sendable (NodeError) -> Void
  ) {
    self.configuration = configuration
    self.credentials = credentials
    certificateStamp = configuration.security.tls?.stamp
    self.identity = identity
    self.listenAddress = listenAddress
    self.eventLoop = eventLoop
    self.logger = logger
    self.onEnd = onEnd
    logsOperations = logger.logLevel <= .debug
    logWriter = stores.logWriter
    applier = stores.applier
    snapshots = stores.snapshots
    reserve = stores.reserve
    logReader = stores.logReader
    trimPolicy = configuration.trimPolicy
    clientLoad = ClientLoad(
      connectionLimit: OpenFiles.clientLimit(within: OpenFiles.raiseLimit()),
      memoryLimit: configuration.maxClientBytes)
    let announced = configuration.announce ?? listenAddress
    let core = ReplicationCore(
      options: ReplicationOptions(
        id: identity.id, role: configuration.role, name: identity.name, address: announced.description,
        peers: configuration.role.isMaster ? configuration.masters.map(\.description) : [],
        leaseMilliseconds: configuration.leaseMilliseconds, useLease: configuration.useLease,
        followerLag: configuration.maxSlaveLag,
        seed: UInt64.random(in: .min ... .max)),
      recovered: recovered, now: BootClock.now())
    server = RequestServer(
      core: core, stored: ReplicaKeyspace(reader: stores.replica, eventLoop: eventLoop),
      options: ServingOptions(
        writeTimeout: .milliseconds(configuration.writeTimeoutMilliseconds),
        readTimeout: .milliseconds(configuration.readTimeoutMilliseconds),
        limits: CommandLimits(
          maxKeyBytes: configuration.maxKeyBytes, maxValueBytes: configuration.maxValueBytes),
        logsRequests: logsOperations))
    server.host = self
    content.note(stores.content)
  }

  /// What the loop works with on other threads and for reading.
  struct Stores {
    var logWriter: LogWriter
    var applier: Applier
    var snapshots: SnapshotWorker
    var reserve: DiskReserve
    var logReader: LogReader
    var replica: ReplicaReader
    /// What the replica holds at the start.
    var content: ContentPoint
  }

  // MARK: Life

  func start() {
    eventLoop.preconditionInEventLoop()
    // Entries that were committed before the last stop may still be missing in the replica.
    submitCommitted(upTo: server.core.commitIndex)
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
    server.stop()
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
    server.core.receive(event, at: BootClock.now(), into: &effects)
    perform()
  }

  /// Calls the core in another way than by an event, and does what it says.
  func drive<Result>(_ body: (inout ReplicationCore, Instant, inout [Effect]) -> Result) -> Result {
    let result = body(&server.core, BootClock.now(), &effects)
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
      guard server.core.isCommitting else { return flush() }
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
  func planConfirmation(_ round: UInt64?) {
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

  private func perform() {
    // An effect may lead back here; the outer call goes on with what was added.
    guard !isPerforming else { return }
    isPerforming = true
    var position = 0
    while position < effects.count {
      let effect = effects[position]
      position += 1
      perform(effect)
      server.follow(effect)
    }
    effects.removeAll(keepingCapacity: true)
    isPerforming = false
    if heldFlush != nil, !isGathering, !server.core.isCommitting { gather() }
    flushLinks()
    armTimer()
  }

  private func armTimer() {
    let deadline = server.core.nextDeadline
    // A timer that comes too early does no harm; only an earlier deadline needs a new one.
    guard deadline < timerAt, !isStopping else { return }
    timer?.cancel()
    timerAt = deadline
    let wait = max(0, min(deadline - BootClock.now(), .milliseconds(60_000)))
    timer = eventLoop.scheduleTask(in: .nanoseconds(wait)) { [weak self] in self?.timerFired() }
  }

  /// After a turn that took long, acks and finished writes may have come that are not looked at yet: nothing is
  /// concluded from their absence before they are.
  private func timerFired() {
    guard BootClock.now() - timerAt > Self.longTurn else { return tick() }
    keepLead()
    timer = eventLoop.scheduleTask(in: .milliseconds(1)) { [weak self] in self?.tick() }
  }

  private func tick() {
    timerAt = .distantFuture
    timer = nil
    drive(.timer)
  }

  /// Keeps the lead in the middle of a turn of the event loop.
  ///
  /// One turn may bring an event of each client, such as the end of every connection of a crowd, and timers run only
  /// after all of them. To be called with each such event.
  func keepLead() {
    guard BootClock.now() >= timerAt, !isPerforming, !isStopping else { return }
    drive { core, now, effects in core.renewLeases(at: now, into: &effects) }
  }

  private func keepHouse() {
    noteHold()
    server.expire()
    expireAwaitedChange()
    sendReports()
    considerTrimming()
    tidyCopies()
    watchCertificates()
  }

  /// People should know when a node comes late to everything, whatever the reason.
  private func noteHold() {
    let now = BootClock.now()
    let held = now - (keptHouseAt ?? now)
    keptHouseAt = now
    if held > server.core.leaseLength / 2 {
      logger.warning("the event loop was held for \(held / 1_000_000) ms")
    }
  }

  // MARK: Threads

  func persisted(_ writes: [LogWrite]) {
    guard !isStopping, let last = writes.last else { return }
    for write in writes {
      for outbound in write.thenSend { send(outbound) }
    }
    drive(.persisted(ticket: last.ticket))
  }

  func applied(_ index: LogIndex, _ point: ContentPoint) {
    guard !isStopping else { return }
    content.note(point)
    server.applied(index)
    drive(.applied(index))
    server.resume()
  }

  /// Gives the applier what has been committed since the last call.
  func submitCommitted(upTo index: LogIndex) {
    let entries = server.takeCommitted(upTo: index)
    guard !entries.isEmpty else { return }
    if logsOperations, !server.core.isActive { logOperations(of: entries) }
    applier.submit(entries, at: BootClock.now())
  }
}
