/// How a byte string stands in a column without a type. Each byte string has exactly one form, so that equal
/// strings are equal in SQL, and a text is a text for people and for SQLite's JSON functions.
public enum ByteStringForm: Hashable, Sendable {
  /// Valid UTF-8 without NUL (with one, SQLite's text functions would stop there).
  case text
  /// Anything else.
  case blob

  /// The form of the bytes.
  public init(of bytes: UnsafeRawBufferPointer) { self = isText(bytes) ? .text : .blob }
}

/// Whether the bytes are valid UTF-8 (Unicode 15, table 3-7) without NUL.
private func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let count = bytes.count
  var offset = 0
  while offset < count {
    // Eight bytes at once, as long as all are ASCII: no high bit, and no byte that borrows when 1 is taken off.
    while offset + 8 <= count {
      let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      guard (word | (word &- 0x0101_0101_0101_0101)) & 0x8080_8080_8080_8080 == 0 else { break }
      offset += 8
    }
    guard offset < count else { return true }
    let length = characterLength(bytes, at: offset)
    guard length > 0 else { return false }
    offset += length
  }
  return true
}

/// The length of the character at `offset`, or 0 if there is none or it is NUL.
private func characterLength(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
  func isContinuation(_ distance: Int) -> Bool {
    offset + distance < bytes.count && bytes[offset + distance] & 0xC0 == 0x80
  }
  let lead = bytes[offset]
  switch lead {
  case 0x01...0x7F: return 1
  case 0xC2...0xDF: return isContinuation(1) ? 2 : 0
  case 0xE0...0xEF:
    guard isContinuation(1), isContinuation(2) else { return 0 }
    let second = bytes[offset + 1]
    // No overlong form, and no half of a surrogate pair.
    return lead == 0xE0 && second < 0xA0 || lead == 0xED && second > 0x9F ? 0 : 3
  case 0xF0...0xF4:
    guard isContinuation(1), isContinuation(2), isContinuation(3) else { return 0 }
    let second = bytes[offset + 1]
    // No overlong form, and nothing above U+10FFFF.
    return lead == 0xF0 && second < 0x90 || lead == 0xF4 && second > 0x8F ? 0 : 4
  default: return 0
  }
}
