/// Collects the bytes of one bulk string and the line end after them.
///
/// A large one is taken out of the buffer piece by piece as it comes, so that the buffer stays small and no byte
/// is looked at twice; memory grows with what has come, not with what was announced.
struct BulkReader: Sendable {
  enum Progress {
    case incomplete
    case complete([UInt8])
    /// The bytes after the string are not a line end.
    case unterminated
  }

  /// Up to this length the string is left in the buffer until it is whole, which saves a copy.
  private static let wholeUpTo = 32 << 10
  private static let firstReservation = 256 << 10

  private var length: Int?
  private var pieces: [UInt8] = []

  /// Whether a string was begun and is not complete.
  var isUnderWay: Bool { length != nil }

  /// What it keeps in memory, in bytes.
  var heldBytes: Int { pieces.capacity }

  /// The next bytes are those of a string of this length.
  mutating func begin(length: Int) { self.length = length }

  /// Takes what is there from `offset` on.
  @inline(__always)
  mutating func read(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) -> Progress {
    guard let length else { return .incomplete }
    let available = bytes.count - offset
    let missing = length - pieces.count
    guard available >= missing + 2 else {
      if length > Self.wholeUpTo { takePiece(bytes, at: &offset, count: min(missing, available), of: length) }
      return .incomplete
    }
    let end = offset + missing
    guard bytes[end] == ASCII.carriageReturn, bytes[end + 1] == ASCII.lineFeed else { return .unterminated }
    let tail = UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
    offset = end + 2
    self.length = nil
    guard !pieces.isEmpty else { return .complete([UInt8](tail)) }
    pieces.append(contentsOf: tail)
    defer { pieces = [] }
    return .complete(pieces)
  }

  private mutating func takePiece(
    _ bytes: UnsafeRawBufferPointer, at offset: inout Int, count: Int, of length: Int
  ) {
    if pieces.count + count > pieces.capacity {
      let doubled = max(Self.firstReservation, 2 * pieces.capacity, pieces.count + count)
      pieces.reserveCapacity(min(length, doubled))
    }
    pieces.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
    offset += count
  }
}
