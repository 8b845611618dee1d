/// A node's last entry, by which logs are compared: the higher (epoch, index) is the more complete log.
public struct LogPosition: Hashable, Comparable, Sendable {
  /// The epoch of the last entry.
  public var epoch: Epoch
  /// The index of the last entry.
  public var index: LogIndex

  /// The position of an empty log.
  public static let zero = LogPosition(epoch: .zero, index: 0)

  /// Makes a position.
  public init(epoch: Epoch, index: LogIndex) {
    self.epoch = epoch
    self.index = index
  }

  /// Compares epochs first.
  public static func < (a: LogPosition, b: LogPosition) -> Bool {
    a.epoch != b.epoch ? a.epoch < b.epoch : a.index < b.index
  }
}

/// The signed word of a leader that it will never serve or append in its epoch again (design 4.7).
public struct HandoverToken: Hashable, Sendable {
  /// The epoch that ended.
  public var epoch: Epoch
  /// The master that may lead next without waiting for leases.
  public var target: NodeID
  /// The last index of the epoch, which the target holds.
  public var lastIndex: LogIndex

  /// Makes a token.
  public init(epoch: Epoch, target: NodeID, lastIndex: LogIndex) {
    self.epoch = epoch
    self.target = target
    self.lastIndex = lastIndex
  }
}

/// What one node says to another. The fields are defined on the wire by `schema/peer.proto`.
public enum Message: Hashable, Sendable {
  /// A master asks whether a slave would promise; nothing changes by it (design 4.2).
  case poll(Poll)
  /// The answer to a poll.
  case pollReply(PollReply)
  /// A candidate asks for a promise.
  case prepare(Prepare)
  /// A slave promises, or refuses.
  case prepareReply(PrepareReply)
  /// A candidate asks for entries that it lacks.
  case pull(Pull)
  /// Entries for a candidate.
  case pullReply(PullReply)
  /// A leader sends entries, or an empty one to renew leases and confirm reads.
  case append(Append)
  /// The answer to an append; for entries only after they are on disk.
  case appendReply(AppendReply)
  /// A standby master asks the leader to hand over to it.
  case handoverRequest(HandoverRequest)
  /// A leader hands over.
  case handover(HandoverToken)
  /// A leader tells a node why it cannot take part.
  case dismissal(Dismissal)
  /// A part of a snapshot, for a node whose next entry is trimmed (design 4.9).
  case installSnapshot(InstallSnapshot)
  /// The answer to a part of a snapshot.
  case snapshotReply(SnapshotReply)

  /// Asks whether a slave would promise.
  public struct Poll: Hashable, Sendable {
    /// Comes back in the answer, so that an old answer is recognised.
    public var number: UInt64
    /// Makes a poll.
    public init(number: UInt64) { self.number = number }
  }

  /// The answer to a poll.
  public struct PollReply: Hashable, Sendable {
    /// The poll's number.
    public var number: UInt64
    /// Whether a promise would be given now.
    public var wouldPromise: Bool
    /// How long, in nanoseconds, a lease or the wait after a restart still stands in the way.
    public var wait: Nanoseconds
    /// The highest epoch promised so far.
    public var promised: Epoch
    /// Makes a reply.
    public init(number: UInt64, wouldPromise: Bool, wait: Nanoseconds, promised: Epoch) {
      self.number = number
      self.wouldPromise = wouldPromise
      self.wait = wait
      self.promised = promised
    }
  }

  /// Asks for a promise.
  public struct Prepare: Hashable, Sendable {
    /// The candidate's epoch.
    public var epoch: Epoch
    /// Lets the slave set aside the old leader's lease.
    public var token: HandoverToken?
    /// Makes a request.
    public init(epoch: Epoch, token: HandoverToken?) {
      self.epoch = epoch
      self.token = token
    }
  }

  /// A promise or a refusal.
  public struct PrepareReply: Hashable, Sendable {
    /// The epoch asked for.
    public var epoch: Epoch
    /// Whether it was promised; then this reply left after the fsync.
    public var granted: Bool
    /// The highest epoch promised so far.
    public var promised: Epoch
    /// How long, in nanoseconds, a lease or the wait after a restart still stands in the way.
    public var wait: Nanoseconds
    /// The slave's last entry.
    public var last: LogPosition
    /// Makes a reply.
    public init(epoch: Epoch, granted: Bool, promised: Epoch, wait: Nanoseconds, last: LogPosition) {
      self.epoch = epoch
      self.granted = granted
      self.promised = promised
      self.wait = wait
      self.last = last
    }
  }

