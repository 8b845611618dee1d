import NIOCore

extension ByteBuffer {
  /// Writes a request as an array of bulk strings.
  public mutating func writeRESPRequest(_ arguments: [[UInt8]]) {
    writeRESPArrayHeader(arguments.count)
    for argument in arguments { writeRESPBulk(argument) }
  }

  /// Writes a request whose arguments are text.
  public mutating func writeRESPRequest(_ arguments: [String]) {
    writeRESPArrayHeader(arguments.count)
    for argument in arguments { writeRESPBulk(argument) }
  }

  /// Writes a type byte, a number and a line end.
  @inline(__always)
  mutating func writeRESPLine(_ type: UInt8, _ number: Int64) {
    writeWithUnsafeMutableBytes(minimumWritableBytes: RESPLine.maxNumberLine) { space in
      RESPLine.write(type, number, to: space)
    }
  }
}

enum RESPLine {
  /// The bytes of the longest line that holds a type byte and a 64-bit number.
  static let maxNumberLine = 1 + 20 + 2

  /// Writes a type byte, a number and a line end to the start of `space`, and says how many bytes that were.
  @inline(__always)
  static func write(_ type: UInt8, _ number: Int64, to space: UnsafeMutableRawBufferPointer) -> Int {
    var magnitude = number.magnitude
    var digits = 1
    var rest = magnitude / 10
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    space[0] = type
    var end = 1
    if number < 0 {
      space[1] = ASCII.minus
      end = 2
    }
    end += digits
    var position = end
    for _ in 0..<digits {
      position -= 1
      let (quotient, digit) = magnitude.quotientAndRemainder(dividingBy: 10)
      space[position] = ASCII.zero + UInt8(truncatingIfNeeded: digit)
      magnitude = quotient
    }
    space[end] = ASCII.carriageReturn
    space[end + 1] = ASCII.lineFeed
    return end + 2
  }
}
