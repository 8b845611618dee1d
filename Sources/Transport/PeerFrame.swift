import Replication

/// What one frame of a peer link carries. Its form on the wire is a `PeerMessage` of `schema/peer.proto`.
public enum PeerFrame: Hashable, Sendable {
  /// A message of the replication core.
  case core(Message)
  /// A master asks for one key, for a majority read.
  case readRequest(ReadRequest)
  /// The answer to a read request.
  case readReply(ReadReply)
  /// A node tells how it is, for `kvorum status`.
  case report(NodeReport)

  /// The longest frame, in bytes without its length prefix, that encoder and decoder allow by default: 300 MiB.
  public static let defaultMaximumLength = 300 << 20

  /// The highest index and round that is accepted from a peer: 2^62. It leaves room to count on without an
  /// overflow, and to store both in SQLite's signed 64 bits.
  public static let highestIndex: LogIndex = 1 << 62
}
