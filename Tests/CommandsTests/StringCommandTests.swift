import Commands
import Testing

@Suite struct StringCommandTests {
  static let reads: [Case] = [
    Case("GET k", .text("old")),
    Case("get empty", .text("")),
    Case("GET none", .null),
    Case("GET last", .text("old")),
    Case("GET gone", .null, delete("gone")),
    Case("READ k", .text("old")),
    Case("READ none", .null),
    Case("READ gone", .null, delete("gone")),
    Case("MGET k none n k", .array([.text("old"), .null, .text("10"), .text("old")])),
    Case("MGET gone gone", .array([.null, .null]), delete("gone")),
    Case("STRLEN k", .integer(3)),
    Case("STRLEN none", .integer(0)),
    Case("STRLEN gone", .integer(0), delete("gone")),
    Case("GETRANGE k 0 -1", .text("old")),
    Case("GETRANGE k -2 -1", .text("ld")),
    Case("GETRANGE k 1 100", .text("ld")),
    Case("GETRANGE k -100 0", .text("o")),
    Case("GETRANGE k -1 -2", .text("")),
    Case("GETRANGE k 3 4", .text("")),
    Case("GETRANGE k -100 -90", .text("o")),
    Case("GETRANGE none 0 -1", .text("")),
    Case("GETRANGE k a 1", notAnInteger),
  ]

