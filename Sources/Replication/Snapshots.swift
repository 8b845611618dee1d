/// A copy of a replica, as one node sends it to another (design 4.9).
public struct SnapshotDescription: Hashable, Sendable {
  /// A checksum of the whole file: it names the copy, and tells at the end whether all of it has come. XXH64 of each
  /// mebibyte, with the value before it as the seed and 0 for the first.
  public var id: UInt64
  /// The length of the file in bytes.
  public var size: UInt64
  /// Where in the log the copy stands. What it holds is committed.
  public var base: LogBase

  /// Describes a copy.
  public init(id: UInt64, size: UInt64, base: LogBase) {
    self.id = id
    self.size = size
    self.base = base
  }
}

/// A part of a copy that a core wants to send.
public struct SnapshotRead: Hashable, Sendable {
  /// For whom.
  public var peer: NodeID
  /// The epoch in which it is sent.
  public var epoch: Epoch
  /// The copy.
  public var id: UInt64
  /// The first byte.
  public var offset: UInt64
  /// How many bytes.
  public var count: Int

  /// Describes a part.
  public init(peer: NodeID, epoch: Epoch, id: UInt64, offset: UInt64, count: Int) {
    self.peer = peer
    self.epoch = epoch
    self.id = id
    self.offset = offset
    self.count = count
  }
}

/// What a core wants done with snapshots. All of it takes long, and is answered with a `SnapshotEvent`.
public enum SnapshotTask: Hashable, Sendable {
  /// Make a copy of our own replica, while writes go on; answered with `made` or `notMade`.
  case make
  /// Read a part of that copy; answered with `read`. The driver lets no more bytes a second pass than it was told.
  case read(SnapshotRead)
  /// Nobody needs our copy any more.
  case release
  /// Another node's copy is about to come: look how much of it is here already; answered with `stored`.
  case open(SnapshotDescription)
  /// Keep the bytes, which follow what is here; answered with `stored`, or with `refused` if it cannot be done.
  case store(id: UInt64, offset: UInt64, bytes: [UInt8])
  /// All of it is here: check it, note in log.db that it is being installed, and let the replica take it, unless the
  /// replica holds more already; answered with `taken`, or with `refused` if it is not what it should be.
  case install(SnapshotDescription)
  /// What has come of a copy is not needed any more.
  case abandon(id: UInt64)
}

/// How a `SnapshotTask` ended.
public enum SnapshotEvent: Hashable, Sendable {
  /// Our copy is made, and stays until it is released.
  case made(SnapshotDescription)
  /// No copy could be made.
  case notMade
  /// A part of our copy, with its XXH64 whose seed is the offset.
  case read(SnapshotRead, bytes: [UInt8], checksum: UInt64)
  /// So many bytes of a copy are here, from its start.
  case stored(id: UInt64, next: UInt64)
  /// The replica holds, on disk, what the copy held, or more.
  case taken(SnapshotDescription)
  /// What came is not what it should be, or cannot be kept; nothing of it is here any more.
  case refused(id: UInt64, reason: String)
}

extension SnapshotRead {
  /// What the checksum of a part is.
  public static func checksum(of bytes: [UInt8], at offset: UInt64) -> UInt64 { xxh64(bytes, seed: offset) }
}

/// A copy on its way to another node.
struct SnapshotTransfer: Sendable {
  /// The epoch in which it is sent: the leader's own, or that of the candidate to which it is lent.
  var epoch: Epoch
  /// Nil until the copy is made.
  var snapshot: SnapshotDescription?
  /// The receiver has so many bytes, from the start.
  var acknowledged: UInt64 = 0
  /// The next byte to read.
  var next: UInt64 = 0
  /// The receiver was asked how much it has, and has not answered.
  var isOffered = false
  /// When the receiver was last known to get on.
  var lastProgress: Instant

  /// How many chunks may be under way.
  static let window: UInt64 = 2
}

/// A copy of another node's replica that is coming in, or being installed.
struct IncomingSnapshot: Sendable {
  let snapshot: SnapshotDescription
  /// Who sends it, and in which epoch.
  var sender: NodeID
  var epoch: Epoch
  /// How many bytes are here for certain; nil until the driver has looked.
  var stored: UInt64?
  /// How many bytes were given to the driver.
  var given: UInt64 = 0
  var isInstalling = false
}
