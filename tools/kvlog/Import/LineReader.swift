import Foundation

/// Reads a file, or the standard input, line by line in bounded memory.
final class LineReader {
  /// A line without its end.
  struct Line {
    var bytes: ArraySlice<UInt8>
    /// Whether it is longer than the limit; the rest of it is passed over.
    var isCut: Bool
    /// Whether the file ends in it.
    var isUnfinished: Bool
  }

  private static let chunk = 1 << 18
  private let handle: FileHandle
  private let limit: Int
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false

  /// - Parameter limit: The longest line that is kept whole.
  init(_ handle: FileHandle, limit: Int) {
    self.handle = handle
    self.limit = limit
  }

  /// The next line; nil at the end.
  func next() throws -> Line? {
    var searched = start
    var isCut = false
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        defer { start = end + 1 }
        return Line(bytes: buffer[start..<end], isCut: isCut, isUnfinished: false)
      }
      searched = buffer.count
      if searched - start > limit {
        isCut = true
        buffer.removeLast(searched - start - limit)
        searched = buffer.count
      }
      guard !isAtEnd else {
        guard start < buffer.count else { return nil }
        defer { start = buffer.count }
        return Line(bytes: buffer[start...], isCut: isCut, isUnfinished: true)
      }
      if start > 0 {
        buffer.removeFirst(start)
        searched -= start
        start = 0
      }
      let more = try handle.read(upToCount: Self.chunk) ?? Data()
      if more.isEmpty { isAtEnd = true } else { buffer += more }
    }
  }
}
