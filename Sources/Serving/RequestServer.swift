import Commands
import DequeModule
import HeapModule
import Replication

/// Serves the clients of one node: the whole path from a request to its reply, and what becomes of it when the lead,
/// the time or the connection ends (design 4.6, 4.7 and 4.12).
///
/// Like the core that it owns it knows no socket, file, clock or thread, so that the same code runs in production
/// and in the simulator.
///
/// What the caller owes:
/// 1. Pass every effect of the core to `follow`, in order, after doing its own part of it.
/// 2. Call `applied` when the stored keyspace holds more, then give the core `Event.applied`, then call `resume`.
/// 3. Call `expire` several times a second.
public final class RequestServer {
  /// The protocol of this node. The caller gives it its events; the server proposes and asks for confirmations.
  public var core: ReplicationCore
  /// What it was told.
  public let options: ServingOptions
  /// What it has counted.
  public var statistics = ServingStatistics()
  /// What it has looked for in the keyspace.
  public let lookups = LookupCounter()
  /// While it is on, requests wait; after it ends, call `resume`.
  public var pause = ClientPause()
  /// Bytes of committed entries that the stored keyspace does not hold yet.
  public private(set) var unappliedBytes = 0

  /// The node around it, which must outlive it; to be set before anything else is called.
  ///
  /// Each request asks the host several times. A reference that is counted would cost an atomic operation each time,
  /// and a strong one would keep host and server alive for ever.
  public unowned(unsafe) var host: (any ServingHost)!
  let stored: any StoredKeyspace
  let table = CommandTable.standard
  let view: MasterView

  /// Whether the host wants to see each command before it is done.
  public var hasMonitors = false

  var sessions: [UInt64: Session] = [:]
  /// Writes whose commit is awaited, in the order of their index.
  var pendingWrites: Deque<PendingReply> = []
  /// Reads that saw a write whose commit is awaited.
  var pendingReads: [PendingReply] = []
  /// Sessions with requests that cannot be answered yet.
  var waitingSessions: [Session] = []
  /// How many of them have gone.
  var departedWaiting = 0
  /// Confirmed in the present reign: this round and all before it.
  var confirmedRound: UInt64 = 0
  var majorityReads: [UInt64: MajorityRead] = [:]
  /// From a random number on: the answer to a question that an earlier run of this node asked must find no read here,
  /// since it may be of another key.
  var nextMajorityRead: UInt64
  var slaveReads: [SlaveRead] = []
  /// Whether the lease has been lost for so long that nobody waits for its return.
  var isSuspended = false
  /// Whether someone wants to hear of what happens to keys.
  public var wantsKeyEvents = false
  /// What happened to keys by entries whose commit is awaited.
  var pendingEvents: Deque<(index: LogIndex, events: [KeyEvent])> = []
  /// The sessions that watch a key.
  var watchers: [[UInt8]: [Session]] = [:]
  /// Where the scans of clients stand.
  let cursors: ScanCursors
  var numbers: SplitMix64
  /// The keys that end soon and that the replica may not have yet.
  var expiring: Heap<ExpiringKey> = []
  /// Keys of the replica up to this end and key were looked at.
  var expiryCursor: (end: Int64, key: [UInt8]?) = (0, nil)
  /// Whether there was no room to remember a key that ends soon: then the replica is looked through again.
  var hasForgottenExpiry = false
  /// The last entry that deleted expired keys.
  var lastExpiryIndex: LogIndex = 0
  /// Set by a mutant alone.
  var hasSigned = false
  /// Everything up to here was taken for applying.
  private var takenForApplying: LogIndex

  struct PendingReply {
    var index: LogIndex
    var session: Session
    var ticket: Session.Ticket
    /// Then it is answered as in doubt.
    var deadline: Instant
  }

  /// Starts to serve, with a core that has just been started and the keyspace that it has applied.
  public init(core: ReplicationCore, stored: any StoredKeyspace, options: ServingOptions) {
    self.core = core
    self.stored = stored
    self.options = options
    view = MasterView(stored: stored, lookups: lookups)
    takenForApplying = core.appliedIndex
    var numbers = SplitMix64(seed: core.options.seed)
    nextMajorityRead = numbers.next() >> (Self.keyBits + 1)
    cursors = ScanCursors(seed: numbers.next())
    self.numbers = numbers
  }

