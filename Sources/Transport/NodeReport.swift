import Replication

/// How a node is, for `kvorum status`; used for no decision of the protocol.
public struct NodeReport: Hashable, Sendable {
  /// The last entry of its log.
  public var last: LogPosition
  /// Its commit index.
  public var commit: LogIndex
  /// Its applied index.
  public var applied: LogIndex
  /// Size of log.db in bytes.
  public var logBytes: UInt64
  /// Size of replica.db in bytes.
  public var replicaBytes: UInt64
  /// Size of the -wal files of both in bytes.
  public var walBytes: UInt64
  /// What it does, in a few words for people.
  public var state: String
  /// The entry after which its log begins.
  public var base: LogIndex
  /// Bytes of a snapshot that it has received; 0 if none comes in.
  public var filledBytes: UInt64
  /// The length of that snapshot in bytes.
  public var fillSize: UInt64
  /// Trimmed entries up to here stand in its archive; 0 without one.
  public var archived: LogIndex
  /// What keeps it from trimming its log, as a sentence for people; empty if nothing does.
  public var trouble: String
  /// What its replica held at some of the last entries that were applied.
  public var content: [ContentPoint]
  /// From the active master: nodes whose replicas differ from those of the others.
  public var diverged: [NodeID]

  /// Makes a report.
  public init(
    last: LogPosition, commit: LogIndex, applied: LogIndex, logBytes: UInt64, replicaBytes: UInt64,
    walBytes: UInt64, state: String, base: LogIndex = 0, filledBytes: UInt64 = 0, fillSize: UInt64 = 0,
    archived: LogIndex = 0, trouble: String = "", content: [ContentPoint] = [], diverged: [NodeID] = []
  ) {
    self.last = last
    self.commit = commit
    self.applied = applied
    self.logBytes = logBytes
    self.replicaBytes = replicaBytes
    self.walBytes = walBytes
    self.state = state
    self.base = base
    self.filledBytes = filledBytes
    self.fillSize = fillSize
    self.archived = archived
    self.trouble = trouble
    self.content = content
    self.diverged = diverged
  }
}

/// What a replica holds at an entry.
public struct ContentPoint: Hashable, Sendable {
  /// The entry.
  public var index: LogIndex
  /// The sum, modulo 2^64, of the checksums of all rows: equal on all nodes at equal index.
  public var checksum: UInt64

  /// Names what is held.
  public init(index: LogIndex, checksum: UInt64) {
    self.index = index
    self.checksum = checksum
  }
}
