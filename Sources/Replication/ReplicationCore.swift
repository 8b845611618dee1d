import DequeModule

/// The replication protocol of one node as a value: events go in, effects come out.
///
/// It knows no socket, file, clock or thread, so that the same code runs in production and in the simulator.
///
/// What the caller owes, in this order:
/// 1. Handle the effects of a call in order, before the next call.
/// 2. Do writes in the order of their tickets; a write is durable as a whole, and only then do its messages
///    leave and `Event.persisted` come back. A write that failed is never reported as persisted: the node stops.
/// 3. Read `now` from one monotonic clock that does not stop during sleep.
/// 4. Call `flush` after proposals, and send `Event.timer` at `nextDeadline`.
///
/// The rules it keeps are those of the design, section 4; each has one home here and is named where it stands.
public struct ReplicationCore: Sendable {
  /// What the core was told at the start.
  public let options: ReplicationOptions

  var hard: HardState
  /// The highest promise that is known to be on disk. Invariant: durablePromise <= hard.promised.
  var durablePromise: Epoch
  var log: LogView
  /// Invariant: applied <= commit <= log.lastIndex.
  var commit: LogIndex
  var applied: LogIndex
  /// The driver was told that entries are committed up to here. Invariant: announced <= min(commit, durableIndex).
  var announced: LogIndex
  /// Our own log is fsynced up to here, what a snapshot stands for included.
  var durableIndex: LogIndex
  var lastTicket: UInt64 = 0
  var outstanding: Deque<OutstandingWrite> = []

  /// Nodes with a link.
  var peers: [NodeID: PeerIntroduction] = [:]
  /// Which node answered at a configured address.
  var dialed: [String: NodeID] = [:]

  /// The lease this node has granted (design 4.5).
  var grantedLease: (holder: NodeID, until: Instant)?
  /// No promise before this moment: the wait after a restart.
  var promisesFrom: Instant
  var random: SplitMix64
  /// The highest round heard of, so that a candidate starts above it.
  var seenRound: UInt64 = 0
  var leader: NodeID?
  var lastHeard: Instant
  /// When this node began to follow the present leader without a break.
  var followingSince: Instant
  var halted = false
  /// No entries are taken while it is; what is left of the disk is for promises.
  var diskIsFull = false

  /// The leader says that the entries after this one are still needed by some node.
  var neededByOthers: LogIndex = 0
  /// The copy of our own replica that others are sent, if there is one.
  var snapshot: SnapshotDescription?
  var snapshotIsBeingMade = false
  var snapshotReads = OutstandingReads()
  /// When `snapshot` was last of use to somebody.
  var snapshotUsedAt: Instant = .distantPast
  /// Candidates to which our log is lent as a snapshot, each in its epoch.
  var lendings = NodeTable<SnapshotTransfer>()
  /// The copy of another replica that comes in.
  var incoming: IncomingSnapshot?
  /// The write with which the log follows the replica that has taken a snapshot, until it is on disk.
  var installTicket: UInt64?

  /// Invariant: at most one of `candidacy` and `leadership` is set; with neither the node follows.
  var candidacy: Candidacy?
  var leadership: Leadership?
  var election: ElectionTimer
  /// Cleared by a transfer that a person asked for, so that the primary does not take the lead right back.
  var wantsLead = true
  var handoverRequestAt: Instant = .distantPast

  struct OutstandingWrite: Sendable {
    var ticket: UInt64
    var issued: Instant
    var bytes: Int
    /// The part of the log that this write makes durable and that has not been cut since.
    var lastIndex: LogIndex
    var promised: Epoch
  }

  /// Starts a node from what its disk holds.
  public init(options: ReplicationOptions, recovered: RecoveredState, now: Instant) {
    self.options = options
    hard = recovered.hardState
    durablePromise = recovered.hardState.promised
    log = LogView(recovered)
    commit = max(recovered.commit, recovered.applied)
    applied = recovered.applied
    announced = commit
    durableIndex = recovered.lastIndex
    random = SplitMix64(seed: options.seed)
    lastHeard = now
    followingSince = now
    election = ElectionTimer(at: .distantFuture)
    promisesFrom = now
    // A slave that restarts may have granted a lease that it has forgotten: it waits one out (design 4.5).
    // One that has never promised has granted none.
    if recovered.hardState.promised != .zero, !Mutant.isPlanted(.noWaitAfterRestart) {
      promisesFrom = now + lease
    }
    election.at = options.role.isMaster ? now + lease / 2 + jitter(upTo: lease / 2) : .distantFuture
  }

  // MARK: What others may ask