  // MARK: Requests

  /// Takes the next request of a session. Its reply leaves with `Session.drain`, at once or later.
  public func handle(_ request: consuming Request, from session: Session) {
    statistics.commands += 1
    if session.waiting.isEmpty, execute(&request, for: session) { return }
    if session.waiting.isEmpty {
      list(session)
      session.waitingBytes = 0
    }
    session.waitingBytes += request.arguments.reduce(0) { $0 + $1.count }
    session.waiting.append(request)
  }

  /// The keys in the log so far, those past their expiry included; for people. Where many changes are not applied yet, the
  /// keys of the replica: to look for each of them there would take too long.
  public func keyCount() throws -> Int {
    try core.isActive && view.overlay.changes.count <= Self.overlayLimit ? view.count() : stored.count()
  }

  /// How many of the keys that are applied have an end, and when on average, in milliseconds of Unix time; for people.
  public func expiringKeys() throws -> (count: Int, averageEnd: Int64) { try stored.expiringKeys() }

  /// How many clients have requests that wait.
  public var waitingCount: Int { waitingSessions.count - departedWaiting }
  /// How many keys are watched.
  public var watchedKeyCount: Int { watchers.count }
  /// How many clients there are.
  public var sessionCount: Int { sessions.count }
  /// How many writes are appended and not answered.
  public var unansweredWrites: Int { pendingWrites.count }
  /// Whether nothing waits for an answer, so that `expire` would do nothing.
  public var isIdle: Bool {
    pendingWrites.isEmpty && pendingReads.isEmpty && majorityReads.isEmpty && waitingSessions.isEmpty
  }
  /// Whether clients are still being told that another master leads.
  public var hasLeavingSessions: Bool { sessions.values.contains { $0.isLeaving } }

  // MARK: Applying

  /// The entries that were committed since the last call, to be applied to the stored keyspace.
  public func takeCommitted(upTo index: LogIndex) -> [Entry] {
    guard index > takenForApplying else { return [] }
    let entries = core.recentEntries(from: takenForApplying + 1, through: index)
    guard let last = entries.last else { return [] }
    takenForApplying = last.index
    unappliedBytes += entries.reduce(0) { $0 + $1.approximateSize }
    return entries
  }

  /// The stored keyspace holds more. To be called before the core hears of it, which then forgets those entries.
  public func applied(_ index: LogIndex) {
    // What leaves the overlay here must be seen in the stored keyspace by the next read.
    stored.releaseSnapshot()
    if hasForgottenExpiry, expiring.isEmpty {
      hasForgottenExpiry = false
      restartExpiry()
    }
    for entry in core.recentEntries(from: core.appliedIndex + 1, through: index) {
      unappliedBytes -= entry.approximateSize
      if case .mutations(let mutations) = entry.payload {
        view.remove(mutations, appliedAt: entry.index)
      }
    }
  }

  /// The stored keyspace has taken a snapshot: nothing up to there is to be applied any more.
  func installed(_ index: LogIndex) {
    stored.releaseSnapshot()
    takenForApplying = max(takenForApplying, index)
    unappliedBytes = core.recentEntries(from: core.appliedIndex + 1, through: takenForApplying)
      .reduce(0) { $0 + $1.approximateSize }
    if !view.overlay.isEmpty { rebuildOverlay() }
    resume()
  }

  /// Tries what had to wait once more: the core has applied more, or the disk has room again.
  public func resume() {
    answerSlaveReads()
    retryWaiting()
  }

  // MARK: The end

  /// The node stops: everything is answered, and every connection closes once its replies have left.
  public func stop() {
    failPendingWrites("the node stops")
    for session in orderedSessions {
      failWaiting(session)
      session.closeAfterReplies()
    }
  }

  /// In a fixed order: a dictionary's own differs from run to run.
  var orderedSessions: [Session] { sessions.values.sorted { $0.id < $1.id } }
}
