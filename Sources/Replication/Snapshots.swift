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
  /// The copy.
  public var id: UInt64
  /// The first byte.
  public var offset: UInt64
  /// How many bytes.
  public var count: Int

  /// Describes a part.
  public init(peer: NodeID, id: UInt64, offset: UInt64, count: Int) {
    self.peer = peer
    self.id = id
    self.offset = offset
    self.count = count
  }
}

/// What a core wants done with snapshots. All of it takes long, and is answered with a `SnapshotEvent`.
public enum SnapshotTask: Hashable, Sendable {
  /// Make a copy of our own replica, while writes go on; answered with `made` or `notMade`.
  case make
  /// Read a part of that copy; answered with `read` or `notRead`. The driver lets no more bytes a second pass than it was
  /// told, so that the answer may take its time.
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
  /// The part cannot be read: its copy is gone.
  case notRead(SnapshotRead)
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

/// The parts of copies that the driver was asked to read and has not given back.
///
/// A transfer whose parts are still to be read is slow and not stalled: to ask for them again would only make the
/// driver's queue longer.
struct OutstandingReads: Sendable {
  private var reads: [SnapshotRead] = []
  /// When the driver last gave one back, or was given one while it had none.
  private var lastAnswer: Instant = .distantPast

  /// A driver that gives nothing back for so long has lost what it was asked for. It holds no part back for longer than a
  /// second, but may make or install a copy first.
  static let patience: Nanoseconds = .milliseconds(30_000)

  /// Notes a part that is wanted; false if the driver has been asked for it already.
  mutating func ask(_ read: SnapshotRead, at now: Instant) -> Bool {
    guard !reads.contains(read) else { return false }
    if reads.isEmpty { lastAnswer = now }
    reads.append(read)
    return true
  }

  /// Notes that the driver has given a part back; false if it was not asked for, or is given up.
  mutating func end(_ read: SnapshotRead, at now: Instant) -> Bool {
    guard let position = reads.firstIndex(of: read) else { return false }
    reads.remove(at: position)
    lastAnswer = now
    return true
  }

  /// Gives up what the driver must have lost.
  mutating func forgetLost(at now: Instant) {
    if !reads.isEmpty, now - lastAnswer > Self.patience { reads = [] }
  }

  /// Whether parts of this copy are still to be read for this peer.
  func contain(id: UInt64, for peer: NodeID) -> Bool { reads.contains { $0.id == id && $0.peer == peer } }
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
