import RESP
import Testing

@Suite struct InlineCommandTests {
  static let vectors: [(line: String, arguments: [String])] = [
    ("SET key value", ["SET", "key", "value"]),
    ("  SET\tkey \u{B}\u{C} value  ", ["SET", "key", "value"]),
    (#"SET k "hello world""#, ["SET", "k", "hello world"]),
    (#"SET k "a\n\r\t\b\a\\\"\x41\x7e\q""#, ["SET", "k", "a\n\r\t\u{8}\u{7}\\\"A~q"]),
    (#"SET k "\xZZ\x4""#, ["SET", "k", "xZZx4"]),
    (#"SET k 'it\'s \n'"#, ["SET", "k", #"it's \n"#]),
    (#"SET k pre"in side""#, ["SET", "k", "prein side"]),
    (#"SET "" ''"#, ["SET", "", ""]),
    (#"SET k a\nb"#, ["SET", "k", #"a\nb"#]),
    ("SET k ünï", ["SET", "k", "ünï"]),
  ]

  @Test(arguments: vectors)
  func `a line is split by the quoting rules of Redis`(line: String, arguments: [String]) throws {
    #expect(try requests(in: line + "\r\n") == [arguments])
    #expect(try requests(in: line + "\n", .byteByByte) == [arguments])
  }
}