  static let set: [Case] = [
    Case("SET k v", .ok, put("k", "v")),
    Case("SET ttl v", .ok, put("ttl", "v")),
    Case("SET '' ''", .ok, put("", "")),
    Case("WRITE k v", .ok, put("k", "v")),
    Case("SET k v EX 10", .ok, put("k", "v", now + 10_000)),
    Case("SET k v px 10", .ok, put("k", "v", now + 10)),
    Case("SET k v EXAT 1800000000", .ok, put("k", "v", 1_800_000_000_000)),
    Case("SET k v PXAT 1800000000001", .ok, put("k", "v", 1_800_000_000_001)),
    Case("SET k v EX 10 EX 20", .ok, put("k", "v", now + 20_000)),
    Case("SET k v KEEPTTL", .ok, put("k", "v")),
    Case("SET ttl v KEEPTTL", .ok, put("ttl", "v", now + 1500)),
    Case("SET gone v KEEPTTL", .ok, delete("gone"), put("gone", "v")),
    Case("SET none v NX", .ok, put("none", "v")),
    Case("SET k v NX", .null),
    Case("SET gone v NX", .ok, delete("gone"), put("gone", "v")),
    Case("SET k v XX", .ok, put("k", "v")),
    Case("SET none v XX", .null),
    Case("SET gone v XX", .null, delete("gone")),
    Case("SET k v GET", .text("old"), put("k", "v")),
    Case("SET none v GET", .null, put("none", "v")),
    Case("SET gone v GET", .null, delete("gone"), put("gone", "v")),
    Case("SET k v NX GET", .text("old")),
    Case("SET none v GET NX", .null, put("none", "v")),
    Case("SET k v XX GET PX 5", .text("old"), put("k", "v", now + 5)),
    Case("SET k v NX NX", .null),
    // A moment that is past already: nobody may see the value.
    Case("SET k v PXAT 1", .ok, delete("k")),
    Case("SET k v NX XX", syntaxError),
    Case("SET k v XX NX", syntaxError),
    Case("SET k v EX", syntaxError),
    Case("SET k v EX 10 PX 10", syntaxError),
    Case("SET k v KEEPTTL EX 10", syntaxError),
    Case("SET k v EX 10 KEEPTTL", syntaxError),
    Case("SET k v WHAT", syntaxError),
    Case("SET k v PERSIST", syntaxError),
    Case("SET k v EX 1.5", notAnInteger),
    Case("SET k v EX +5", notAnInteger),
    Case("SET k v EX 05", notAnInteger),
    Case("SET k v EX 0", .error("ERR invalid expire time in 'set' command")),
    Case("SET k v PX -1", .error("ERR invalid expire time in 'set' command")),
    Case("SET k v EX 9223372036854775807", .error("ERR invalid expire time in 'set' command")),
    Case("SET k v PX 9223372036854775807", .error("ERR invalid expire time in 'set' command")),
    Case("SET k v EXAT 9223372036854775", .ok, put("k", "v", 9_223_372_036_854_775_000)),
    Case("SETNX none v", .integer(1), put("none", "v")),
    Case("SETNX k v", .integer(0)),
    Case("SETNX gone v", .integer(1), delete("gone"), put("gone", "v")),
    Case("SETEX k 10 v", .ok, put("k", "v", now + 10_000)),
    Case("SETEX k 0 v", .error("ERR invalid expire time in 'setex' command")),
    Case("SETEX k a v", notAnInteger),
    Case("PSETEX k 10 v", .ok, put("k", "v", now + 10)),
    Case("PSETEX k -1 v", .error("ERR invalid expire time in 'psetex' command")),
    Case("GETSET ttl v", .text("old"), put("ttl", "v")),
    Case("GETSET none v", .null, put("none", "v")),
    Case("GETDEL k", .text("old"), delete("k")),
    Case("GETDEL none", .null),
    Case("GETDEL gone", .null, delete("gone")),
    Case("GETEX k", .text("old")),
    Case("GETEX none EX 10", .null),
    Case("GETEX k EX 10", .text("old"), put("k", "old", now + 10_000)),
    Case("GETEX k PXAT 1", .text("old"), delete("k")),
    Case("GETEX ttl PERSIST", .text("old"), put("ttl", "old")),
    Case("GETEX k PERSIST", .text("old")),
    Case("GETEX k KEEPTTL", syntaxError),
    Case("GETEX k EX", syntaxError),
    Case("GETEX k EX 10 PERSIST", syntaxError),
    Case("GETEX k EX 0", .error("ERR invalid expire time in 'getex' command")),
    Case("MSET a 1 b 2", .ok, put("a", "1"), put("b", "2")),
    Case("MSET a 1 b 2 a 3", .ok, put("a", "3"), put("b", "2")),
    Case("MSET a 1 b", .error("ERR wrong number of arguments for 'mset' command")),
    Case("MSETNX a 1 b 2", .integer(1), put("a", "1"), put("b", "2")),
    Case("MSETNX a 1 k 2", .integer(0)),
    Case("MSETNX a 1 gone 2", .integer(1), delete("gone"), put("a", "1"), put("gone", "2")),
    Case("MSETNX a 1 b", .error("ERR wrong number of arguments for 'msetnx' command")),
    Case("APPEND k er", .integer(5), put("k", "older")),
    Case("APPEND ttl er", .integer(5), put("ttl", "older", now + 1500)),
    Case("APPEND none new", .integer(3), put("none", "new")),
    Case("APPEND gone new", .integer(3), delete("gone"), put("gone", "new")),
    Case("APPEND k ''", .integer(3)),
    Case("APPEND none ''", .integer(0), put("none", "")),
    Case("SETRANGE k 1 xx", .integer(3), put("k", "oxx")),
    Case("SETRANGE ttl 2 xx", .integer(4), put("ttl", "olxx", now + 1500)),
    Case("SETRANGE none 2 x", .integer(3), put("none", "\0\0x")),
    Case("SETRANGE none 2 ''", .integer(0)),
    Case("SETRANGE k 9 ''", .integer(3)),
    Case("SETRANGE k -1 x", .error("ERR offset is out of range")),
    Case("SETRANGE k a x", notAnInteger),
  ]

  static let numbers: [Case] = [
    Case("INCR n", .integer(11), put("n", "11")),
    Case("INCR nttl", .integer(11), put("nttl", "11", now + 1500)),
    Case("INCR none", .integer(1), put("none", "1")),
    Case("INCR gone", .integer(1), delete("gone"), put("gone", "1")),
    Case("INCR k", notAnInteger),
    Case("INCR empty", notAnInteger),
    Case("INCR padded", notAnInteger),
    Case("INCR max", wouldOverflow),
    Case("DECR max", .integer(.max - 1), put("max", "9223372036854775806")),
    Case("DECR none", .integer(-1), put("none", "-1")),
    Case("DECR min", wouldOverflow),
    Case("INCRBY n -11", .integer(-1), put("n", "-1")),
    Case("INCRBY n 1.0", notAnInteger),
    Case("INCRBY n 9223372036854775808", notAnInteger),
    Case("INCRBY none -9223372036854775808", .integer(.min), put("none", "-9223372036854775808")),
    Case("DECRBY n 3", .integer(7), put("n", "7")),
    Case("DECRBY n -9223372036854775808", .error("ERR decrement would overflow")),
    Case("DECRBY n -9223372036854775807", wouldOverflow),
  ]

