import Glibc

#if arch(x86_64) || arch(i386)
  /// Redis counts in the longest type that the machine has, and clients see its digits.
  typealias LongDouble = Float80
#else
  typealias LongDouble = Double
#endif

extension [UInt8] {
  /// The number that these bytes write, as Redis reads one for INCRBYFLOAT.
  func longDouble() throws(CommandError) -> LongDouble {
    guard let first, !isspace(first), !contains(0) else { throw .notAFloat }
    var text = self.map { CChar(bitPattern: $0) }
    text.append(0)
    let (value, used) = text.withUnsafeBufferPointer { text in
      var end: UnsafeMutablePointer<CChar>?
      #if arch(x86_64) || arch(i386)
        let value = strtold(text.baseAddress!, &end)
      #else
        let value = strtod(text.baseAddress!, &end)
      #endif
      return (value, end.map { UnsafePointer($0) - text.baseAddress! } ?? 0)
    }
    guard used == count, !value.isNaN else { throw .notAFloat }
    return value
  }

  /// The sum in decimal; throws when it is beyond what a number can tell.
  init(sum a: LongDouble, _ b: LongDouble) throws(CommandError) {
    let sum = a + b
    guard sum.isFinite else { throw CommandError("ERR increment would produce NaN or Infinity") }
    self.init(longDouble: sum)
  }

  /// The number in decimal without an exponent and without zeros at its end, as Redis writes it.
  init(longDouble value: LongDouble) {
    #if arch(x86_64) || arch(i386)
      // The longest number has 4,933 digits before the point.
      let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 5_120) { buffer in
        let count = withVaList([value]) { vsnprintf(buffer.baseAddress!, buffer.count, "%.17Lf", $0) }
        return buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }
      }
    #else
      let text = Array("\(value)".utf8)
    #endif
    var digits = text[...]
    if digits.contains(UInt8(ascii: ".")) {
      while digits.last == UInt8(ascii: "0") { digits.removeLast() }
      if digits.last == UInt8(ascii: ".") { digits.removeLast() }
    }
    self = digits.elementsEqual("-0".utf8) ? [UInt8(ascii: "0")] : Array(digits)
  }

  private func isspace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
