import Foundation
import Replication
import SQLite
import Storage
import Testing

/// `kvlog verify` on directories with one fault each.
@Suite struct VerifyTests {
  /// What is done to the directory `s1`, which holds entries 1 to 60, of which 55 are applied, and what must be said.
  struct Damage: CustomTestStringConvertible, Sendable {
    var name: String
    var says: String
    var harm: @Sendable (OldCluster) throws -> Void
    var testDescription: String { name }

    init(_ name: String, says: String, _ harm: @escaping @Sendable (OldCluster) throws -> Void) {
      self.name = name
      self.says = says
      self.harm = harm
    }

    /// Changes the log by hand.
    static func log(_ name: String, says: String, _ sql: String) -> Damage {
      Damage(name, says: says) { try $0.tamper($0.log("s1"), sql) }
    }

    /// Changes the replica by hand.
    static func replica(_ name: String, says: String, _ sql: String) -> Damage {
      Damage(name, says: says) { try $0.tamper($0.replica("s1"), sql) }
    }
  }

  static let damages: [Damage] = [
    .log(
      "a value of the log edited", says: "entry 20: the checksum does not fit",
      #"UPDATE log SET value = 'other' WHERE "index" = 20"#),
    .log("a key of the log edited", says: "entry 20:", #"UPDATE log SET key = 'other' WHERE "index" = 20"#),
    .log(
      "a time of the log edited", says: "entry 20:", #"UPDATE log SET time = time + 1 WHERE "index" = 20"#),
    .log(
      "an epoch of the log edited", says: "entry 20:",
      #"UPDATE log SET epoch_round = 3 WHERE "index" = 20"#),
    .log(
      "an operation of the log edited", says: "entry 20:",
      #"UPDATE log SET op = 'delete' WHERE "index" = 20"#),
    .log("an unknown operation", says: "entry 20:", #"UPDATE log SET op = 'puf' WHERE "index" = 20"#),
    .log(
      "an expiry of the log edited", says: "entry 20:",
      #"UPDATE log SET expires_at = 7 WHERE "index" = 20"#),
    .log(
      "a checksum of the log edited", says: "entry 20:",
      #"UPDATE log SET checksum = checksum + 1 WHERE "index" = 20"#),
    .log(
      "a text turned into a blob", says: "entry 20: its key, member, value or expiry stands in a form",
      #"UPDATE log SET value = CAST(value AS BLOB) WHERE "index" = 20"#),
    .log(
      "a value added to an empty entry", says: "entry 2:", #"UPDATE log SET value = 'x' WHERE "index" = 2"#),
    .log(
      "a row of the log deleted", says: "entry 20: the entry is missing",
      #"DELETE FROM log WHERE "index" = 20"#),
    .log(
      "three rows of the log deleted", says: "entry 20: the entries to 22 are missing",
      #"DELETE FROM log WHERE "index" BETWEEN 20 AND 22"#),
    .log(
      "the last rows of the log deleted", says: "entry 51: it ends at entry 50",
      #"DELETE FROM log WHERE "index" > 50"#),
    .log(
      "two rows of the log swapped", says: "entry 20:",
      #"UPDATE log SET "index" = -1 WHERE "index" = 20; UPDATE log SET "index" = 20 WHERE "index" = 21; UPDATE log SET "index" = 21 WHERE "index" = -1"#
    ),
    .log(
      "a row of the log inserted", says: "entry 61:",
      #"INSERT INTO log SELECT 61, epoch_round, epoch_master, time, op, key, value, expires_at, checksum, member FROM log WHERE "index" = 60"#
    ),
    .log(
      "a part of a transaction edited", says: "entry 17:",
      #"UPDATE log_part SET value = 'x' WHERE "index" = 17 AND part = 1"#),
    .log(
      "a part of a transaction deleted", says: "entry 17:",
      #"DELETE FROM log_part WHERE "index" = 17 AND part = 1"#),
    .log(
      "parts of no transaction", says: "entry 20: parts of a transaction",
      #"INSERT INTO log_part SELECT 20, part, op, key, value, expires_at, member FROM log_part WHERE "index" = 17"#
    ),
    .log("a reign edited", says: "the table 'reigns' contradicts", "UPDATE reigns SET epoch_round = 9"),
    .log("the entry before the log edited", says: "entry 1:", "UPDATE base SET checksum = 5"),
    .replica(
      "a value of the replica edited", says: "the row of the key key1 does not fit its checksum",
      "UPDATE kv SET value = 'x' WHERE key = 'key1'"),
    .replica(
      "a version of the replica edited", says: "the row of the key key1",
      "UPDATE kv SET version = version + 1 WHERE key = 'key1'"),
    .replica(
      "an expiry of the replica edited", says: "the row of the key key1",
      "UPDATE kv SET expires_at = 7 WHERE key = 'key1'"),
    .replica(
      "a row of the replica deleted", says: "9 rows and should have 10",
      "DELETE FROM kv WHERE key = 'key1'"),
    .replica(
      "a row of the replica deleted, and the count mended", says: "a row was changed, removed or added",
      "DELETE FROM kv WHERE key = 'key1'; UPDATE meta SET key_count = key_count - 1"),
    .replica(
      "a row of the replica and all that counts it removed", says: "the key key1, which the log puts",
      """
      UPDATE meta SET key_count = key_count - 1,
        content_checksum = content_checksum - (SELECT checksum FROM kv WHERE key = 'key1');
      DELETE FROM kv WHERE key = 'key1'
      """),
    .replica(
      "a row of the replica added", says: "11 rows and should have 10",
      "INSERT INTO kv SELECT 'new', value, version, created_index, modified_index, expires_at, checksum, type FROM kv WHERE key = 'key1'"
    ),
    .replica(
      "a blob in place of a text", says: "the row of the key key1",
      "UPDATE kv SET value = CAST(value AS BLOB) WHERE key = 'key1'"),
    .replica(
      "a replica of another history", says: "the chain has",
      "UPDATE meta SET log_checksum = log_checksum + 1"),
    .replica("a replica that stands elsewhere", says: "replica.db", "UPDATE meta SET applied_index = 40"),
    .log("a log that says no owner", says: "its table 'node' is empty", "DELETE FROM node"),
    .replica(
      "another node's replica", says: "it belongs to the node", "UPDATE meta SET node = '00000000000000aa'"),
    Damage("a log that was cut short", says: "log.db") {
      try FileHandle(forUpdating: URL(fileURLWithPath: $0.log("s1"))).truncate(atOffset: 3 * 4_096)
    },
    Damage("a replica that was cut short", says: "replica.db") {
      try FileHandle(forUpdating: URL(fileURLWithPath: $0.replica("s1"))).truncate(atOffset: 4_096)
    },
    Damage("a log that is empty", says: "log.db") {
      try Data().write(to: URL(fileURLWithPath: $0.log("s1")))
    },
    Damage("a log that is something else", says: "log.db") {
      try Data("not a database, but long enough to look at".utf8).write(
        to: URL(fileURLWithPath: $0.log("s1")))
    },
    Damage("a log that is gone", says: "log.db is missing") {
      try FileManager.default.removeItem(atPath: $0.log("s1"))
    },
    Damage("a replica that is gone", says: "replica.db is missing") {
      try FileManager.default.removeItem(atPath: $0.replica("s1"))
    },
    Damage("a page of the log overwritten", says: "log.db") {
      try $0.overwrite($0.log("s1"), at: 4 * 4_096 + 100, with: [UInt8](repeating: 0x5A, count: 2_000))
    },
  ]

  @Test(arguments: damages) func everyDamageIsFoundAndNamed(damage: Damage) throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(60), commit: 58, applied: 55)
    try cluster.fold("s1")
    try #require(try KVLog.run(["verify", cluster.path("s1")], in: cluster.home).code == 0)
    try damage.harm(cluster)
    let run = try KVLog.run(["verify", cluster.path("s1")], in: cluster.home)
    #expect(run.code == 1, "\(run.output)\(run.errors)")
    #expect(run.output.contains("problem: "), "\(run.output)\(run.errors)")
    #expect(run.output.contains(damage.says), "\(run.output)")
    let json = try KVLog.run(["verify", cluster.path("s1"), "--json"], in: cluster.home)
    #expect(json.code == 1)
    #expect(try json.json["is_sound"] as? Bool == false)
  }

  @Test func anyFlippedBitOfAnyRowIsFound() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(40), commit: 40)
    try cluster.fold("s1")
    var dice = SystemRandomNumberGenerator()
    for file in [cluster.log("s1"), cluster.replica("s1")] {
      let original = try Data(contentsOf: URL(fileURLWithPath: file))
      let cells = try cluster.cellRanges(of: file)
      for _ in 0..<150 {
        let range = cells.randomElement(using: &dice)!
        let offset = Int.random(in: range, using: &dice)
        // The type of a column that is the row's number: SQLite itself does not look at it.
        guard file == cluster.replica("s1") || offset != range.lowerBound + 1 else { continue }
        var harmed = original
        harmed[offset] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
        try harmed.write(to: URL(fileURLWithPath: file))
        let run = try KVLog.run(["verify", cluster.path("s1")], in: cluster.home)
        #expect(
          run.code == 1, "byte \(offset) of \(file) was changed: \(run.code) \(run.output)\(run.errors)")
      }
      try original.write(to: URL(fileURLWithPath: file))
    }
  }

  @Test func aLostWriteAheadFileIsNoticed() throws {
    let cluster = try OldCluster()
    let store = try LogStore.open(directory: cluster.path("s1")) {
      NodeIdentity(id: NodeID(11), name: "s1", role: .slave, createdAt: 0)
    }
    try store.write([LogWrite(ticket: 1, entries: OldCluster.entries(30), commit: 30)])
    // A node that is killed leaves all three files.
    try FileManager.default.createDirectory(atPath: cluster.path("copy"), withIntermediateDirectories: true)
    for name in ["log.db", "log.db-shm"] {
      try FileManager.default.copyItem(
        atPath: cluster.path("s1/\(name)"), toPath: cluster.path("copy/\(name)"))
    }
    let run = try KVLog.run(["verify", cluster.path("copy/log.db")], in: cluster.home)
    #expect(run.code == 1)
    #expect(run.output.contains("log.db-wal"), "\(run.output)\(run.errors)")
    withExtendedLifetime(store) {}
  }

  @Test func aReplicaAheadOfItsLogShowsThatTheLogLostItsEnd() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(30), commit: 20, applied: 20)
    try cluster.make("s2", OldCluster.entries(40), commit: 40)
    try FileManager.default.removeItem(atPath: cluster.replica("s1"))
    try cluster.fold("s2")
    try FileManager.default.copyItem(atPath: cluster.replica("s2"), toPath: cluster.replica("s1"))
    let run = try KVLog.run(["verify", cluster.path("s1")], in: cluster.home)
    #expect(run.code == 1)
    #expect(run.output.contains("it holds everything up to entry 40"), "\(run.output)")
  }

  @Test func editsAreFoundAfterTheLogThatWroteThemWasTrimmed() throws {
    let cases = [
      ("UPDATE kv SET value = 'x' WHERE key = 'key5'", "the row of the key key5"),
      ("DELETE FROM kv WHERE key = 'key5'", "rows and should have"),
      (
        """
        UPDATE meta SET key_count = key_count - 1,
          content_checksum = content_checksum - (SELECT checksum FROM kv WHERE key = 'key8');
        DELETE FROM kv WHERE key = 'key8'
        """, "the key key8, which the log puts"
      ),
    ]
    for (sql, says) in cases {
      let cluster = try OldCluster()
      try cluster.make("s1", OldCluster.entries(60), commit: 60)
      try cluster.trim("s1", upTo: 57)
      try cluster.fold("s1")
      try #require(try KVLog.run(["verify", cluster.path("s1")], in: cluster.home).code == 0)
      try cluster.tamper(cluster.replica("s1"), sql)
      let run = try KVLog.run(["verify", cluster.path("s1")], in: cluster.home)
      #expect(run.code == 1)
      #expect(run.output.contains(says), "\(run.output)")
    }
  }

  @Test func nodesOfDifferentLengthAndOpenEndsAreNoProblem() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(60), commit: 50)
    try cluster.make("s2", OldCluster.entries(55), commit: 40)
    let other = OldCluster.entries(50) + [OldCluster.entry(51, epoch: OldCluster.second, of: "w")]
    try cluster.make("s3", other, commit: 50)
    let run = try KVLog.run(
      ["verify", "s1", "s2", "s3"].map { $0.hasPrefix("s") ? cluster.path($0) : $0 }, in: cluster.home)
    #expect(run.code == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("entries 51 to 60 are not known to be committed"))
    #expect(run.output.contains("part at entry 51"))
    #expect(run.output.hasSuffix("ok\n"))
  }

  @Test func committedHistoriesThatPartAreNamedWithTheFirstEntry() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(60), commit: 60)
    try cluster.make(
      "s2", OldCluster.entries(54) + (55...60).map { OldCluster.entry($0, of: $0 == 55 ? "w" : "v") },
      commit: 60)
    let run = try KVLog.run(["verify", cluster.path("s1"), cluster.path("s2")], in: cluster.home)
    #expect(run.code == 1)
    #expect(run.output.contains("part at entry 55, which both had noted as committed"), "\(run.output)")
    #expect(run.output.contains("part at the key"), "\(run.output)")
  }

  @Test func whatIsNotThereCannotBeLookedAt() throws {
    let cluster = try OldCluster()
    let run = try KVLog.run(["verify", cluster.path("nowhere")], in: cluster.home)
    #expect(run.code == 2)
    #expect(run.errors.contains("nowhere does not exist"))
  }

  @Test func lookingLeavesNoTrace() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(60), commit: 58, applied: 55)
    try cluster.fold("s1")
    func state() throws -> [String: Data] {
      var found: [String: Data] = [:]
      for name in try FileManager.default.contentsOfDirectory(atPath: cluster.path("s1")) {
        found[name] = FileManager.default.contents(atPath: cluster.path("s1/\(name)"))
      }
      return found
    }
    let before = try state()
    for command in [["verify"], ["inspect"], ["dump"], ["history"], ["diff"]] {
      let more = command == ["history"] ? ["key1"] : command == ["diff"] ? [cluster.path("s1")] : []
      #expect(try KVLog.run(command + [cluster.path("s1")] + more, in: cluster.home).code == 0)
    }
    #expect(try state() == before)
  }
}
