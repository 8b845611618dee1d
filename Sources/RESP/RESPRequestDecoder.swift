import NIOCore

/// Reads a client's requests: arrays of bulk strings, or inline commands.
///
/// Takes whatever part of a request has come and goes on from there, so a request may come in any pieces. It never
/// takes a byte after the request that it returns: what follows may be another protocol.
public struct RESPRequestDecoder: Sendable {
  /// May be changed between requests; they are raised once the client has logged in.
  public var limits: RESPLimits

  private var remainingArguments = 0
  private var arguments: [[UInt8]] = []
  private var bulk = BulkReader()
  private var totalBytes = 0
  private var collectedBytes = 0
  /// How many bytes of an unfinished inline command were searched for its end.
  private var searchedBytes = 0
  private var failure: RESPProtocolError?

  /// A decoder at the start of a connection.
  public init(limits: RESPLimits = RESPLimits()) { self.limits = limits }

  /// About how many bytes of memory the unfinished request takes here, beside what is still in the buffer.
  public var heldBytes: Int { collectedBytes + bulk.heldBytes }

  /// Takes the next request out of the buffer, or gives nil when the buffer does not hold the rest of it.
  ///
  /// The arguments are never empty: an empty request asks for nothing and gets no answer, so it is passed over.
  /// Throws when the bytes are not the protocol or go over the limits, and from then on always.
  public mutating func next(from buffer: inout ByteBuffer) throws(RESPProtocolError) -> [[UInt8]]? {
    if let failure { throw failure }
    var request: [[UInt8]]?
    let consumed = buffer.withUnsafeReadableBytes { bytes in
      var offset = 0
      request = advance(through: bytes, from: &offset)
      return offset
    }
    buffer.moveReaderIndex(forwardBy: consumed)
    if let failure { throw failure }
    return request
  }

  private mutating func advance(
    through bytes: UnsafeRawBufferPointer, from offset: inout Int
  ) -> [[UInt8]]? {
    while remainingArguments == 0 {
      guard offset < bytes.count else { return nil }
      guard bytes[offset] == ASCII.star else {
        guard let request = inlineRequest(in: bytes, from: &offset) else { return nil }
        if request.isEmpty { continue }
        return request
      }
      guard beginRequest(in: bytes, from: &offset) else { return nil }
    }
    while remainingArguments > 0 {
      if !bulk.isUnderWay {
        guard beginArgument(in: bytes, from: &offset) else { return nil }
      }
      switch bulk.read(bytes, at: &offset) {
      case .complete(let argument):
        arguments.append(argument)
        // An array costs its header and its place, however short it is.
        collectedBytes += argument.count + 48
        remainingArguments -= 1
      case .incomplete:
        return nil
      case .unterminated:
        fail("expected CRLF after a bulk string")
        return nil
      }
    }
    defer { forget() }
    return arguments
  }

  /// Reads `*3\r\n`; says whether to go on.
  private mutating func beginRequest(in bytes: UnsafeRawBufferPointer, from offset: inout Int) -> Bool {
    switch LengthLine(bytes, at: offset + 1) {
    case .incomplete:
      return false
    case .malformed:
      fail("invalid multibulk length")
      return false
    case .complete(let count, let end):
      guard count <= limits.maxArguments else {
        fail(
          limits.isAuthenticated
            ? "invalid multibulk length: \(count) arguments are more than the limit of \(limits.maxArguments)"
            : "unauthenticated multibulk length")
        return false
      }
      offset = end
      totalBytes = 0
      remainingArguments = max(0, count)
      // An announced count is only a claim: what it costs to reserve for it is bounded.
      arguments.reserveCapacity(min(remainingArguments, 1024))
      return true
    }
  }

  /// Reads `$3\r\n`; says whether to go on.
  private mutating func beginArgument(in bytes: UnsafeRawBufferPointer, from offset: inout Int) -> Bool {
    guard offset < bytes.count else { return false }
    guard bytes[offset] == ASCII.dollar else {
      fail("expected '$', got '\(printable(bytes[offset]))'")
      return false
    }
    switch LengthLine(bytes, at: offset + 1) {
    case .incomplete:
      return false
    case .malformed:
      fail("invalid bulk length")
      return false
    case .complete(let length, let end):
      guard admit(length) else { return false }
      offset = end
      bulk.begin(length: length)
      return true
    }
  }

  private mutating func admit(_ length: Int) -> Bool {
    totalBytes += max(0, length)
    if length < 0 {
      fail("invalid bulk length")
    } else if length > limits.maxBulkBytes {
      fail(
        limits.isAuthenticated
          ? "invalid bulk length: \(length) bytes are more than the limit of \(limits.maxBulkBytes)"
          : "unauthenticated bulk length")
    } else if totalBytes > limits.maxTotalBytes {
      fail("too big request: \(totalBytes) bytes are more than the limit of \(limits.maxTotalBytes)")
    } else {
      return true
    }
    return false
  }

  private mutating func inlineRequest(
    in bytes: UnsafeRawBufferPointer, from offset: inout Int
  ) -> [[UInt8]]? {
    let line = bytes[offset...]
    guard let end = line.dropFirst(searchedBytes).firstIndex(of: ASCII.lineFeed) else {
      searchedBytes = line.count
      if line.count > limits.maxLineBytes { fail("too big inline request") }
      return nil
    }
    searchedBytes = 0
    var content = line[..<end]
    if content.last == ASCII.carriageReturn { content = content.dropLast() }
    guard content.count <= limits.maxLineBytes else {
      fail("too big inline request")
      return nil
    }
    guard let request = InlineCommand.split(content) else {
      fail("unbalanced quotes in request")
      return nil
    }
    guard !isHTTP(request) else {
      fail("this is an HTTP request, and this port speaks the Redis protocol")
      return nil
    }
    offset = end + 1
    return request
  }

  /// A web page can make a browser send a form to this port; its body must never be taken for commands.
  private func isHTTP(_ request: [[UInt8]]) -> Bool {
    guard let first = request.first, let last = request.last else { return false }
    let name = String(decoding: first, as: UTF8.self).lowercased()
    return name == "post" || name == "host:" || request.count == 3 && last.starts(with: "HTTP/1.".utf8)
  }

  private func printable(_ byte: UInt8) -> String {
    if (0x20...0x7E).contains(byte) { return String(UnicodeScalar(byte)) }
    return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  private mutating func fail(_ reason: String) {
    failure = RESPProtocolError(reason)
    bulk = BulkReader()
    forget()
  }

  private mutating func forget() {
    arguments = []
    collectedBytes = 0
  }
}
