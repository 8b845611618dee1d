/// How many bytes a field takes on the wire, its tag of one byte included.
enum WireSize {
  /// A base-128 varint without a tag.
  @inline(__always)
  static func bareVarint(_ value: UInt64) -> Int {
    (70 - (value | 1).leadingZeroBitCount) / 7
  }

  @inline(__always)
  static func varint(_ value: UInt64) -> Int { 1 + bareVarint(value) }

  static let fixed64 = 9

  /// A byte string or a message with so many bytes of content.
  @inline(__always)
  static func delimited(_ count: Int) -> Int { 1 + bareVarint(UInt64(count)) + count }
}