  /// Asks for the entries after a position.
  public struct Pull: Hashable, Sendable {
    /// The candidate's epoch, which the source must have promised.
    public var epoch: Epoch
    /// The entry before the first one wanted.
    public var previous: LogPosition
    /// Makes a request.
    public init(epoch: Epoch, previous: LogPosition) {
      self.epoch = epoch
      self.previous = previous
    }
  }

  /// Entries for a candidate.
  public struct PullReply: Hashable, Sendable {
    /// The candidate's epoch.
    public var epoch: Epoch
    /// The entry before the first one sent.
    public var previous: LogPosition
    /// Whether the source holds `previous`; if not, `hint` says where to ask next.
    public var matched: Bool
    /// An index at or below which the logs may agree.
    public var hint: LogIndex
    /// Entries after `previous`.
    public var entries: [Entry]
    /// The source's commit index.
    public var commit: LogIndex
    /// Makes a reply.
    public init(
      epoch: Epoch, previous: LogPosition, matched: Bool, hint: LogIndex, entries: [Entry], commit: LogIndex
    ) {
      self.epoch = epoch
      self.previous = previous
      self.matched = matched
      self.hint = hint
      self.entries = entries
      self.commit = commit
    }
  }

  /// Entries from the leader (design 4.3).
  public struct Append: Hashable, Sendable {
    /// The leader's epoch.
    public var epoch: Epoch
    /// Counts the leader's appends in this epoch; echoed, so that the leader knows when it sent it.
    public var number: UInt64
    /// The entry before the first one sent.
    public var previous: LogPosition
    /// Entries after `previous`; none to renew a lease or confirm a read.
    public var entries: [Entry]
    /// The leader's commit index.
    public var commit: LogIndex
    /// Some node may still have to be sent the entries after this one, so that nobody trims them.
    public var needed: LogIndex
    /// Makes an append.
    public init(
      epoch: Epoch, number: UInt64, previous: LogPosition, entries: [Entry], commit: LogIndex,
      needed: LogIndex = 0
    ) {
      self.epoch = epoch
      self.number = number
      self.previous = previous
      self.entries = entries
      self.commit = commit
      self.needed = needed
    }
  }

  /// The answer to an append.
  public struct AppendReply: Hashable, Sendable {
    /// What became of the append.
    public enum Outcome: Hashable, Sendable {
      /// The log agrees with the leader's up to here, on disk: previous index + count of the append.
      case accepted(upTo: LogIndex)
      /// The log does not hold `previous`; the logs may agree at or below the hint.
      case mismatched(hint: LogIndex)
      /// A higher epoch is promised.
      case refused(promised: Epoch)
    }

    /// The append's epoch.
    public var epoch: Epoch
    /// The append's number.
    public var number: UInt64
    /// What became of it.
    public var outcome: Outcome
    /// How far the node has applied.
    public var applied: LogIndex
    /// Makes a reply.
    public init(epoch: Epoch, number: UInt64, outcome: Outcome, applied: LogIndex) {
      self.epoch = epoch
      self.number = number
      self.outcome = outcome
      self.applied = applied
    }
  }

  /// A standby master that wants to lead.
  public struct HandoverRequest: Hashable, Sendable {
    /// The leader's epoch, as the standby knows it.
    public var epoch: Epoch
    /// Makes a request.
    public init(epoch: Epoch) { self.epoch = epoch }
  }

  /// Why a node cannot take part.
  public struct Dismissal: Hashable, Sendable {
    /// The kinds of reason. The raw values are sent.
    public enum Reason: UInt8, Sendable {
      /// The node was removed from the cluster; its id can never return.
      case removed = 1
      /// A reachable slave has the same name.
      case nameInUse = 2
    }
    /// Why.
    public var reason: Reason
    /// A sentence for people that says what to do.
    public var explanation: String
    /// Makes a dismissal.
    public init(reason: Reason, explanation: String) {
      self.reason = reason
      self.explanation = explanation
    }
  }
}

/// Who a peer says that it is, when a link comes up.
public struct PeerIntroduction: Hashable, Sendable {
  /// The peer's identity.
  public var id: NodeID
  /// What it was started as.
  public var role: NodeRole
  /// What people call it.
  public var name: String
  /// Where it can be reached, as host:port.
  public var address: String
  /// Its cluster, or nil while it belongs to none.
  public var cluster: ClusterID?
  /// The release it runs.
  public var version: String
  /// Its data directory, for people.
  public var dataDirectory: String

  /// Makes an introduction.
  public init(
    id: NodeID, role: NodeRole, name: String, address: String, cluster: ClusterID?, version: String,
    dataDirectory: String
  ) {
    self.id = id
    self.role = role
    self.name = name
    self.address = address
    self.cluster = cluster
    self.version = version
    self.dataDirectory = dataDirectory
  }
}