  /// The configuration in force: the newest in the log, committed or not (design 4.8).
  public var configuration: ClusterConfiguration? { log.configuration }
  /// The cluster this node belongs to.
  public var cluster: ClusterID? { hard.cluster }
  /// The highest epoch promised.
  public var promised: Epoch { hard.promised }
  /// The last index of the log.
  public var lastIndex: LogIndex { log.lastIndex }
  /// The position of the last entry.
  public var lastPosition: LogPosition { log.last }
  /// Entries up to here are committed.
  public var commitIndex: LogIndex { commit }
  /// The replica holds everything up to here.
  public var appliedIndex: LogIndex { applied }
  /// The leader, as far as this node knows.
  public var knownLeader: NodeID? { leadership != nil ? options.id : leader }
  /// The epoch of the leader that this node is or follows.
  public var epoch: Epoch { leadership?.epoch ?? hard.promised }
  /// Whether this node leads and serves.
  public var isActive: Bool { leadership?.serving == true }
  /// Whether this node is on its way to lead.
  public var isCandidate: Bool { candidacy != nil || leadership?.serving == false }
  /// The nodes with a link.
  public var connectedPeers: [NodeID: PeerIntroduction] { peers }
  /// Whether the node has stopped for good.
  public var isHalted: Bool { halted }

  /// The entries after an index that are in memory, up to another; the driver applies from here.
  public func recentEntries(from first: LogIndex, through last: LogIndex) -> [Entry] {
    guard first <= last, first >= log.firstRecent, last <= log.lastIndex else { return [] }
    return Array(log.recent[Int(first - log.firstRecent)...Int(last - log.firstRecent)])
  }

  /// The entry at an index, if it is in memory.
  public func recentEntry(at index: LogIndex) -> Entry? {
    guard index >= log.firstRecent, index <= log.lastIndex else { return nil }
    return log.recent[Int(index - log.firstRecent)]
  }

  /// The epoch of the entry at an index, or nil past the end.
  public func epoch(at index: LogIndex) -> Epoch? { log.epoch(at: index) }

  /// When `Event.timer` is due.
  public var nextDeadline: Instant {
    if halted { return .distantFuture }
    if let leadership { return leadership.nextDeadline }
    if let candidacy { return min(candidacy.resendAt, candidacy.deadline) }
    var deadline = election.nextDeadline
    if wantsHandover { deadline = min(deadline, max(handoverRequestAt, followingSince + failbackDelay)) }
    return deadline
  }

  // MARK: The door

  /// Takes one event and appends what follows from it to `effects`.
  public mutating func receive(_ event: Event, at now: Instant, into effects: inout [Effect]) {
    guard !halted else { return }
    switch event {
    case .connected(let peer, let address): connected(peer, dialed: address, at: now, into: &effects)
    case .disconnected(let peer): disconnected(peer, at: now, into: &effects)
    case .hearing(let peer): hearing(peer, at: now)
    case .received(let message, let peer): received(message, from: peer, at: now, into: &effects)
    case .persisted(let ticket): persisted(ticket, at: now, into: &effects)
    case .fetched(let fetch, let entries): fetched(fetch, entries, at: now, into: &effects)
    case .applied(let index):
      applied = max(applied, index)
      log.evict(applied: applied, limitBytes: options.cacheBytes)
    case .trimming(let index): trimming(upTo: index, at: now, into: &effects)
    case .snapshot(let event): ended(event, at: now, into: &effects)
    case .timer: tick(at: now, into: &effects)
    case .disk(let isFull): diskIsFull = isFull
    }
  }

  /// `receive` for tests: returns the effects.
  public mutating func receive(_ event: Event, at now: Instant) -> [Effect] {
    var effects: [Effect] = []
    receive(event, at: now, into: &effects)
    return effects
  }

  private mutating func received(
    _ message: Message, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    switch message {
    case .poll(let poll): receive(poll, from: peer, at: now, into: &effects)
    case .pollReply(let reply): receive(reply, from: peer, at: now, into: &effects)
    case .prepare(let prepare): receive(prepare, from: peer, at: now, into: &effects)
    case .prepareReply(let reply): receive(reply, from: peer, at: now, into: &effects)
    case .pull(let pull): receive(pull, from: peer, at: now, into: &effects)
    case .pullReply(let reply): receive(reply, from: peer, at: now, into: &effects)
    case .append(let append): receive(append, from: peer, at: now, into: &effects)
    case .appendReply(let reply): receive(reply, from: peer, at: now, into: &effects)
    case .handoverRequest(let request): receive(request, from: peer, at: now, into: &effects)
    case .handover(let token): receive(token, at: now, into: &effects)
    case .dismissal(let dismissal): receive(dismissal, from: peer, into: &effects)
    case .installSnapshot(let part): receive(part, from: peer, at: now, into: &effects)
    case .snapshotReply(let reply): receive(reply, from: peer, at: now, into: &effects)
    }
    releaseUnusedSnapshot(at: now, into: &effects)
  }

