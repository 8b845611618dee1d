import NIOCore

/// Reads a server's replies, of either version of the protocol.
///
/// Takes whatever part of a reply has come and goes on from there, so a reply may come in any pieces. Attributes
/// of RESP3 are read and left out.
public struct RESPValueDecoder: Sendable {
  private enum Aggregate {
    case array, map, set, push, attribute
  }

  private struct Frame: Sendable {
    var kind: Aggregate
    var remaining: Int
    var elements: [RESPValue] = []
  }

  private enum BulkKind {
    case bulk, error, verbatim
  }

  private enum Step {
    case value(RESPValue)
    /// An aggregate or a bulk string was begun.
    case begun
    case incomplete
  }

  private let limits: RESPLimits
  private var frames: [Frame] = []
  private var bulk = BulkReader()
  private var bulkKind = BulkKind.bulk
  private var totalBytes = 0
  /// How many bytes of an unfinished line were searched for its end.
  private var searchedBytes = 0
  private var failure: RESPProtocolError?

  /// A decoder at the start of a connection.
  public init(limits: RESPLimits = RESPLimits()) { self.limits = limits }

  /// Takes the next reply out of the buffer, or gives nil when the buffer does not hold the rest of it.
  ///
  /// Throws when the bytes are not the protocol or go over the limits, and from then on always.
  public mutating func next(from buffer: inout ByteBuffer) throws(RESPProtocolError) -> RESPValue? {
    if let failure { throw failure }
    var reply: RESPValue?
    let consumed = buffer.withUnsafeReadableBytes { bytes in
      var offset = 0
      do throws(RESPProtocolError) {
        reply = try advance(through: bytes, from: &offset)
      } catch {
        failure = error
        frames = []
        bulk = BulkReader()
      }
      return offset
    }
    buffer.moveReaderIndex(forwardBy: consumed)
    if let failure { throw failure }
    return reply
  }

  private mutating func advance(
    through bytes: UnsafeRawBufferPointer, from offset: inout Int
  ) throws(RESPProtocolError) -> RESPValue? {
    while true {
      let start = offset
      let step = bulk.isUnderWay ? try readBulk(bytes, &offset) : try readElement(bytes, &offset)
      totalBytes += offset - start
      guard totalBytes <= limits.maxTotalBytes else {
        throw RESPProtocolError("too big reply: it has more than the limit of \(limits.maxTotalBytes) bytes")
      }
      switch step {
      case .incomplete: return nil
      case .begun: continue
      case .value(let value):
        guard let reply = place(value) else { continue }
        totalBytes = 0
        return reply
      }
    }
  }

  /// Puts a value where it belongs; gives it back, with what it completes, if that is a whole reply.
  private mutating func place(_ value: RESPValue) -> RESPValue? {
    var value = value
    while var frame = frames.popLast() {
      frame.elements.append(value)
      frame.remaining -= 1
      guard frame.remaining == 0 else {
        frames.append(frame)
        return nil
      }
      guard let whole = Self.value(of: frame) else { return nil }
      value = whole
    }
    return value
  }

  /// The value of a complete frame; nil for attributes.
  private static func value(of frame: Frame) -> RESPValue? {
    switch frame.kind {
    case .array: .array(frame.elements)
    case .set: .set(frame.elements)
    case .push: .push(frame.elements)
    case .map:
      .map(
        stride(from: 0, to: frame.elements.count, by: 2).map {
          RESPValue.Pair(frame.elements[$0], frame.elements[$0 + 1])
        })
    case .attribute: nil
    }
  }

