import NIOCore
import Replication

/// Entries in the form in which an append carries them, encoded once for all followers.
public struct EncodedEntries: Sendable {
  /// The encoded entries.
  public let bytes: ByteBuffer
  /// How many entries there are.
  public let count: Int
  /// The index of the first entry; 0 if there is none.
  public let firstIndex: LogIndex
  /// The place of the last entry; zero if there is none.
  public let last: LogPosition

  /// Encodes entries that follow each other without gaps.
  ///
  /// Throws `PeerProtocolError` if they take more than a ByteBuffer can hold.
  public init(_ entries: ArraySlice<Entry>) throws {
    let size = try entries.wireSize()
    var buffer = ByteBuffer()
    try buffer.checkRoom(for: size)
    try buffer.writeWire(size: size) { try entries.write(to: &$0) }
    bytes = buffer
    count = entries.count
    firstIndex = entries.first?.index ?? 0
    last = entries.last.map { LogPosition(epoch: $0.epoch, index: $0.index) } ?? .zero
  }

  /// Encodes entries that follow each other without gaps.
  ///
  /// Throws `PeerProtocolError` if they take more than a ByteBuffer can hold.
  public init(_ entries: [Entry]) throws { try self.init(entries[...]) }
}
