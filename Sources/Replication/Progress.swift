import DequeModule

/// What a leader knows of one node that follows it.
struct Progress: Sendable {
  /// How entries are sent.
  enum Mode: Sendable {
    /// Where the logs part is not known: one append at a time. Goes to `streaming` when one is accepted.
    case probing
    /// Entries flow without waiting for acks. Goes to `probing` on a mismatch, a stall or a new link.
    case streaming
    /// Its next entry is trimmed here: it is sent a snapshot, and no entries. Goes to `probing` when it has that.
    case snapshot
  }

  var mode: Mode = .probing
  /// Invariant: match < next.
  var next: LogIndex
  /// The follower's log agrees with ours up to here, on its disk.
  var match: LogIndex = 0
  var connected: Bool
  /// The number of the newest probe; a mismatch of an older append says nothing new.
  var probeNumber: UInt64 = 0
  var fetching = false
  /// Appends whose answer may still tell when they were sent.
  var sent: Deque<Sent> = []
  /// Data under way, oldest first.
  var inFlight: Deque<InFlight> = []
  var inFlightBytes = 0
  /// The send time of the newest append that the follower accepted (design 4.5).
  var leaseBasis: Instant = .distantPast
  var acceptedNumber: UInt64 = 0
  var lastAccepted: Instant = .distantPast
  var lastAdvance: Instant = .distantPast
  var sentCommit: LogIndex = 0
  var applied: LogIndex = 0
  /// Set exactly in the mode `snapshot`.
  var transfer: SnapshotTransfer?
  /// It was sent a snapshot and has not caught up since.
  var isFilling = false

  struct Sent: Sendable {
    var number: UInt64
    var at: Instant
  }

  struct InFlight: Sendable {
    var lastIndex: LogIndex
    var bytes: Int
  }

  mutating func restart(next: LogIndex) {
    mode = .probing
    transfer = nil
    self.next = max(match + 1, next)
    inFlight.removeAll(keepingCapacity: true)
    inFlightBytes = 0
    fetching = false
  }

  mutating func accepted(number: UInt64, upTo index: LogIndex, at now: Instant) {
    lastAccepted = now
    while let oldest = sent.first, oldest.number <= number {
      if oldest.number == number {
        leaseBasis = max(leaseBasis, Mutant.isPlanted(.leaseFromReceiveTime) ? now : oldest.at)
      }
      sent.removeFirst()
    }
    acceptedNumber = max(acceptedNumber, number)
    if index > match {
      match = index
      lastAdvance = now
    }
    while let oldest = inFlight.first, oldest.lastIndex <= match {
      inFlightBytes -= oldest.bytes
      inFlight.removeFirst()
    }
    next = max(next, match + 1)
    // What a follower that is being filled accepts is heartbeats, which say nothing of its log.
    if mode == .probing { mode = .streaming }
  }

  mutating func recordSend(of entries: [Entry], number: UInt64, commit: LogIndex, at now: Instant) {
    sent.append(Sent(number: number, at: now))
    // A follower that never answers must not make this grow.
    if sent.count > 4096 { sent.removeFirst() }
    sentCommit = max(sentCommit, commit)
    guard let last = entries.last else { return }
    if inFlight.isEmpty { lastAdvance = now }
    let bytes = entries.reduce(0) { $0 + $1.approximateSize }
    inFlight.append(InFlight(lastIndex: last.index, bytes: bytes))
    inFlightBytes += bytes
    next = max(next, last.index + 1)
  }
}
