import NIOCore
import RESP
import Testing

@Suite struct EncodingTests {
  @Test func `a request is an array of bulk strings`() {
    #expect(written { $0.writeRESPRequest(["SET", "ü", ""]) } == "*3\r\n$3\r\nSET\r\n$2\r\nü\r\n$0\r\n\r\n")
    #expect(written { $0.writeRESPRequest([[65], []]) } == "*2\r\n$1\r\nA\r\n$0\r\n\r\n")
  }

  @Test(arguments: [0, 1, -1, 9, 10, -10, 99, 100, 12345, Int64.max, Int64.min])
  func `integers are written in full`(value: Int64) {
    #expect(written { $0.writeRESPInteger(value) } == ":\(value)\r\n")
  }

  static let vectors: [(value: RESPValue, v2: String, v3: String)] = [
    (.simple("OK"), "+OK\r\n", "+OK\r\n"),
    (.error("ERR no"), "-ERR no\r\n", "-ERR no\r\n"),
    (.bulk([65, 66]), "$2\r\nAB\r\n", "$2\r\nAB\r\n"),
    (.null, "$-1\r\n", "_\r\n"),
    (.nullArray, "*-1\r\n", "_\r\n"),
    (.array([.integer(1), .null]), "*2\r\n:1\r\n$-1\r\n", "*2\r\n:1\r\n_\r\n"),
    (.map([.init(.simple("a"), .integer(1))]), "*2\r\n+a\r\n:1\r\n", "%1\r\n+a\r\n:1\r\n"),
    (.set([.integer(1)]), "*1\r\n:1\r\n", "~1\r\n:1\r\n"),
    (.push([.integer(1)]), "*1\r\n:1\r\n", ">1\r\n:1\r\n"),
    (.double(1.5), "$3\r\n1.5\r\n", ",1.5\r\n"),
    (.double(3), "$1\r\n3\r\n", ",3\r\n"),
    (.double(-.infinity), "$4\r\n-inf\r\n", ",-inf\r\n"),
    (.boolean(true), ":1\r\n", "#t\r\n"),
    (.boolean(false), ":0\r\n", "#f\r\n"),
    (.bigNumber("123"), "$3\r\n123\r\n", "(123\r\n"),
    (.verbatim(format: "txt", [65]), "$1\r\nA\r\n", "=5\r\ntxt:A\r\n"),
  ]

  @Test(arguments: vectors.indices)
  func `each value is written for either version`(index: Int) {
    let vector = Self.vectors[index]
    #expect(written { $0.writeRESPValue(vector.value, .v2) } == vector.v2)
    #expect(written { $0.writeRESPValue(vector.value, .v3) } == vector.v3)
  }

  @Test func `line ends in an error cannot forge a second reply`() {
    #expect(written { $0.writeRESPError("ERR unknown 'a\r\n+OK'") } == "-ERR unknown 'a  +OK'\r\n")
    #expect(written { $0.writeRESPSimple("a\nb") } == "+a b\r\n")
  }

  @Test func `what is written for RESP3 is read back the same`() throws {
    let all = RESPValue.array(Self.vectors.map(\.value).filter { $0 != .nullArray })
    #expect(try replies(in: written { $0.writeRESPValue(all, .v3) }, .byteByByte) == [all])
  }

  @Test func `a request that is written is read back the same`() throws {
    let arguments: [[UInt8]] = [Array("SET".utf8), Array(0...255), [UInt8](repeating: 7, count: 100_000)]
    var buffer = ByteBuffer()
    buffer.writeRESPRequest(arguments)
    var decoder = RESPRequestDecoder()
    #expect(try decoder.next(from: &buffer) == arguments)
    #expect(buffer.readableBytes == 0)
  }
}
