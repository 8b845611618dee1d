import Foundation

/// Bytes as people read them: as they are if they are plain text without blanks, else between quotes, with escapes as in
/// C and in redis-cli: \", \\, \n, \r, \t and \x00.
func readable(_ bytes: some Collection<UInt8>, limit: Int = .max) -> String {
  let text = String(validating: bytes.prefix(limit), as: UTF8.self)
  let dots = bytes.count > limit ? "..." : ""
  let isPlain = !bytes.isEmpty && bytes.first != UInt8(ascii: "\"")
  if let text, isPlain, !text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F }) {
    return text + dots
  }
  return quoted(bytes.prefix(limit), text) + dots
}

/// A value, which may hold blanks, but neither begin nor end with one.
func readableValue(_ bytes: [UInt8], limit: Int = .max) -> String {
  let text = String(validating: bytes.prefix(limit), as: UTF8.self)
  let dots = bytes.count > limit ? "..." : ""
  let isPlain =
    !bytes.isEmpty && bytes.first != UInt8(ascii: "\"") && bytes.first != 0x20 && bytes.last != 0x20
  if let text, isPlain, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
    return text + dots
  }
  return quoted(bytes.prefix(limit), text) + dots
}

private func quoted(_ bytes: some Collection<UInt8>, _ text: String?) -> String {
  var line = "\""
  func add(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): line += "\\\""
    case UInt8(ascii: "\\"): line += "\\\\"
    case 0x0A: line += "\\n"
    case 0x0D: line += "\\r"
    case 0x09: line += "\\t"
    case 0x20..<0x7F: line.unicodeScalars.append(Unicode.Scalar(byte))
    default: line += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
  if let text {
    for scalar in text.unicodeScalars {
      if scalar.isASCII { add(UInt8(scalar.value)) } else { line.unicodeScalars.append(scalar) }
    }
  } else {
    for byte in bytes { add(byte) }
  }
  return line + "\""
}
