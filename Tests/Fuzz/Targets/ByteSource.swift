/// Reads decisions from a fuzzer's bytes; when they are used up, every answer is zero.
struct ByteSource {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isEmpty: Bool { position >= bytes.count }

  mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func bool() -> Bool { byte() & 1 == 1 }

  /// A number below a bound.
  mutating func below(_ bound: Int) -> Int { Int(byte()) % bound }

  mutating func take(_ count: Int) -> [UInt8] {
    let end = min(bytes.count, position + count)
    defer { position = end }
    return Array(bytes[position..<end])
  }

  mutating func rest() -> [UInt8] { take(bytes.count) }

  /// A number of 64 bits: mostly a small one, else one at an edge, where arithmetic goes wrong.
  mutating func number() -> UInt64 {
    let first = byte()
    switch first {
    case 0..<200: return UInt64(first)
    case 200..<216: return UInt64(byte()) << 8 | UInt64(byte())
    case 216..<232: return take(8).reduce(0) { $0 << 8 | UInt64($1) }
    case 232..<240: return (1 << 62) - UInt64(first & 3)
    case 240..<246: return UInt64(Int64.max) - UInt64(first & 3)
    case 246..<250: return UInt64.max - UInt64(first & 3)
    default: return 1 << UInt64(byte() % 64)
    }
  }
}
