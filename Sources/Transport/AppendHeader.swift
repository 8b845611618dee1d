import Replication

/// All of an append but its entries: what differs from one follower to the next.
public struct AppendHeader: Hashable, Sendable {
  /// The leader's epoch.
  public var epoch: Epoch
  /// Counts the leader's appends in this epoch.
  public var number: UInt64
  /// The entry before the first one sent.
  public var previous: LogPosition
  /// The leader's commit index.
  public var commit: LogIndex
  /// Some node may still have to be sent the entries after this one.
  public var needed: LogIndex

  /// Makes a header.
  public init(
    epoch: Epoch, number: UInt64, previous: LogPosition, commit: LogIndex, needed: LogIndex = 0
  ) {
    self.epoch = epoch
    self.number = number
    self.previous = previous
    self.commit = commit
    self.needed = needed
  }

  /// The header of an append.
  public init(_ append: Message.Append) {
    self.init(
      epoch: append.epoch, number: append.number, previous: append.previous, commit: append.commit,
      needed: append.needed)
  }

  var wireSize: Int {
    WireSize.delimited(epoch.wireSize) + WireSize.varint(number) + WireSize.delimited(previous.wireSize)
      + WireSize.varint(commit) + WireSize.varint(needed)
  }

  func write(to writer: inout WireWriter) {
    epoch.write(WireTag.Append.epoch, to: &writer)
    writer.varint(WireTag.Append.number, number)
    previous.write(WireTag.Append.previous, to: &writer)
    writer.varint(WireTag.Append.commit, commit)
    writer.varint(WireTag.Append.needed, needed)
  }
}
