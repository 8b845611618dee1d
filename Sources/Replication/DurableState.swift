/// What a node must never forget, beside its log (design 4, first paragraph).
public struct HardState: Hashable, Sendable {
  /// The cluster it belongs to; nil until it belongs to one.
  public var cluster: ClusterID?
  /// The highest epoch promised; nothing lower is accepted.
  public var promised: Epoch
  /// The highest round this node has used itself, if it is a master.
  public var highestRound: UInt64

  /// The state of a node that has promised nothing.
  public init(cluster: ClusterID? = nil, promised: Epoch = .zero, highestRound: UInt64 = 0) {
    self.cluster = cluster
    self.promised = promised
    self.highestRound = highestRound
  }
}

/// One thing to put on disk, in the order given. All of it is durable before `thenSend` leaves.
public struct LogWrite: Sendable {
  /// Counts the writes of a run of the node, from 1; comes back in `Event.persisted`.
  public var ticket: UInt64
  /// The replica has taken a snapshot that stands here. A log that does not hold this entry is dropped as a whole, and
  /// begins after it from now on. Comes first in a write.
  public var installed: LogBase?
  /// Cut the log from this index on, before the entries are appended; what is cut is kept aside in a file.
  public var truncateFrom: LogIndex?
  /// Append these, contiguous with what is there.
  public var entries: [Entry]
  /// Replaces the hard state.
  public var hardState: HardState?
  /// The commit index as known now; may only grow.
  public var commit: LogIndex
  /// Leaves once all of the above is fsynced, and only then.
  public var thenSend: [Outbound]

  /// Makes a write from its parts.
  public init(
    ticket: UInt64, installed: LogBase? = nil, truncateFrom: LogIndex? = nil, entries: [Entry] = [],
    hardState: HardState? = nil, commit: LogIndex = 0, thenSend: [Outbound] = []
  ) {
    self.ticket = ticket
    self.installed = installed
    self.truncateFrom = truncateFrom
    self.entries = entries
    self.hardState = hardState
    self.commit = commit
    self.thenSend = thenSend
  }
}

/// A message with its receiver.
public struct Outbound: Hashable, Sendable {
  /// The receiver.
  public var to: NodeID
  /// What is said.
  public var message: Message

  /// Addresses a message.
  public init(to: NodeID, message: Message) {
    self.to = to
    self.message = message
  }
}

/// A run of entries of one epoch.
public struct Reign: Hashable, Sendable {
  /// The first index of the run.
  public var first: LogIndex
  /// The epoch of every entry in it.
  public var epoch: Epoch

  /// Makes a run.
  public init(first: LogIndex, epoch: Epoch) {
    self.first = first
    self.epoch = epoch
  }
}

/// A configuration with the index of the entry that holds it.
public struct IndexedConfiguration: Hashable, Sendable {
  /// Where in the log it stands.
  public var index: LogIndex
  /// Who belongs to the cluster from there on.
  public var configuration: ClusterConfiguration

  /// Makes a pair.
  public init(index: LogIndex, configuration: ClusterConfiguration) {
    self.index = index
    self.configuration = configuration
  }
}

/// What a node finds on its disk when it starts.
public struct RecoveredState: Sendable {
  /// What it must never forget.
  public var hardState: HardState
  /// The entry after which the log begins; what came before it was trimmed.
  public var base: LogPosition
  /// The last index of the log; the base's if it is empty.
  public var lastIndex: LogIndex
  /// The log's runs of one epoch, in order, covering it without gaps from the base on.
  public var reigns: [Reign]
  /// The configuration at the base, if there is one, and every one in the log, in order.
  public var configurations: [IndexedConfiguration]
  /// The highest commit index that was stored.
  public var commit: LogIndex
  /// The applied index of the replica.
  public var applied: LogIndex
  /// The entries after `applied`, in order, to the end of the log.
  public var unapplied: [Entry]

  /// Makes a recovered state from its parts.
  public init(
    hardState: HardState = HardState(), base: LogPosition = .zero, lastIndex: LogIndex = 0,
    reigns: [Reign] = [], configurations: [IndexedConfiguration] = [], commit: LogIndex = 0,
    applied: LogIndex = 0, unapplied: [Entry] = []
  ) {
    self.hardState = hardState
    self.base = base
    self.lastIndex = lastIndex
    self.reigns = reigns
    self.configurations = configurations
    self.commit = commit
    self.applied = applied
    self.unapplied = unapplied
  }
}
