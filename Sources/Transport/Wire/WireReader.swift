/// Reads protobuf wire format from memory that it does not own: never use one outside the closure that gave the
/// memory.
///
/// Every read is checked; what does not fit throws a `PeerProtocolError`.
struct WireReader {
  private let memory: UnsafeRawBufferPointer
  private var position = 0

  init(_ memory: UnsafeRawBufferPointer) { self.memory = memory }

  /// How many bytes are left.
  var remaining: Int { memory.count - position }

  /// The next field's tag, or nil at the end. Read or skip its content next.
  ///
  /// A tag above 255 belongs to no field that this release knows; it comes out as 0, once it was skipped.
  @inline(__always)
  mutating func tag() throws -> UInt8? {
    guard position < memory.count else { return nil }
    let byte = memory[position]
    if byte < 0x80, byte >= 8 {
      position += 1
      return byte
    }
    return try longTag()
  }

  private mutating func longTag() throws -> UInt8 {
    let tag = try varint()
    guard tag >= 8, tag <= UInt64(UInt32.max) else {
      throw PeerProtocolError("A message holds the field tag \(tag), which protobuf does not allow.")
    }
    if let short = UInt8(exactly: tag) { return short }
    try skip(UInt32(tag))
    return 0
  }

  @inline(__always)
  mutating func varint() throws -> UInt64 {
    if position < memory.count, memory[position] < 0x80 {
      position += 1
      return UInt64(memory[position - 1])
    }
    return try longVarint()
  }

  private mutating func longVarint() throws -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < memory.count {
      let byte = memory[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
      if shift > 63 { throw PeerProtocolError("A message holds a number of more than ten bytes.") }
    }
    throw endsEarly
  }

  @inline(__always)
  mutating func fixed64() throws -> UInt64 {
    guard remaining >= 8 else { throw endsEarly }
    defer { position += 8 }
    return UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  @inline(__always)
  private mutating func delimited() throws -> UnsafeRawBufferPointer {
    let length = try varint()
    guard length <= UInt64(remaining) else { throw endsEarly }
    defer { position += Int(length) }
    return UnsafeRawBufferPointer(rebasing: memory[position..<position + Int(length)])
  }

  @inline(__always)
  mutating func message() throws -> WireReader { WireReader(try delimited()) }

  mutating func bytes() throws -> [UInt8] {
    let source = try delimited()
    return [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
      count = source.count
    }
  }

  /// Skips the content of a field that this release does not know, as protobuf demands.
  mutating func skip(_ tag: UInt8) throws {
    if tag != 0 { try skip(UInt32(tag)) }
  }

  private mutating func skip(_ tag: UInt32, depth: Int = 0) throws {
    switch tag & 7 {
    case 0: _ = try varint()
    case 1: try advance(8)
    case 2: _ = try delimited()
    case 3: try skipGroup(tag, depth: depth + 1)
    case 5: try advance(4)
    default: throw PeerProtocolError("A message holds the field tag \(tag), which protobuf does not allow.")
    }
  }

  private mutating func skipGroup(_ start: UInt32, depth: Int) throws {
    guard depth <= 100 else { throw PeerProtocolError("A message nests more than 100 groups.") }
    while true {
      let tag = try varint()
      guard tag >= 8, let tag = UInt32(exactly: tag) else {
        throw PeerProtocolError("A message holds the field tag \(tag), which protobuf does not allow.")
      }
      if tag == start + 1 { return }
      try skip(tag, depth: depth)
    }
  }

  private mutating func advance(_ count: Int) throws {
    guard remaining >= count else { throw endsEarly }
    position += count
  }

  private var endsEarly: PeerProtocolError {
    PeerProtocolError("A message ends in the middle of a field.")
  }
}
