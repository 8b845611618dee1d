extension [UInt8] {
  /// Whether the bytes are this word, given in lower case, in letters of either case.
  @inline(__always)
  func isWord(_ word: StaticString) -> Bool {
    guard count == word.utf8CodeUnitCount else { return false }
    let expected = UnsafeBufferPointer(start: word.utf8Start, count: count)
    for index in indices where self[index].lowercased != expected[index] { return false }
    return true
  }

  /// The number that these bytes write, as strictly as Redis reads one: no blank, no plus sign, no leading zero.
  func integer() throws(CommandError) -> Int64 {
    guard let value = parsedInteger else { throw .notAnInteger }
    return value
  }

  /// The same as `integer()`, with nil for what is not a number.
  var parsedInteger: Int64? {
    let isNegative = first == UInt8(ascii: "-")
    let digits = isNegative ? self[1...] : self[...]
    guard let leading = digits.first, digits.count <= 19 else { return nil }
    if leading == UInt8(ascii: "0") { return !isNegative && digits.count == 1 ? 0 : nil }
    var magnitude: UInt64 = 0
    for byte in digits {
      let digit = byte &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      magnitude = magnitude &* 10 &+ UInt64(digit)
    }
    if isNegative {
      return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }
    return Int64(exactly: magnitude)
  }

  /// The bytes that write this number.
  init(decimal value: Int64) { self = Array(String(value).utf8) }

  /// The bytes as text, with what is not UTF-8 replaced.
  var lossyText: String { String(decoding: self, as: UTF8.self) }
}

extension UInt8 {
  /// The small letter for a capital one of ASCII; any other byte as it is.
  @inline(__always)
  var lowercased: UInt8 { self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self }
}
