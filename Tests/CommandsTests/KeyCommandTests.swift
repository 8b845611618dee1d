import Commands
import Testing

@Suite struct KeyCommandTests {
  static let invalid = Reply.error("ERR invalid expire time in 'expire' command")
  static let incompatible = Reply.error(
    "ERR NX and XX, GT or LT options at the same time are not compatible")

  static let keys: [Case] = [
    Case("DEL k", .integer(1), delete("k")),
    Case("DEL none", .integer(0)),
    Case("DEL k k", .integer(1), delete("k")),
    Case("DEL gone k gone", .integer(1), delete("gone"), delete("k")),
    Case("UNLINK k n none", .integer(2), delete("k"), delete("n")),
    Case("EXISTS k k none n", .integer(3)),
    Case("EXISTS gone gone", .integer(0), delete("gone")),
    Case("TOUCH k none", .integer(1)),
    Case("TYPE k", .simple("string")),
    Case("TYPE none", .simple("none")),
    Case("TYPE gone", .simple("none"), delete("gone")),
    Case("DBSIZE", .integer(10)),
    Case("KEYS n*", .array([.text("n"), .text("nttl")])),
    Case("KEYS g*", .array([]), delete("gone")),
    Case("KEYS [", .array([])),
  ]

  static let expiry: [Case] = [
    Case("TTL none", .integer(-2)),
    Case("TTL k", .integer(-1)),
    Case("TTL ttl", .integer(2)),
    Case("TTL last", .integer(0)),
    Case("TTL gone", .integer(-2), delete("gone")),
    Case("PTTL ttl", .integer(1500)),
    Case("PTTL k", .integer(-1)),
    Case("PTTL none", .integer(-2)),
    Case("EXPIRETIME ttl", .integer((now + 1500 + 500) / 1000)),
    Case("PEXPIRETIME ttl", .integer(now + 1500)),
    Case("PEXPIRETIME k", .integer(-1)),
    Case("EXPIRE k 10", .integer(1), put("k", "old", now + 10_000)),
    Case("EXPIRE none 10", .integer(0)),
    Case("EXPIRE gone 10", .integer(0), delete("gone")),
    Case("PEXPIRE k 10", .integer(1), put("k", "old", now + 10)),
    Case("EXPIREAT k 1800000000", .integer(1), put("k", "old", 1_800_000_000_000)),
    Case("PEXPIREAT k 1800000000001", .integer(1), put("k", "old", 1_800_000_000_001)),
    Case("EXPIRE k 0", .integer(1), delete("k")),
    Case("EXPIRE k -1", .integer(1), delete("k")),
    Case("EXPIREAT k 1", .integer(1), delete("k")),
    Case("EXPIRE k -9223372036854775", .integer(1), delete("k")),
    Case("EXPIRE k 9223372036854775807", invalid),
    Case("EXPIRE k -9223372036854775807", invalid),
    Case("EXPIRE k 9223372036854775", invalid),
    Case("EXPIRE k x", notAnInteger),
    Case("EXPIRE none x", notAnInteger),
    Case("EXPIRE k 10 NX", .integer(1), put("k", "old", now + 10_000)),
    Case("EXPIRE ttl 10 NX", .integer(0)),
    Case("EXPIRE k 10 XX", .integer(0)),
    Case("EXPIRE ttl 10 xx", .integer(1), put("ttl", "old", now + 10_000)),
    Case("EXPIRE ttl 10 GT", .integer(1), put("ttl", "old", now + 10_000)),
    Case("EXPIRE ttl 1 GT", .integer(0)),
    Case("PEXPIRE ttl 1500 GT", .integer(0)),
    Case("EXPIRE k 10 GT", .integer(0)),
    Case("EXPIRE ttl 1 LT", .integer(1), put("ttl", "old", now + 1000)),
    Case("EXPIRE ttl 10 LT", .integer(0)),
    Case("EXPIRE k 10 LT", .integer(1), put("k", "old", now + 10_000)),
    Case("EXPIRE k 10 XX LT", .integer(0)),
    Case("EXPIRE ttl 10 XX GT", .integer(1), put("ttl", "old", now + 10_000)),
    Case("EXPIRE k 10 NX XX", incompatible),
    Case("EXPIRE k 10 NX GT", incompatible),
    Case("EXPIRE k 10 GT LT", .error("ERR GT and LT options at the same time are not compatible")),
    Case("EXPIRE k 10 foo", .error("ERR Unsupported option foo")),
    Case("EXPIRE k x foo", .error("ERR Unsupported option foo")),
    Case("PERSIST ttl", .integer(1), put("ttl", "old")),
    Case("PERSIST k", .integer(0)),
    Case("PERSIST none", .integer(0)),
    Case("PERSIST gone", .integer(0), delete("gone")),
  ]

  @Test(arguments: keys + expiry)
  func `a command answers and does what Redis does`(example: Case) throws {
    let outcome = try evaluate(example.command)
    #expect(outcome.reply == example.reply)
    #expect(outcome.mutations == example.mutations)
  }

  @Test func `a command sees its own mutations among very many`() throws {
    let state = (0..<1000).map { ("key\($0)", (value: "v", expiresAt: Int64?.none)) }
    let names = state.map(\.0)
    let view = MemoryView(Dictionary(uniqueKeysWithValues: state))
    let outcome = try evaluate("DEL " + (names + names).joined(separator: " "), view)
    #expect(outcome.reply == .integer(1000))
    #expect(outcome.mutations == names.map(delete))
    let pairs = (names + names.reversed()).enumerated().map { "\($1) \($0)" }.joined(separator: " ")
    let written = try evaluate("MSET " + pairs, view).mutations
    #expect(written == names.enumerated().map { put($1, String(1999 - $0)) })
  }

  @Test func `KEYS walks a keyspace of any size in pieces`() throws {
    let state = (0..<2500).map { ("key\($0)", (value: "v", expiresAt: Int64?.none)) }
    let outcome = try evaluate("KEYS *", MemoryView(Dictionary(uniqueKeysWithValues: state)))
    guard case .array(let keys) = outcome.reply else {
      Issue.record("the reply is \(outcome.reply)")
      return
    }
    #expect(Set(keys) == Set(state.map { .text($0.0) }))
    #expect(keys.count == 2500)
  }
}
