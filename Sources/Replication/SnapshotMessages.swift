extension Message {
  /// A part of a copy of the sender's replica, for a node that lacks entries which the sender has trimmed (design 4.9).
  ///
  /// The leader sends it under the rules of an append. A slave that lends its log to a candidate sends it in the
  /// candidate's epoch. One without bytes asks how much of the copy is there.
  public struct InstallSnapshot: Hashable, Sendable {
    /// The epoch of the leader or of the candidate.
    public var epoch: Epoch
    /// The copy.
    public var snapshot: SnapshotDescription
    /// Where in the copy the bytes begin.
    public var offset: UInt64
    /// The bytes; none in a question.
    public var bytes: [UInt8]
    /// XXH64 of the bytes, with the offset as the seed.
    public var checksum: UInt64
    /// Makes a part.
    public init(
      epoch: Epoch, snapshot: SnapshotDescription, offset: UInt64, bytes: [UInt8], checksum: UInt64
    ) {
      self.epoch = epoch
      self.snapshot = snapshot
      self.offset = offset
      self.bytes = bytes
      self.checksum = checksum
    }
  }

  /// The answer to a part of a snapshot. It counts for no quorum and no lease; a heartbeat's answer does.
  public struct SnapshotReply: Hashable, Sendable {
    /// The part's epoch.
    public var epoch: Epoch
    /// The copy.
    public var id: UInt64
    /// So many bytes of it are here, from the start.
    public var next: UInt64
    /// Whether this node holds, on disk, all that the copy holds.
    public var isInstalled: Bool
    /// The highest epoch promised; above `epoch` it is a refusal.
    public var promised: Epoch
    /// Makes an answer.
    public init(epoch: Epoch, id: UInt64, next: UInt64, isInstalled: Bool, promised: Epoch) {
      self.epoch = epoch
      self.id = id
      self.next = next
      self.isInstalled = isInstalled
      self.promised = promised
    }
  }
}
