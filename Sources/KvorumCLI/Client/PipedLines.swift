#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Lines of bytes from standard input, without their ends.
struct PipedLines: Sequence, IteratorProtocol {
  private var unread: [UInt8] = []
  private var searched = 0
  private var isAtEnd = false

  mutating func next() -> [UInt8]? {
    while true {
      if let end = unread[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        var line = Array(unread[..<end])
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        unread.removeFirst(end + 1)
        searched = 0
        return line
      }
      searched = unread.count
      if isAtEnd {
        defer { unread = [] }
        searched = 0
        return unread.isEmpty ? nil : unread
      }
      fill()
    }
  }

  private mutating func fill() {
    let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
      var result = read(STDIN_FILENO, buffer.baseAddress, buffer.count)
      while result < 0 && errno == EINTR { result = read(STDIN_FILENO, buffer.baseAddress, buffer.count) }
      count = Swift.max(0, result)
    }
    if chunk.isEmpty { isAtEnd = true } else { unread += chunk }
  }
}