  private mutating func tick(at now: Instant, into effects: inout [Effect]) {
    if leadership != nil {
      tickLeader(at: now, into: &effects)
    } else if candidacy != nil {
      tickCandidate(at: now, into: &effects)
    } else {
      tickFollower(at: now, into: &effects)
    }
  }

  private mutating func connected(
    _ peer: PeerIntroduction, dialed address: String?, at now: Instant, into effects: inout [Effect]
  ) {
    peers[peer.id] = peer
    if let address { dialed[address] = peer.id }
    if leadership != nil { linkUp(peer, at: now, into: &effects) }
    considerBirth(at: now, into: &effects)
  }

  private mutating func disconnected(_ peer: NodeID, at now: Instant, into effects: inout [Effect]) {
    peers[peer] = nil
    if leadership != nil { linkDown(peer, at: now, into: &effects) }
    lendings[peer] = nil
    if peer == leader, leadership == nil, candidacy == nil {
      // The link tells of a dead leader sooner than its silence. If it lives, the slaves' leases say so to the poll.
      setLeader(nil, into: &effects)
      // A slave never leads: a deadline that nobody serves would keep its timer firing for ever.
      if options.role.isMaster {
        election.at = min(election.at, now + .milliseconds(2) + jitter(upTo: .milliseconds(15)))
      }
    }
  }

  // MARK: Shared small parts

  /// The lease length L in force.
  var lease: Nanoseconds {
    .milliseconds(log.configuration?.leaseMilliseconds ?? options.leaseMilliseconds)
  }

  mutating func jitter(upTo span: Nanoseconds) -> Nanoseconds {
    span > 0 ? Nanoseconds(random.next() % UInt64(span)) : 0
  }

  mutating func setLeader(_ id: NodeID?, into effects: inout [Effect]) {
    guard leader != id else { return }
    leader = id
    effects.append(.leaderChanged(id, hard.promised))
  }

  mutating func halt(_ reason: String, into effects: inout [Effect]) {
    halted = true
    leadership = nil
    candidacy = nil
    effects.append(.halt(reason: reason))
  }

  /// Queues one durable write and remembers what it will have made durable.
  mutating func write(
    installed: LogBase? = nil, truncateFrom: LogIndex? = nil, entries: [Entry] = [], hardState: Bool = false,
    thenSend: [Outbound] = [], reaching: LogIndex = 0, at now: Instant, into effects: inout [Effect]
  ) {
    lastTicket += 1
    if let truncateFrom, !Mutant.isPlanted(.cutStaysDurable) { forgetDurable(from: truncateFrom) }
    let reached = entries.last?.index ?? truncateFrom.map { $0 - 1 }
    outstanding.append(
      OutstandingWrite(
        ticket: lastTicket, issued: now, bytes: entries.reduce(0) { $0 + $1.approximateSize },
        lastIndex: max(reaching, reached ?? outstanding.last?.lastIndex ?? durableIndex),
        promised: hard.promised))
    effects.append(
      .write(
        LogWrite(
          ticket: lastTicket, installed: installed, truncateFrom: truncateFrom, entries: entries,
          hardState: hardState ? hard : nil, commit: commit, thenSend: thenSend)))
  }

  /// Earlier writes made entries durable that the next one takes away again.
  mutating func forgetDurable(from first: LogIndex) {
    durableIndex = min(durableIndex, first - 1)
    for position in outstanding.indices {
      outstanding[position].lastIndex = min(outstanding[position].lastIndex, first - 1)
    }
  }

  private mutating func persisted(_ ticket: UInt64, at now: Instant, into effects: inout [Effect]) {
    while let oldest = outstanding.first, oldest.ticket <= ticket {
      durableIndex = max(durableIndex, oldest.lastIndex)
      durablePromise = max(durablePromise, oldest.promised)
      outstanding.removeFirst()
    }
    if let waiting = installTicket, waiting <= ticket { installTicket = nil }
    announceCommitted(into: &effects)
    if leadership != nil { evaluateQuorums(at: now, into: &effects) }
  }

  /// Lets the driver answer and apply what is committed, as far as our own disk has it: a replica that were ahead
  /// of its log after a crash could not be trusted.
  private mutating func announceCommitted(into effects: inout [Effect]) {
    var index = min(commit, durableIndex)
    if Mutant.isPlanted(.commitBeforeOwnFsync), leadership != nil { index = commit }
    if Mutant.isPlanted(.appliesUncommitted) { index = durableIndex }
    guard index > announced else { return }
    announced = index
    effects.append(.committed(upTo: index))
  }

  /// Moves the commit index forward and says so.
  mutating func commit(upTo index: LogIndex, into effects: inout [Effect]) {
    guard index > commit else { return }
    let before = commit
    commit = index
    announceCommitted(into: &effects)
    for known in log.configurations.reversed() where known.index <= index {
      guard known.index > before else { break }
      effects.append(.configurationCommitted(known.configuration))
      break
    }
  }
}
