import NIOCore
import RESP
import Testing

@Suite struct RequestDecoderTests {
  static let vectors: [(bytes: String, requests: [[String]])] = [
    ("*1\r\n$4\r\nPING\r\n", [["PING"]]),
    ("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n", [["SET", "k", ""]]),
    ("*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n", [["GET", "a\r\nb"]]),
    ("*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nQUIT\r\n", [["GET", "a"], ["QUIT"]]),
    ("*0\r\n*-1\r\n\r\n\n*1\r\n$4\r\nPING\r\n", [["PING"]]),
    ("PING\r\n*1\r\n$4\r\nPING\r\nPING\n", [["PING"], ["PING"], ["PING"]]),
    ("*1\r\n$4\r\nPI", []),
    ("*1\r\n$4\r\nPING\r", []),
    ("*12\r\n" + String(repeating: "$1\r\nx\r\n", count: 12), [Array(repeating: "x", count: 12)]),
  ]

  @Test(arguments: Delivery.allCases)
  func `requests are the same however their bytes are cut`(delivery: Delivery) throws {
    for vector in Self.vectors {
      #expect(try requests(in: vector.bytes, delivery) == vector.requests)
    }
    #expect(try requests(in: Self.vectors[0...5].map(\.bytes).joined(), delivery).count == 9)
  }

  static let malformed: [(bytes: String, error: String)] = [
    ("*x\r\n", "Protocol error: invalid multibulk length"),
    ("*\r\n", "Protocol error: invalid multibulk length"),
    ("*1x\r\n", "Protocol error: invalid multibulk length"),
    ("*+1\r\n", "Protocol error: invalid multibulk length"),
    ("*01\r\n", "Protocol error: invalid multibulk length"),
    ("*-0\r\n", "Protocol error: invalid multibulk length"),
    ("*-\r\n", "Protocol error: invalid multibulk length"),
    ("*1\n", "Protocol error: invalid multibulk length"),
    ("*1\rx", "Protocol error: invalid multibulk length"),
    ("*9999999999999999999", "Protocol error: invalid multibulk length"),
    ("*1\r\n$x\r\n", "Protocol error: invalid bulk length"),
    ("*1\r\n$-1\r\n", "Protocol error: invalid bulk length"),
    ("*1\r\n$ 1\r\n", "Protocol error: invalid bulk length"),
    ("*1\r\n$\r\n", "Protocol error: invalid bulk length"),
    ("*1\r\n$99999999999999999999999999", "Protocol error: invalid bulk length"),
    ("*1\r\nPING\r\n", "Protocol error: expected '$', got 'P'"),
    ("*1\r\n:1\r\n", "Protocol error: expected '$', got ':'"),
    ("*1\r\n\r\n", "Protocol error: expected '$', got '\\x0d'"),
    ("*1\r\n$4\r\nPINGPONG", "Protocol error: expected CRLF after a bulk string"),
    ("SET k \"a\r\n", "Protocol error: unbalanced quotes in request"),
    ("SET k 'a\r\n", "Protocol error: unbalanced quotes in request"),
    ("SET k \"a\"b\r\n", "Protocol error: unbalanced quotes in request"),
    (
      "POST / HTTP/1.1\r\n",
      "Protocol error: this is an HTTP request, and this port speaks the Redis protocol"
    ),
    (
      "GET / HTTP/1.1\r\n",
      "Protocol error: this is an HTTP request, and this port speaks the Redis protocol"
    ),
    (
      "Host: example.org\r\n",
      "Protocol error: this is an HTTP request, and this port speaks the Redis protocol"
    ),
  ]

  @Test(arguments: Delivery.allCases)
  func `what is not the protocol is refused in the words of Redis`(delivery: Delivery) {
    for vector in Self.malformed {
      let error = #expect(throws: RESPProtocolError.self) { try requests(in: vector.bytes, delivery) }
      #expect(error?.description == vector.error)
    }
  }

  @Test func `after an error the connection stays refused`() throws {
    var decoder = RESPRequestDecoder()
    var buffer = ByteBuffer(string: "*1\r\n$x\r\n*1\r\n$4\r\nPING\r\n")
    #expect(throws: RESPProtocolError("invalid bulk length")) { try decoder.next(from: &buffer) }
    buffer.writeString("*1\r\n$4\r\nPING\r\n")
    #expect(throws: RESPProtocolError("invalid bulk length")) { try decoder.next(from: &buffer) }
  }

