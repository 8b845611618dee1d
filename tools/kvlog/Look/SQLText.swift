/// SQL statements as bytes. Interpolated bytes become literals; interpolated texts and numbers stand as they are.
struct SQLText: ExpressibleByStringInterpolation {
  /// UTF-8.
  let bytes: [UInt8]

  init(stringLiteral text: String) { bytes = Array(text.utf8) }
  init(stringInterpolation: Interpolation) { bytes = stringInterpolation.bytes }

  struct Interpolation: StringInterpolationProtocol {
    var bytes: [UInt8] = []

    init(literalCapacity: Int, interpolationCount: Int) { bytes.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ text: String) { bytes += text.utf8 }
    mutating func appendInterpolation(_ text: String) { bytes += text.utf8 }
    mutating func appendInterpolation(_ number: some BinaryInteger) { bytes += "\(number)".utf8 }

    /// As the replica has it: text if it can be, else a blob.
    mutating func appendInterpolation(_ literal: [UInt8]) {
      guard String(validating: literal, as: UTF8.self) != nil, !literal.contains(0) else {
        bytes += "X'".utf8
        for byte in literal { bytes += ((byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8 }
        bytes += "'".utf8
        return
      }
      bytes += "'".utf8
      for byte in literal {
        if byte == UInt8(ascii: "'") { bytes.append(byte) }
        bytes.append(byte)
      }
      bytes += "'".utf8
    }
  }
}
