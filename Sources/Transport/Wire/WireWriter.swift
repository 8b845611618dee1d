import NIOCore

/// Writes protobuf wire format into memory whose size was computed before.
///
/// Each write is checked against that size also in release builds: a wrong size must not corrupt memory.
struct WireWriter {
  private let memory: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

  @inline(__always)
  private mutating func byte(_ value: UInt8) {
    precondition(count < memory.count)
    memory[count] = value
    count += 1
  }

  @inline(__always)
  private mutating func bareVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      byte(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    byte(UInt8(truncatingIfNeeded: rest))
  }

  private mutating func raw(_ source: UnsafeRawBufferPointer) {
    precondition(source.count <= memory.count - count)
    UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: source)
    count += source.count
  }

  /// The prefix of a frame.
  mutating func bigEndian32(_ value: UInt32) {
    for shift in [24, 16, 8, 0] { byte(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }

  @inline(__always)
  mutating func varint(_ tag: UInt8, _ value: UInt64) {
    byte(tag)
    bareVarint(value)
  }

  @inline(__always)
  mutating func fixed64(_ tag: UInt8, _ value: UInt64) {
    byte(tag)
    precondition(memory.count - count >= 8)
    memory.storeBytes(of: value.littleEndian, toByteOffset: count, as: UInt64.self)
    count += 8
  }

  /// The head of a byte string or message with so many bytes of content, which the caller writes next.
  @inline(__always)
  mutating func delimiter(_ tag: UInt8, _ length: Int) {
    byte(tag)
    bareVarint(UInt64(length))
  }

  mutating func bytes(_ tag: UInt8, _ content: [UInt8]) {
    delimiter(tag, content.count)
    content.withUnsafeBytes { raw($0) }
  }

  mutating func encoded(_ content: ByteBuffer) {
    content.withUnsafeReadableBytes { raw($0) }
  }

  mutating func encoded(_ content: [UInt8]) {
    content.withUnsafeBytes { raw($0) }
  }
}

extension ByteBuffer {
  /// Appends exactly `size` bytes that `body` writes.
  mutating func writeWire(size: Int, _ body: (inout WireWriter) throws -> Void) throws {
    try writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
      var writer = WireWriter(UnsafeMutableRawBufferPointer(rebasing: memory[..<size]))
      try body(&writer)
      precondition(writer.count == size)
      return size
    }
  }
}