  @Test(arguments: reads + set + numbers)
  func `a command answers and does what Redis does`(example: Case) throws {
    let outcome = try evaluate(example.command)
    #expect(outcome.reply == example.reply)
    #expect(outcome.mutations == example.mutations)
  }

  @Test func `a plain SET and an MSET read nothing`() throws {
    let view = sampleView()
    _ = try evaluate("SET gone v EX 10", view)
    _ = try evaluate("WRITE k v", view)
    _ = try evaluate("MSET k 1 gone 2", view)
    #expect(view.reads == 0)
  }

  @Test func `KV GET shows what the log says of a value`() throws {
    let outcome = try evaluate("KV.GET ttl")
    let expected = Reply.fields([
      "value": .text("old"), "version": .integer(3), "created_index": .integer(5),
      "modified_index": .integer(9), "expires_at": .integer(now + 1500),
    ])
    #expect(outcome == Outcome(reply: expected))
    let absent = Reply.fields([
      "value": .null, "version": .null, "created_index": .null, "modified_index": .null, "expires_at": .null,
    ])
    #expect(try evaluate("KV.GET none") == Outcome(reply: absent))
    #expect(try evaluate("KV.GET gone") == Outcome(reply: absent, mutations: [delete("gone")]))
  }

  static let tooLong: [(command: String, reply: String)] = [
    ("SET 12345 v", "ERR the key has 5 bytes, more than the limit of 4 (--max-key-bytes)"),
    ("SET k 12345678901", "ERR the value has 11 bytes, more than the limit of 10 (--max-value-bytes)"),
    ("MSET a 1 b 12345678901", "ERR the value has 11 bytes, more than the limit of 10 (--max-value-bytes)"),
    ("APPEND k 12345678", "ERR the value has 11 bytes, more than the limit of 10 (--max-value-bytes)"),
    ("SETRANGE k 10 x", "ERR the value has 11 bytes, more than the limit of 10 (--max-value-bytes)"),
    (
      "SETRANGE k 9223372036854775807 x",
      "ERR the value has 9223372036854775807 bytes, more than the limit of 10 (--max-value-bytes)"
    ),
    ("INCR 12345", "ERR the key has 5 bytes, more than the limit of 4 (--max-key-bytes)"),
  ]

  @Test(arguments: tooLong)
  func `what is over a limit is refused whole, with the limit and its option`(
    command: String, reply: String
  ) throws {
    let outcome = try evaluate(command, limits: CommandLimits(maxKeyBytes: 4, maxValueBytes: 10))
    #expect(outcome == Outcome(reply: .error(reply)))
  }

  @Test func `a key and a value of exactly the limits are stored`() throws {
    let outcome = try evaluate(
      "SET 1234 1234567890", limits: CommandLimits(maxKeyBytes: 4, maxValueBytes: 10))
    #expect(outcome == Outcome(reply: .ok, mutations: [put("1234", "1234567890")]))
  }

  @Test func `an error of the view is thrown, not answered`() {
    struct Unreadable: Error {}
    struct BrokenView: KeyspaceView {
      func value(for key: [UInt8]) throws -> StoredValue? { throw Unreadable() }
      func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? { throw Unreadable() }
      func members(
        of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool
      ) throws -> [KeyMember] {
        throw Unreadable()
      }
      func placeCount(of key: [UInt8]) throws -> Int { throw Unreadable() }
      func member(at place: Int, of key: [UInt8]) throws -> KeyMember? { throw Unreadable() }
      func anyKey(_ random: UInt64) throws -> ScannedKey? { throw Unreadable() }
      func count() throws -> Int { throw Unreadable() }
      func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] { throw Unreadable() }
    }
    #expect(throws: Unreadable.self) { try evaluate("GET k", BrokenView()) }
    #expect(throws: Unreadable.self) { try evaluate("DBSIZE", BrokenView()) }
  }
}
