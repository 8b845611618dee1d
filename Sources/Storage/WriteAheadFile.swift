/// Looks into a -wal file before SQLite does, for damage that SQLite takes for the end of the file.
///
/// Each frame carries a checksum over all before it, and a frame that does not fit ends the file for SQLite: what
/// follows is dropped without a word. That is right for what a crash has cut, which is at most the last transaction,
/// since each is fsynced before the next one begins. Anywhere else it is damage, and to drop what follows would make
/// the node forget promises and entries that it has acknowledged. The format is that of sqlite.org/fileformat2.html,
/// section 4.
struct WriteAheadFile {
  private static let headerSize = 32
  private static let frameHeaderSize = 24

  private let bytes: [UInt8]
  private let pageSize: Int
  private let isBigEndian: Bool
  /// Which generation of frames the header begins; nil if the header itself does not fit.
  private var generation: UInt64?

  /// Throws if a transaction in the -wal file of the database at `path` is damaged although it was durable.
  static func check(of path: String, on files: any FileSystem) throws {
    let path = path + "-wal"
    guard let bytes = files.contents(of: path), let file = WriteAheadFile(bytes),
      let frame = file.damagedFrame()
    else { return }
    throw StorageError(
      .damaged, path,
      """
      \(path) is damaged \(frame == 0 ? "in its header" : "in frame \(frame)"), and later transactions follow: what \
      it held is lost. Move the directory away and start the node empty, so that the others fill it again.
      """)
  }

  private init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    guard bytes.count > Self.headerSize else { return nil }
    let magic = Self.number(in: bytes, at: 0)
    let size = Int(Self.number(in: bytes, at: 8))
    let isOne = magic & ~1 == 0x377F_0682 && (512...65_536).contains(size) && size & (size - 1) == 0
    // A damaged header says nothing; ours have pages of 4096 bytes.
    isBigEndian = isOne && magic & 1 == 1
    pageSize = isOne ? size : 4_096
    if isOne, checksum(bytes[0..<24], after: (0, 0)) == stored(24) { generation = salt(16) }
  }

  private var frameCount: Int { (bytes.count - Self.headerSize) / (Self.frameHeaderSize + pageSize) }

  /// The first frame, counted from 1, that does not fit although a later transaction was begun; 0 for the header, nil
  /// if all is well.
  private func damagedFrame() -> Int? {
    var frame = 0
    if let generation {
      var sum = stored(24)
      while frame < frameCount, salt(offset(frame) + 8) == generation {
        sum = checksum(of: frame, after: sum)
        guard sum == stored(offset(frame) + 16) else { break }
        frame += 1
      }
    }
    let bad = generation == nil ? 0 : frame + 1
    while frame + 1 < frameCount {
      if isFollowed(frame) { return bad }
      frame += 1
    }
    return nil
  }

  /// Whether a frame ends a transaction and the next one belongs to another, which was begun after the fsync of the
  /// first. What an older, longer attempt has left behind does not continue the chain of checksums.
  private func isFollowed(_ frame: Int) -> Bool {
    let (this, next) = (offset(frame), offset(frame + 1))
    guard Self.number(in: bytes, at: this + 4) != 0, salt(next + 8) == salt(this + 8),
      generation == nil || generation == salt(this + 8),
      checksum(of: frame + 1, after: stored(this + 16)) == stored(next + 16)
    else { return false }
    // On some file systems the last frame is repeated to fill a sector.
    return Self.number(in: bytes, at: next + 4) == 0
      || Self.number(in: bytes, at: next) != Self.number(in: bytes, at: this)
  }

  private func offset(_ frame: Int) -> Int { Self.headerSize + frame * (Self.frameHeaderSize + pageSize) }

  private func salt(_ offset: Int) -> UInt64 {
    UInt64(Self.number(in: bytes, at: offset)) << 32 | UInt64(Self.number(in: bytes, at: offset + 4))
  }

  private func stored(_ offset: Int) -> (UInt32, UInt32) {
    (Self.number(in: bytes, at: offset), Self.number(in: bytes, at: offset + 4))
  }

  private func checksum(of frame: Int, after sum: (UInt32, UInt32)) -> (UInt32, UInt32) {
    let start = offset(frame)
    let head = checksum(bytes[start..<start + 8], after: sum)
    let page = start + Self.frameHeaderSize
    return checksum(bytes[page..<page + pageSize], after: head)
  }

  private func checksum(_ part: ArraySlice<UInt8>, after sum: (UInt32, UInt32)) -> (UInt32, UInt32) {
    part.withUnsafeBytes { memory in
      var (first, second) = sum
      for place in stride(from: 0, to: memory.count - 7, by: 8) {
        let a = memory.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        let b = memory.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self)
        first &+= (isBigEndian ? UInt32(bigEndian: a) : UInt32(littleEndian: a)) &+ second
        second &+= (isBigEndian ? UInt32(bigEndian: b) : UInt32(littleEndian: b)) &+ first
      }
      return (first, second)
    }
  }

  private static func number(in bytes: [UInt8], at offset: Int) -> UInt32 {
    bytes.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
  }
}
