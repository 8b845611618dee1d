import Crypto

/// The SHA-256 of a password, which is all of it that is ever kept.
public struct PasswordHash: Sendable {
  private let bytes: [UInt8]

  /// The hash of this password.
  public init(of password: [UInt8]) { bytes = Array(SHA256.hash(data: password)) }

  /// Reads 64 hexadecimal digits in lower case; nil for anything else.
  public init?(hexadecimal text: [UInt8]) {
    guard text.count == 64 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in text {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    self.bytes = bytes
  }

  /// As it stands in files.
  public var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Whether both are the same, in a time that does not depend on where they differ.
  public func isSame(as other: PasswordHash) -> Bool {
    guard bytes.count == other.bytes.count else { return false }
    var difference: UInt8 = 0
    for index in bytes.indices { difference |= bytes[index] ^ other.bytes[index] }
    return difference == 0
  }
}
