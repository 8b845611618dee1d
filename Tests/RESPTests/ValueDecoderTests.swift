import NIOCore
import RESP
import Testing

@Suite struct ValueDecoderTests {
  static let vectors: [(bytes: String, reply: RESPValue)] = [
    ("+OK\r\n", .simple("OK")),
    ("+\r\n", .simple("")),
    ("-ERR no\r\n", .error("ERR no")),
    (":0\r\n", .integer(0)),
    (":+7\r\n", .integer(7)),
    (":-9223372036854775808\r\n", .integer(.min)),
    ("$0\r\n\r\n", .bulk([])),
    ("$4\r\na\r\nb\r\n", .bulk(Array("a\r\nb".utf8))),
    ("$-1\r\n", .null),
    ("*-1\r\n", .nullArray),
    ("_\r\n", .null),
    ("*0\r\n", .array([])),
    (
      "*3\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n+z\r\n",
      .array([.integer(1), .array([.bulk([97]), .null]), .simple("z")])
    ),
    ("%1\r\n+a\r\n%0\r\n", .map([.init(.simple("a"), .map([]))])),
    ("~2\r\n#t\r\n#f\r\n", .set([.boolean(true), .boolean(false)])),
    (">2\r\n+message\r\n:1\r\n", .push([.simple("message"), .integer(1)])),
    (",1.5\r\n", .double(1.5)),
    (",-inf\r\n", .double(-.infinity)),
    (",1e10\r\n", .double(1e10)),
    ("(-123456789012345678901234567890\r\n", .bigNumber("-123456789012345678901234567890")),
    ("=8\r\nmkd:text\r\n", .verbatim(format: "mkd", Array("text".utf8))),
    ("!6\r\nERR no\r\n", .error("ERR no")),
    (
      "|1\r\n+ttl\r\n:1\r\n*2\r\n|0\r\n:1\r\n|1\r\n+a\r\n*1\r\n+b\r\n:2\r\n",
      .array([.integer(1), .integer(2)])
    ),
  ]

  @Test(arguments: Delivery.allCases)
  func `replies are the same however their bytes are cut`(delivery: Delivery) throws {
    for vector in Self.vectors {
      #expect(try replies(in: vector.bytes, delivery) == [vector.reply])
    }
    #expect(try replies(in: Self.vectors.map(\.bytes).joined(), delivery) == Self.vectors.map(\.reply))
  }

  @Test func `a double that is not a number is read as one`() throws {
    guard case .double(let value) = try replies(in: ",nan\r\n").first else {
      Issue.record("the reply is not a double")
      return
    }
    #expect(value.isNaN)
  }

  @Test(arguments: [
    "x\r\n", ":\r\n", ":1x\r\n", ":99999999999999999999\r\n", "#x\r\n", ",x\r\n", "(1x\r\n", "(\r\n",
    "_x\r\n",
    "$x\r\n", "$-2\r\n", "*-2\r\n", "%-1\r\n", "$?\r\n", "+OK\n", "\n", "$2\r\nabcd", "=3\r\ntxt\r\n",
    "=5\r\ntxt-a\r\n",
    "!-1\r\n",
  ])
  func `what is not a reply is refused`(bytes: String) {
    for delivery in Delivery.allCases {
      #expect(throws: RESPProtocolError.self) { try replies(in: bytes, delivery) }
    }
  }

  static let overLimits: [(bytes: String, limits: RESPLimits)] = [
    (String(repeating: "*1\r\n", count: 5), RESPLimits(maxDepth: 4)),
    ("*4\r\n", RESPLimits(maxArguments: 3)),
    ("$11\r\n", RESPLimits(maxBulkBytes: 10)),
    ("+0123456789A", RESPLimits(maxLineBytes: 10)),
    ("*3\r\n+abcdef\r\n+abcdef\r\n+abcdef\r\n", RESPLimits(maxTotalBytes: 24)),
  ]

  @Test(arguments: overLimits.indices)
  func `a reply over a limit is refused`(index: Int) {
    let vector = Self.overLimits[index]
    #expect(throws: RESPProtocolError.self) { try replies(in: vector.bytes, limits: vector.limits) }
  }

  @Test func `the limit on bytes is counted anew for each reply`() throws {
    let text = String(repeating: "+abcdef\r\n", count: 100)
    #expect(try replies(in: text, limits: RESPLimits(maxTotalBytes: 24)).count == 100)
  }

  @Test func `the fields of a map are found in either version`() throws {
    for text in [
      "%2\r\n$4\r\nname\r\n+x\r\n$4\r\nport\r\n:7\r\n", "*4\r\n$4\r\nname\r\n+x\r\n$4\r\nport\r\n$1\r\n7\r\n",
    ] {
      let reply = try #require(try replies(in: text).first)
      #expect(reply["name"]?.text == "x")
      #expect(reply["port"]?.integer == 7)
      #expect(reply["host"] == nil)
    }
  }
}