  static let overLimits: [(bytes: String, limits: RESPLimits, error: String)] = [
    (
      "*4\r\n", RESPLimits(maxArguments: 3),
      "invalid multibulk length: 4 arguments are more than the limit of 3"
    ),
    (
      "*1\r\n$11\r\n", RESPLimits(maxBulkBytes: 10),
      "invalid bulk length: 11 bytes are more than the limit of 10"
    ),
    (
      "*3\r\n$4\r\nMGET\r\n$4\r\nabcd\r\n$4\r\nabcd\r\n", RESPLimits(maxTotalBytes: 11),
      "too big request: 12 bytes are more than the limit of 11"
    ),
    ("0123456789A", RESPLimits(maxLineBytes: 10), "too big inline request"),
    ("0123456789A\r\n", RESPLimits(maxLineBytes: 10), "too big inline request"),
    ("*11\r\n", .unauthenticated, "unauthenticated multibulk length"),
    ("*2\r\n$4\r\nAUTH\r\n$16385\r\n", .unauthenticated, "unauthenticated bulk length"),
  ]

  @Test(arguments: Delivery.allCases)
  func `what is over a limit is refused as soon as it is announced`(delivery: Delivery) {
    for vector in Self.overLimits {
      #expect(throws: RESPProtocolError(vector.error)) {
        try requests(in: vector.bytes, delivery, limits: vector.limits)
      }
    }
  }

  @Test func `what just meets the limits is accepted`() throws {
    let limits = RESPLimits(maxArguments: 2, maxBulkBytes: 4, maxTotalBytes: 8, maxLineBytes: 9)
    let text = "*2\r\n$4\r\nECHO\r\n$4\r\nabcd\r\n"
    #expect(try requests(in: text + text + "ECHO abcd\r\n", limits: limits).count == 3)
  }

  @Test func `a huge announced count reserves no memory for it`() throws {
    #expect(try requests(in: "*1048576\r\n$1\r\nx\r\n").isEmpty)
  }

  @Test func `limits may be raised between two requests`() throws {
    var decoder = RESPRequestDecoder(limits: .unauthenticated)
    var buffer = ByteBuffer(string: "AUTH secret\r\n*11\r\n")
    for _ in 0..<11 { buffer.writeRESPBulk("x") }
    #expect(try decoder.next(from: &buffer)?.count == 2)
    decoder.limits = RESPLimits()
    #expect(try decoder.next(from: &buffer)?.count == 11)
  }

  @Test func `bytes after a request are left in the buffer`() throws {
    var decoder = RESPRequestDecoder()
    var buffer = ByteBuffer(string: "*1\r\n$7\r\nKV.PEER\r\n\u{0}\u{1}rest")
    #expect(try decoder.next(from: &buffer) == [Array("KV.PEER".utf8)])
    #expect(String(buffer: buffer) == "\u{0}\u{1}rest")
  }

  @Test func `a large value is taken out of the buffer as it comes`() throws {
    let value = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var whole = ByteBuffer()
    whole.writeRESPRequest([Array("SET".utf8), Array("k".utf8), value])
    whole.writeString("PING\r\n")
    var decoder = RESPRequestDecoder()
    var buffer = ByteBuffer()
    var decoded: [[[UInt8]]] = []
    while let piece = whole.readSlice(length: min(64 << 10, whole.readableBytes)), piece.readableBytes > 0 {
      buffer.writeImmutableBuffer(piece)
      while let request = try decoder.next(from: &buffer) { decoded.append(request) }
      #expect(buffer.readableBytes < 32)
      buffer.discardReadBytes()
    }
    #expect(decoded == [[Array("SET".utf8), Array("k".utf8), value], [Array("PING".utf8)]])
  }

  @Test(.timeLimit(.minutes(1)))
  func `an unfinished line is searched once`() throws {
    var decoder = RESPRequestDecoder(limits: RESPLimits(maxLineBytes: 32 << 20))
    var buffer = ByteBuffer()
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1024)
    for _ in 0..<8192 {
      buffer.writeBytes(piece)
      #expect(try decoder.next(from: &buffer) == nil)
    }
    buffer.writeString("\r\n")
    #expect(try decoder.next(from: &buffer)?.first?.count == 8192 * 1024)
  }
}
