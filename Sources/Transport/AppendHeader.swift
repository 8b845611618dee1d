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

  /// Makes a header.
  public init(epoch: Epoch, number: UInt64, previous: LogPosition, commit: LogIndex) {
    self.epoch = epoch
    self.number = number
    self.previous = previous
    self.commit = commit
  }

  /// The header of an append.
  public init(_ append: Message.Append) {
    self.init(
      epoch: append.epoch, number: append.number, previous: append.previous, commit: append.commit)
  }

  var wireSize: Int {
    WireSize.delimited(epoch.wireSize) + WireSize.varint(number) + WireSize.delimited(previous.wireSize)
      + WireSize.varint(commit)
  }

  func write(to writer: inout WireWriter) {
    epoch.write(WireTag.Append.epoch, to: &writer)
    writer.varint(WireTag.Append.number, number)
    previous.write(WireTag.Append.previous, to: &writer)
    writer.varint(WireTag.Append.commit, commit)
  }
}
