/// A pattern as KEYS, CONFIG GET and PSUBSCRIBE take it.
///
/// `*` stands for any bytes, `?` for one byte, `[a-c]` for one of a class, `[^a]` for one outside it, and a
/// backslash takes the meaning from the byte after it.
public struct GlobPattern: Sendable {
  private let pattern: [UInt8]
  private let ignoresCase: Bool

  /// A pattern; letters of ASCII may be matched in either case.
  public init(_ pattern: [UInt8], ignoresCase: Bool = false) {
    self.pattern = pattern
    self.ignoresCase = ignoresCase
  }

  /// Whether the whole text is described by the pattern.
  ///
  /// Going back only to the last star is enough, because what an earlier star could take instead a later one can
  /// take too; so the time is at most the product of the lengths, however many stars a client sends.
  public func matches(_ text: [UInt8]) -> Bool {
    var (position, offset) = (0, 0)
    var retry: (position: Int, offset: Int)?
    while offset < text.count {
      if position < pattern.count, pattern[position] == UInt8(ascii: "*") {
        position += 1
        retry = (position, offset)
      } else if let next = matchOne(text[offset], at: position) {
        position = next
        offset += 1
      } else if let last = retry {
        retry = (last.position, last.offset + 1)
        (position, offset) = (last.position, last.offset + 1)
      } else {
        return false
      }
    }
    return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// The position after the part of the pattern that describes this byte, or nil if it does not.
  private func matchOne(_ byte: UInt8, at position: Int) -> Int? {
    guard position < pattern.count else { return nil }
    switch pattern[position] {
    case UInt8(ascii: "?"):
      return position + 1
    case UInt8(ascii: "["):
      return matchClass(byte, at: position + 1)
    case UInt8(ascii: "\\") where position + 1 < pattern.count:
      return isSame(byte, pattern[position + 1]) ? position + 2 : nil
    case let literal:
      return isSame(byte, literal) ? position + 1 : nil
    }
  }

  /// Matches what follows a `[`; like Redis, a class that is not closed ends with the pattern.
  private func matchClass(_ byte: UInt8, at start: Int) -> Int? {
    var position = start
    let isInverted = position < pattern.count && pattern[position] == UInt8(ascii: "^")
    if isInverted { position += 1 }
    var isMember = false
    while position < pattern.count, pattern[position] != UInt8(ascii: "]") {
      if pattern[position] == UInt8(ascii: "\\"), position + 1 < pattern.count {
        isMember = isMember || isSame(byte, pattern[position + 1])
        position += 2
      } else if position + 2 < pattern.count, pattern[position + 1] == UInt8(ascii: "-") {
        isMember = isMember || isBetween(byte, pattern[position], pattern[position + 2])
        position += 3
      } else {
        isMember = isMember || isSame(byte, pattern[position])
        position += 1
      }
    }
    return isMember != isInverted ? min(position + 1, pattern.count) : nil
  }

  private func isSame(_ a: UInt8, _ b: UInt8) -> Bool { folded(a) == folded(b) }

  private func isBetween(_ byte: UInt8, _ start: UInt8, _ end: UInt8) -> Bool {
    let (low, high) = (folded(min(start, end)), folded(max(start, end)))
    return low <= folded(byte) && folded(byte) <= high
  }

  private func folded(_ byte: UInt8) -> UInt8 { ignoresCase ? byte.lowercased : byte }
}
