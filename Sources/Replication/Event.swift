/// What happens to a core. Everything that it knows of the world arrives as one of these.
public enum Event: Sendable {
  /// A link to a peer came up; `dialed` is the configured address by which it was reached, if it was.
  case connected(PeerIntroduction, dialed: String?)
  /// The last link to a peer went down.
  case disconnected(NodeID)
  /// A part of a long message has come from a peer: it lives, though it has not finished what it says.
  case hearing(NodeID)
  /// A peer said something.
  case received(Message, from: NodeID)
  /// Every write up to this ticket is fsynced, and its `thenSend` has been sent.
  case persisted(ticket: UInt64)
  /// The entries that an `Effect.fetch` asked for, from its index on; none if they were trimmed meanwhile.
  case fetched(Fetch, [Entry])
  /// The replica holds everything up to here.
  case applied(LogIndex)
  /// The log is about to be trimmed: it begins after this entry from now on. To be said before the disk does it, and
  /// only of what the replica has on disk.
  case trimming(upTo: LogIndex)
  /// How a task with a snapshot ended.
  case snapshot(SnapshotEvent)
  /// `nextDeadline` has come.
  case timer
  /// The disk has too little room for entries, or enough again (design 4.11).
  case disk(isFull: Bool)
}

/// What a core wants done, in order. The driver does it and decides nothing.
public enum Effect: Sendable {
  /// Put this on disk; its messages leave only after the fsync.
  case write(LogWrite)
  /// Say this now. It may be lost.
  case send(Outbound)
  /// Read old entries from the log and give them back as `Event.fetched`.
  case fetch(Fetch)
  /// Do this with a snapshot.
  case snapshot(SnapshotTask)
  /// The replica has taken a snapshot that stands here, and the core knows it: nothing up to there is to be applied
  /// any more.
  case installed(LogBase)
  /// Entries up to here are safe for ever and on our own disk: answer their clients, and apply them.
  case committed(upTo: LogIndex)
  /// The log was cut from here on: what was derived from those entries is void.
  case truncated(from: LogIndex)
  /// This master serves clients from now on.
  case becameActive(Epoch)
  /// Writes are admitted again after a pause that led to no handover.
  case resumed
  /// This master leads no longer: unanswered writes are in doubt, and clients' sockets are closed.
  case steppedDown(reason: String)
  /// The lease has been lost for so long that clients had better look elsewhere.
  case suspended
  /// The token is signed: nothing is served from here on (design 4.7).
  case handedOver(to: NodeID)
  /// A confirmation round and all before it are confirmed by W slaves.
  case confirmed(number: UInt64)
  /// The leader that this node follows, as far as it knows.
  case leaderChanged(NodeID?, Epoch)
  /// This configuration is committed.
  case configurationCommitted(ClusterConfiguration)
  /// The node must stop: going on would be wrong.
  case halt(reason: String)
  /// Something that people want to read in the log.
  case notice(String)
}

/// Old entries that a core needs from the disk.
public struct Fetch: Hashable, Sendable {
  /// For what the entries are read.
  public enum Purpose: Hashable, Sendable {
    /// A follower that lags behind the cache.
    case append
    /// A candidate that pulls.
    case pull
  }
  /// For what.
  public var purpose: Purpose
  /// For whom.
  public var peer: NodeID
  /// The epoch in which it was asked; an answer in another epoch is dropped.
  public var epoch: Epoch
  /// The first index wanted.
  public var from: LogIndex
  /// About how many bytes to read at most; at least one entry is read.
  public var limitBytes: Int

  /// Makes a request.
  public init(purpose: Purpose, peer: NodeID, epoch: Epoch, from: LogIndex, limitBytes: Int) {
    self.purpose = purpose
    self.peer = peer
    self.epoch = epoch
    self.from = from
    self.limitBytes = limitBytes
  }
}

/// Whether a write may be proposed now.
public enum Admission: Hashable, Sendable {
  /// It may.
  case open
  /// Not for a moment (a handover or an election of this very master): keep it and ask again.
  case paused
  /// Fewer than W slaves are in reach: refuse it, nothing may be appended.
  case noQuorum
  /// This master's disk is full: refuse it, nothing may be appended.
  case diskFull
  /// Another master leads, or none is known.
  case standby(active: NodeID?)
}
