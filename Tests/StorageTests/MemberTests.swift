import Commands
import Foundation
import Replication
import SQLite
import Testing

@testable import Storage

/// Hashes, lists, sets and sorted sets in a replica.
@Suite struct MemberTests {
  private let directory = TemporaryDirectory()

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func change(
    _ operation: Mutation.Operation, _ key: String, _ member: String = "", _ value: String = "",
    until end: Int64? = nil
  ) -> Mutation {
    Mutation(
      operation: operation, key: bytes(key), member: bytes(member), value: bytes(value), expiresAt: end)
  }

  /// A replica after entries of these mutations, one each.
  private func apply(_ mutations: [Mutation]) throws -> ReplicaReader {
    try directory.openReplica().apply(
      mutations.enumerated().map { Samples.entry(LogIndex($0.offset + 1), [$0.element]) })
    return try ReplicaReader(directory: directory.path)
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `a replica is what entries mean, whatever the borders of the batches`(seed: UInt64) throws {
    var source = RandomMutations(seed: seed)
    let entries = (1...160).map { source.entry(LogIndex($0)) }
    let expected = replay(entries)
    var writer = try directory.openReplica()
    var rest = entries[...]
    while !rest.isEmpty {
      let count = 1 + source.below(source.below(2) == 0 ? 3 : 60)
      try writer.apply(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
      if source.below(5) == 0 { writer = try directory.openReplica() }
    }
    let reader = try ReplicaReader(directory: directory.path)
    #expect(try reader.everything() == expected)
    #expect(try reader.count() == expected.count())
    let verdict = try reader.verify()
    #expect(verdict.isSound, "\(verdict)")
    try expectEqualReads(reader, expected, &source)

    let twin = TemporaryDirectory()
    let other = try twin.openReplica()
    for entry in entries { try other.apply([entry]) }
    #expect(other.contentChecksum == writer.contentChecksum)
    let built = TemporaryDirectory()
    try built.make()
    let builder = try ReplicaBuilder(directory: built.path, node: Samples.identity.id)
    try builder.apply(entries)
    #expect(builder.contentChecksum == writer.contentChecksum)
    #expect(Int(builder.keyCount) == expected.count())
    try builder.complete()
    #expect(try ReplicaReader(directory: built.path).everything() == expected)
  }

  private func expectEqualReads(
    _ reader: ReplicaReader, _ expected: PlainKeyspace, _ source: inout RandomMutations
  ) throws {
    for key in RandomMutations.keys {
      for member in RandomMutations.members {
        #expect(try reader.member(member, of: key) == expected.member(member, of: key))
        let limit = source.below(5)
        #expect(
          try reader.members(of: key, after: member, limit: limit).map { [$0.name, $0.value] }
            == expected.members(of: key, after: member, limit: limit).map { [$0.name, $0.value] })
        for start in [member, nil] {
          let found = try reader.members(of: key, after: start, limit: limit, descending: true)
          let wanted = expected.members(of: key, after: start, limit: limit, descending: true)
          #expect(found.map { [$0.name, $0.value] } == wanted.map { [$0.name, $0.value] })
        }
      }
    }
    for start in 0..<10 as Range<Int64> {
      let found = try reader.keys(endingFrom: start * 5, before: start * 5 + 17, limit: .max)
      let wanted = expected.keys(endingFrom: start * 5, before: start * 5 + 17, limit: .max)
      #expect(found.map(\.expiresAt) == wanted.map(\.expiresAt))
      #expect(Set(found.map(\.key)) == Set(wanted.map(\.key)))
      #expect(
        try reader.keys(endingFrom: 0, before: 100, limit: 2).count
          == min(2, expected.contents.values.count { $0.value.expiresAt != nil }))
    }
    #expect(
      try Dictionary(uniqueKeysWithValues: reader.keys(after: nil, limit: .max).map { ($0.key, $0.type) })
        == expected.contents.mapValues(\.value.type))
  }

  @Test func `every kind of value reads well in SQL`() throws {
    _ = try apply([
      change(.setField, "h", "name", "Ada"), change(.setField, "h", "born", "1815"),
      change(.addMember, "s", "x"), change(.addMember, "s", "y"),
      change(.setScore, "z", "low", "-inf"), change(.setScore, "z", "mid", "1.5"),
      change(.setScore, "z", "top", "inf"), change(.setElement, "l", "b", "second"),
      change(.setElement, "l", "a", "first"), change(.put, "k", "", "plain"),
      change(.expire, "h", until: 99),
    ])
    func query(_ sql: String) throws -> [[String]] { try directory.query(directory.replica, sql) }
    #expect(
      try query("SELECT key, type, value, version, expires_at FROM kv ORDER BY key") == [
        ["h", "hash", "2", "3", "99"], ["k", "string", "plain", "1", "NULL"],
        ["l", "list", "2", "2", "NULL"], ["s", "set", "2", "2", "NULL"], ["z", "zset", "3", "3", "NULL"],
      ])
    #expect(try query("SELECT typeof(value) FROM kv WHERE key = 'h'") == [["integer"]])
    #expect(
      try query("SELECT field, value FROM hash WHERE key = 'h' ORDER BY field") == [
        ["born", "1815"], ["name", "Ada"],
      ])
    #expect(try query(#"SELECT key, member FROM "set" ORDER BY member"#) == [["s", "x"], ["s", "y"]])
    #expect(
      try query("SELECT member, score FROM zset WHERE key = 'z' ORDER BY score") == [
        ["low", "-Inf"], ["mid", "1.5"], ["top", "Inf"],
      ])
    #expect(
      try query("SELECT position, value FROM list WHERE key = 'l' ORDER BY position") == [
        ["0", "first"], ["1", "second"],
      ])
  }

  @Test func `the search for what ends reads an index`() throws {
    _ = try apply([change(.put, "k", "", "v", until: 5)])
    let plan = try directory.query(
      directory.replica,
      "EXPLAIN QUERY PLAN SELECT key FROM kv WHERE expires_at >= 0 AND expires_at < 9 ORDER BY expires_at LIMIT 5"
    )
    #expect(plan.count == 1)
    #expect(plan[0].last?.contains("kv_expiry") == true, "\(plan)")
  }

  @Test func `a put of a string runs no statement for members`() throws {
    let writer = try directory.openReplica()
    try writer.apply([Samples.entry(1, [change(.setField, "h", "f", "1"), .put(bytes("k"), [1])])])
    // Without the table a statement on it would fail.
    try SQLiteConnection(path: directory.replica, mode: .readWrite).execute("ALTER TABLE member RENAME TO m")
    try writer.apply([Samples.entry(2, [.put(bytes("k"), [2]), .put(bytes("new"), []), .delete(bytes("k"))])])
    #expect(throws: StorageError.self) { try writer.apply([Samples.entry(3, [.put(bytes("h"), [])])]) }
  }

  @Test func `a snapshot brings the members with it, and a running replica takes them`() throws {
    let reader = try apply([
      change(.setField, "h", "f", "1"), change(.addMember, "s", "\u{0}"), change(.put, "k", "", "v"),
    ])
    let other = TemporaryDirectory()
    let writer = try other.openReplica()
    try writer.apply([Samples.entry(1, [change(.setElement, "l", "p", "gone"), .put(bytes("x"), [])])])
    let copy = directory.path + "/copy.db"
    try reader.copy(to: copy)
    _ = try writer.install(copy, standingAt: try SnapshotFiles.verify(copy))
    let taken = try ReplicaReader(directory: other.path)
    #expect(try taken.everything() == reader.everything())
    #expect(try taken.verify().isSound)
    try writer.apply([Samples.entry(4, [change(.deleteField, "h", "f")])])
    #expect(try taken.verify().isSound)
    #expect(try taken.value(for: bytes("h")) == nil)
  }

  @Test(arguments: [
    ("UPDATE member SET value = '2' WHERE member = 'f'", "the row of the member 'f' of the key 'h'"),
    (
      "UPDATE member SET checksum = checksum + 1 WHERE member = 'f'",
      "the row of the member 'f' of the key 'h'"
    ),
    ("UPDATE member SET value = CAST(value AS BLOB)", "the row of the member 'f' of the key 'h'"),
  ])
  func `a member that was changed by another hand is never returned`(sql: String, says: String) throws {
    let reader = try apply([change(.setField, "h", "f", "1"), change(.setField, "h", "g", "1")])
    try directory.tamper(directory.replica, sql)
    let error = try #require(throws: StorageError.self) { try reader.member(bytes("f"), of: bytes("h")) }
    #expect(error.kind == .damaged)
    #expect(error.description.contains(says), "\(error)")
    #expect(throws: StorageError.self) { try reader.members(of: bytes("h"), after: nil, limit: 9) }
    #expect(try reader.verify().damagedKeys.contains(bytes("h")))
  }

  /// Each makes rows that no longer are what was written, and says what finds it.
  @Test(arguments: [
    ("UPDATE kv SET type = 'set' WHERE key = 'h'", "does not fit its checksum"),
    ("UPDATE kv SET type = 'tree' WHERE key = 'h'", "does not fit its checksum"),
    ("UPDATE kv SET type = CAST(type AS BLOB) WHERE key = 'k'", "does not fit its checksum"),
    ("UPDATE kv SET value = 3 WHERE key = 'h'", "does not fit its checksum"),
    ("UPDATE member SET key = 's' WHERE member = 'f'", "a member of the key 's' does not fit its checksum"),
    ("UPDATE member SET value = 'other' WHERE member = 'f'", "a member of the key 'h' does not fit"),
    ("DELETE FROM member WHERE member = 'f'", "it has 2 rows of members, and 3 were written"),
    ("DELETE FROM kv WHERE key = 'h'", "it has 2 rows, and 3 were written"),
    (
      "INSERT INTO member SELECT 'nobody', member, value, checksum FROM member WHERE member = 'f'",
      "a member of the key 'nobody' does not fit its checksum"
    ),
    (
      "DELETE FROM kv WHERE key = 'h'; DELETE FROM member WHERE key = 'h'; UPDATE meta SET key_count = 2",
      "its rows do not add up to what was written"
    ),
  ])
  func `what another hand has changed of members is damage`(sql: String, says: String) throws {
    let reader = try apply([
      change(.setField, "h", "f", "1"), change(.setField, "h", "g", "2"), change(.addMember, "s", "m"),
      change(.put, "k", "", "v"),
    ])
    let scrub = try ReplicaScrub(directory: directory.path)
    while try !scrub.step().isAtEnd {}
    try scrub.checkSum()
    #expect(try reader.verify().isSound)
    try directory.tamper(directory.replica, sql)
    let error = try #require(throws: StorageError.self) {
      while try !scrub.step().isAtEnd {}
      try scrub.checkSum()
    }
    #expect(error.kind == .damaged)
    #expect(error.description.contains(says), "\(error)")
    let verdict = try reader.verify()
    #expect(!verdict.isSound)
    #expect(!verdict.finding.isEmpty)
    let builder = try ReplicaBuilder(
      directory: {
        try! FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: true)
        return $0
      }(
        directory.path + "/built"), node: Samples.identity.id)
    #expect(throws: StorageError.self) { try builder.copy(reader) }
  }

  @Test func `the log keeps every operation as it is, and shows it in SQL`() throws {
    let mutations = Mutation.Operation.allCases.map { operation in
      Mutation(
        operation: operation, key: operation == .clear ? [] : bytes("k"),
        member: operation.container == nil ? [] : [0xFF], value: operation.hasValue ? bytes("v") : [],
        expiresAt: operation.hasExpiry ? 7 : nil)
    }
    let entries =
      mutations.enumerated().map { Samples.entry(LogIndex($0.offset + 1), [$0.element]) }
      + [Samples.entry(LogIndex(mutations.count + 1), mutations)]
    let log = try directory.openLog()
    try log.append(entries, commit: 1)
    let reader = try LogReader(directory: directory.path)
    #expect(try reader.entries(from: 1, limitBytes: .max, limitCount: .max) == entries)
    var rows: [Entry] = []
    try LogSource(path: directory.log).forEachRow(strictly: true) {
      if case .entry(let entry, _) = $0 { rows.append(entry) }
      return true
    }
    #expect(rows == entries)
    let words = "put delete clear expire hset hdel sadd srem zadd zrem lset lrem".split(separator: " ").map(
      String.init)
    for part in [#""index" < 13"#, #""index" = 13"#] {
      let changes = try directory.query(
        directory.log,
        #"SELECT op, key, hex(member), value, expires_at FROM changes WHERE \#(part) ORDER BY "index", part"#)
      #expect(changes.map { $0[0] } == words)
      #expect(changes[2] == ["clear", "", "", "NULL", "NULL"])
      #expect(changes[3] == ["expire", "k", "", "NULL", "7"])
      #expect(changes[4] == ["hset", "k", "FF", "v", "NULL"])
      #expect(changes[5] == ["hdel", "k", "FF", "NULL", "NULL"])
    }
    // What the chain does not cover is held against the form.
    for sql in [
      "UPDATE log SET member = 'x' WHERE op = 'put'", "UPDATE log SET member = x'78' WHERE op = 'sadd'",
    ] {
      try directory.tamper(directory.log, sql)
      var unfit = 0
      try LogSource(path: directory.log).forEachRow(strictly: true) {
        if case .unfit = $0 { unfit += 1 }
        return true
      }
      #expect(unfit > 0, "\(sql)")
    }
  }

  @Test func `two replicas that differ in a member alone differ`() throws {
    let first = try apply([change(.setField, "h", "f", "1"), change(.setField, "h", "g", "1")])
    let directory = TemporaryDirectory()
    try directory.openReplica().apply([
      Samples.entry(1, [change(.setField, "h", "f", "1")]),
      Samples.entry(2, [change(.setField, "h", "\u{0}", "1")]),
    ])
    let second = try ReplicaReader(directory: directory.path)
    var found: [KeyspaceDifference] = []
    try KeyspaceDifference.forEach(first, second) {
      found.append($0)
      return true
    }
    #expect(found.map(\.key) == [bytes("h")])
    #expect(
      found.first?.members == [
        KeyspaceDifference.Member(name: [0], first: nil, second: bytes("1")),
        KeyspaceDifference.Member(name: bytes("g"), first: bytes("1"), second: nil),
      ])
  }
}
