import Foundation
import NIOCore

extension ByteBuffer {
  /// Writes a member of a JSON object; bytes that are no text stand under the name with `_base64` behind it.
  mutating func writeJSONField(_ name: String, _ bytes: [UInt8]) {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      writeString("\"\(name)_base64\":\"\(Data(bytes).base64EncodedString())\"")
      return
    }
    writeString("\"\(name)\":\"")
    var start = 0
    for (position, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
      writeBytes(bytes[start..<position])
      start = position + 1
      switch byte {
      case 0x22, 0x5C: writeBytes([0x5C, byte])
      case 0x0A: writeString("\\n")
      case 0x09: writeString("\\t")
      case 0x0D: writeString("\\r")
      default: writeString("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
      }
    }
    writeBytes(bytes[start...])
    writeString("\"")
  }
}
