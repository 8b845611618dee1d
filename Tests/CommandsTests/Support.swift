import Commands
import Replication
import Testing

/// The moment at which the tests evaluate commands, in milliseconds of Unix time.
let now: Int64 = 1_700_000_000_000

/// A keyspace in memory that counts how often it is read.
final class MemoryView: KeyspaceView {
  private(set) var reads = 0
  private(set) var keyspace = PlainKeyspace()

  init(_ state: [String: (value: String, expiresAt: Int64?)] = [:]) {
    for (key, content) in state {
      keyspace.set(
        Array(key.utf8),
        StoredValue(
          value: Array(content.value.utf8), version: 3, createdIndex: 5, modifiedIndex: 9,
          expiresAt: content.expiresAt))
    }
  }

  func value(for key: [UInt8]) -> StoredValue? {
    reads += 1
    return keyspace.value(for: key)
  }

  func member(_ name: [UInt8], of key: [UInt8]) -> [UInt8]? { keyspace.member(name, of: key) }
  func members(of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool) -> [KeyMember] {
    keyspace.members(of: key, after: name, limit: limit, descending: descending)
  }
  func count() -> Int { keyspace.count() }
  func keys(after key: [UInt8]?, limit: Int) -> [ScannedKey] { keyspace.keys(after: key, limit: limit) }

  func placeCount(of key: [UInt8]) -> Int { keyspace.placeCount(of: key) }
  func member(at place: Int, of key: [UInt8]) -> KeyMember? { keyspace.member(at: place, of: key) }
  func anyKey(_ random: UInt64) -> ScannedKey? { keyspace.anyKey(random) }

  /// Does what a command decided, as if it were committed and applied.
  func apply(_ outcome: Outcome) { keyspace.apply(outcome.mutations, at: 100) }
}

/// The keyspace that most cases start from.
func sampleView() -> MemoryView {
  MemoryView([
    "k": ("old", nil), "n": ("10", nil), "ttl": ("old", now + 1500), "nttl": ("10", now + 1500),
    "gone": ("old", now - 1), "last": ("old", now), "max": ("9223372036854775807", nil),
    "min": ("-9223372036854775808", nil), "empty": ("", nil), "padded": ("010", nil),
  ])
}

/// Splits a command at its blanks; `''` stands for an empty argument.
func words(_ text: String) -> [[UInt8]] {
  text.split(separator: " ").map { $0 == "''" ? [] : Array($0.utf8) }
}

/// Evaluates a command of the standard table.
func evaluate(
  _ text: String, _ view: any KeyspaceView = sampleView(), limits: CommandLimits = CommandLimits()
) throws -> Outcome {
  try CommandTable.standard.evaluate(
    words(text), view: view, context: CommandContext(now: now, limits: limits))
}

func put(_ key: String, _ value: String, _ expiresAt: Int64? = nil) -> Mutation {
  .put(Array(key.utf8), Array(value.utf8), expiresAt: expiresAt)
}

func delete(_ key: String) -> Mutation { .delete(Array(key.utf8)) }

/// A command, what it answers and what it does.
struct Case: CustomTestStringConvertible, Sendable {
  var command: String
  var reply: Reply
  var mutations: [Mutation]

  init(_ command: String, _ reply: Reply, _ mutations: Mutation...) {
    self.command = command
    self.reply = reply
    self.mutations = mutations
  }

  var testDescription: String { command }
}

let syntaxError = Reply.error("ERR syntax error")
let notAnInteger = Reply.error("ERR value is not an integer or out of range")
let wouldOverflow = Reply.error("ERR increment or decrement would overflow")
