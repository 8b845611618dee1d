/// The number and line end that follow a type byte, as in `$3\r\n`.
enum LengthLine {
  /// The line end has not come yet.
  case incomplete
  /// It can no longer become a number.
  case malformed
  /// The number, and the offset of the first byte after the line.
  case complete(Int, end: Int)

  /// Reads the number that starts at `start`.
  ///
  /// As strict as Redis: no plus sign, no leading zero, no blank. What is too long for 64 bits is malformed as
  /// soon as that shows, so an unfinished line is never longer than twenty bytes and may be read again.
  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
    var offset = start
    let isNegative = offset < bytes.count && bytes[offset] == ASCII.minus
    if isNegative { offset += 1 }
    let firstDigit = offset
    var value = 0
    while offset < bytes.count {
      let digit = bytes[offset] &- ASCII.zero
      guard digit <= 9 else { break }
      let leadsWithZero = offset > firstDigit && value == 0
      if leadsWithZero || offset - firstDigit == 18 {
        self = .malformed
        return
      }
      value = value &* 10 &+ Int(digit)
      offset += 1
    }
    guard offset < bytes.count else {
      self = .incomplete
      return
    }
    let isNumber = offset > firstDigit && !(isNegative && value == 0)
    guard isNumber, bytes[offset] == ASCII.carriageReturn else {
      self = .malformed
      return
    }
    guard offset + 1 < bytes.count else {
      self = .incomplete
      return
    }
    guard bytes[offset + 1] == ASCII.lineFeed else {
      self = .malformed
      return
    }
    self = .complete(isNegative ? -value : value, end: offset + 2)
  }
}