  private mutating func readElement(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(RESPProtocolError) -> Step {
    guard offset < bytes.count else { return .incomplete }
    switch bytes[offset] {
    case ASCII.dollar: return try beginBulk(.bulk, bytes, &offset)
    case UInt8(ascii: "!"): return try beginBulk(.error, bytes, &offset)
    case UInt8(ascii: "="): return try beginBulk(.verbatim, bytes, &offset)
    case ASCII.star: return try beginAggregate(.array, bytes, &offset)
    case UInt8(ascii: "%"): return try beginAggregate(.map, bytes, &offset)
    case UInt8(ascii: "~"): return try beginAggregate(.set, bytes, &offset)
    case UInt8(ascii: ">"): return try beginAggregate(.push, bytes, &offset)
    case UInt8(ascii: "|"): return try beginAggregate(.attribute, bytes, &offset)
    case let type:
      guard let line = try takeLine(bytes, &offset) else { return .incomplete }
      return .value(try Self.scalar(type, line))
    }
  }

  private static func scalar(_ type: UInt8, _ line: Substring) throws(RESPProtocolError) -> RESPValue {
    switch type {
    case ASCII.plus: return .simple(String(line))
    case ASCII.minus: return .error(String(line))
    case ASCII.colon:
      guard let value = Int64(line) else { throw RESPProtocolError("invalid integer '\(line)'") }
      return .integer(value)
    case UInt8(ascii: "_"):
      guard line.isEmpty else { throw RESPProtocolError("invalid null '\(line)'") }
      return .null
    case UInt8(ascii: "#"):
      guard line == "t" || line == "f" else { throw RESPProtocolError("invalid boolean '\(line)'") }
      return .boolean(line == "t")
    case UInt8(ascii: ","):
      guard let value = Double(line) else { throw RESPProtocolError("invalid double '\(line)'") }
      return .double(value)
    case UInt8(ascii: "("):
      let digits = line.first == "-" || line.first == "+" ? line.dropFirst() : line
      guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 &- ASCII.zero <= 9 }) else {
        throw RESPProtocolError("invalid big number '\(line)'")
      }
      return .bigNumber(String(line))
    default:
      throw RESPProtocolError("unknown type byte \(type) in a reply")
    }
  }

  /// The text between the type byte and the line end, or nil while there is no line end.
  private mutating func takeLine(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(RESPProtocolError) -> Substring? {
    let line = bytes[offset...]
    guard let end = line.dropFirst(searchedBytes).firstIndex(of: ASCII.lineFeed) else {
      searchedBytes = line.count
      guard line.count <= limits.maxLineBytes else { throw RESPProtocolError("too long line in a reply") }
      return nil
    }
    searchedBytes = 0
    guard end - 1 > offset, bytes[end - 1] == ASCII.carriageReturn else {
      throw RESPProtocolError("expected CRLF at the end of a line")
    }
    let content = bytes[offset + 1..<end - 1]
    guard content.count <= limits.maxLineBytes else { throw RESPProtocolError("too long line in a reply") }
    offset = end + 1
    return Substring(decoding: content, as: UTF8.self)
  }

  private mutating func beginBulk(
    _ kind: BulkKind, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(RESPProtocolError) -> Step {
    switch LengthLine(bytes, at: offset + 1) {
    case .incomplete: return .incomplete
    case .malformed: throw RESPProtocolError("invalid bulk length")
    case .complete(-1, let end) where kind == .bulk:
      offset = end
      return .value(.null)
    case .complete(let length, let end):
      guard length >= 0 else { throw RESPProtocolError("invalid bulk length") }
      guard length <= limits.maxBulkBytes else {
        throw RESPProtocolError(
          "invalid bulk length: \(length) bytes are more than the limit of \(limits.maxBulkBytes)")
      }
      offset = end
      bulkKind = kind
      bulk.begin(length: length)
      return .begun
    }
  }

  private mutating func readBulk(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(RESPProtocolError) -> Step {
    switch bulk.read(bytes, at: &offset) {
    case .incomplete: return .incomplete
    case .unterminated: throw RESPProtocolError("expected CRLF after a bulk string")
    case .complete(let content):
      switch bulkKind {
      case .bulk: return .value(.bulk(content))
      case .error: return .value(.error(String(decoding: content, as: UTF8.self)))
      case .verbatim:
        guard content.count >= 4, content[3] == ASCII.colon else {
          throw RESPProtocolError("invalid verbatim string: it has no format")
        }
        let format = String(decoding: content[..<3], as: UTF8.self)
        return .value(.verbatim(format: format, Array(content[4...])))
      }
    }
  }

  private mutating func beginAggregate(
    _ kind: Aggregate, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(RESPProtocolError) -> Step {
    switch LengthLine(bytes, at: offset + 1) {
    case .incomplete: return .incomplete
    case .malformed: throw RESPProtocolError("invalid multibulk length")
    case .complete(-1, let end) where kind == .array:
      offset = end
      return .value(.nullArray)
    case .complete(let count, let end):
      guard count >= 0 else { throw RESPProtocolError("invalid multibulk length") }
      guard count <= limits.maxArguments else {
        throw RESPProtocolError(
          "invalid multibulk length: \(count) elements are more than the limit of \(limits.maxArguments)")
      }
      guard frames.count < limits.maxDepth else {
        throw RESPProtocolError("a reply is nested deeper than the limit of \(limits.maxDepth)")
      }
      offset = end
      let frame = Frame(kind: kind, remaining: kind == .map || kind == .attribute ? 2 * count : count)
      guard count == 0 else {
        frames.append(frame)
        return .begun
      }
      return Self.value(of: frame).map { .value($0) } ?? .begun
    }
  }
}
