import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct ReplayTests {
  private let cluster: OldCluster
  init() throws { cluster = try OldCluster() }

  private func replay(_ arguments: String...) throws -> KVLog.Run {
    let into = cluster.path("into")
    return try KVLog.run(["replay"] + arguments + ["--into", into, "--json"], in: cluster.home)
  }

  private func expectReplica(at index: LogIndex, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let expected = try cluster.expected(index)
    let verdict = try ReplicaReader(path: cluster.replica("into")).verify()
    #expect(verdict.isSound, sourceLocation: sourceLocation)
    #expect(verdict.standing.index == index, sourceLocation: sourceLocation)
    #expect(verdict.content == expected.content, sourceLocation: sourceLocation)
    #expect(verdict.standing.checksum == expected.chain, sourceLocation: sourceLocation)
  }

  private func ranges(_ run: KVLog.Run) throws -> [[[Int]]] {
    let merge = try #require(try run.json["merge"] as? [String: Any])
    return try #require(merge["sources"] as? [[String: Any]]).map { $0["ranges"] as? [[Int]] ?? [] }
  }

  @Test func `a log gives the replica that its node has`() throws {
    try cluster.make("s1", OldCluster.entries(300), commit: 300)
    let run = try replay(cluster.path("s1"))
    #expect(run.code == 0, "\(run.errors)")
    try expectReplica(at: 300)
    #expect(try cluster.integer(cluster.replica("into"), "SELECT durable_index FROM meta") == 300)
  }

  @Test func `a node whose replica was lost starts with a replayed one`() throws {
    try cluster.make("s1", OldCluster.entries(100), commit: 100)
    #expect(try replay(cluster.path("s1")).code == 0)
    try FileManager.default.removeItem(atPath: cluster.replica("s1"))
    try FileManager.default.moveItem(atPath: cluster.replica("into"), toPath: cluster.replica("s1"))
    let replica = try ReplicaWriter.open(directory: cluster.path("s1"), node: NodeID(11))
    let log = try LogStore.open(directory: cluster.path("s1")) { throw CocoaError(.fileReadUnknown) }
    #expect(try log.recover(applied: replica.applied).unapplied.isEmpty)
  }

  @Test func `entries that are not proven committed stay out unless they are asked for`() throws {
    try cluster.make("s1", OldCluster.entries(300), commit: 280)
    let run = try replay(cluster.path("s1"))
    #expect(run.code == 0)
    #expect(try run.json["uncommitted"] as? Int == 20)
    try expectReplica(at: 280)
    try FileManager.default.removeItem(atPath: cluster.path("into"))
    #expect(try replay(cluster.path("s1"), "--uncommitted").code == 0)
    try expectReplica(at: 300)
  }

  @Test func `the commit index is the highest that any log proves`() throws {
    try cluster.make("s1", OldCluster.entries(300), commit: 100)
    try cluster.make("s2", OldCluster.entries(200), commit: 200)
    #expect(try replay(cluster.path("s1"), cluster.path("s2")).code == 0)
    try expectReplica(at: 200)
  }

  @Test func `a replay ends at an index or a time`() throws {
    try cluster.make("s1", OldCluster.entries(300), commit: 300)
    #expect(try replay(cluster.path("s1"), "--to-index", "123").code == 0)
    try expectReplica(at: 123)
    try FileManager.default.removeItem(atPath: cluster.path("into"))
    #expect(try replay(cluster.path("s1"), "--until", "1700000077500").code == 0)
    try expectReplica(at: 77)
    try FileManager.default.removeItem(atPath: cluster.path("into"))
    #expect(try replay(cluster.path("s1"), "--until", "2023-11-14T22:14:38Z").code == 0)
    try expectReplica(at: 78)
  }

  @Test func `an index that the logs do not reach is a problem`() throws {
    try cluster.make("s1", OldCluster.entries(30), commit: 30)
    #expect(try replay(cluster.path("s1"), "--to-index", "31").code == 1)
  }

  @Test func `archived segments are put in order and lead into a trimmed log`() throws {
    try cluster.make("whole", OldCluster.entries(300), commit: 300)
    let second = try cluster.segment(of: "whole", 101...200)
    let first = try cluster.segment(of: "whole", 1...100)
    let rest = try cluster.segment(of: "whole", 201...300)
    let run = try replay(rest, second, first)
    #expect(run.code == 0, "\(run.errors)")
    try expectReplica(at: 300)
    #expect(try ranges(run) == [[[201, 300]], [[101, 200]], [[1, 100]]])
  }

  @Test func `a snapshot stands in for what came before the logs`() throws {
    try cluster.make("whole", OldCluster.entries(300), commit: 300)
    try cluster.make("s1", OldCluster.entries(300), commit: 300, applied: 150)
    let rest = try cluster.segment(of: "whole", 101...300)
    let without = try replay(rest)
    #expect(without.code == 2)
    #expect(without.errors.contains("begin after entry 100: give a replica.db"))
    #expect(try replay(rest, "--base", cluster.path("s1")).code == 0)
    try expectReplica(at: 300)
  }

  @Test func `a damaged snapshot is refused`() throws {
    try cluster.make("s1", OldCluster.entries(300), commit: 300, applied: 150)
    try cluster.tamper(cluster.replica("s1"), "UPDATE kv SET value = 'x' WHERE key = 'key5'")
    let run = try replay(cluster.path("s1"), "--base", cluster.path("s1"))
    #expect(run.code == 2)
    #expect(run.errors.contains("replica.db is damaged: 1 of its rows"))
    #expect(!FileManager.default.fileExists(atPath: cluster.path("into")))
  }

  @Test func `damaged copies complete each other, and it is said which gave what`() throws {
    for name in ["s1", "s2", "s3"] { try cluster.make(name, OldCluster.entries(300), commit: 300) }
    try cluster.tamper(cluster.log("s1"), #"DELETE FROM log WHERE "index" BETWEEN 50 AND 60"#)
    try cluster.tamper(cluster.log("s2"), #"UPDATE log SET value = 'x' WHERE "index" = 55"#)
    try cluster.tamper(cluster.log("s3"), #"UPDATE log SET key = 'key9' WHERE "index" = 70"#)
    let run = try replay(cluster.path("s1"), cluster.path("s2"), cluster.path("s3"))
    #expect(run.code == 1)
    try expectReplica(at: 300)
    #expect(
      try ranges(run)
        == [[[1, 49]], [[50, 54]], [[55, 69]]].enumerated().map { place, some in
          place == 0 ? some + [[70, 300]] : some
        })
  }

  @Test func `a page full of rubbish is passed over with another copy`() throws {
    for name in ["s1", "s2"] { try cluster.make(name, OldCluster.entries(3_000), commit: 3_000) }
    // Into the middle of the table, whatever stands there.
    try cluster.tamper(cluster.log("s1"), "PRAGMA wal_checkpoint(TRUNCATE)")
    let page = try #require(try cluster.integer(cluster.log("s1"), "PRAGMA page_count")) / 2
    try cluster.overwrite(
      cluster.log("s1"), at: UInt64(page) * 4_096, with: Array(repeating: 0xAB, count: 4_096))
    let run = try replay(cluster.path("s1"), cluster.path("s2"))
    #expect(run.code == 1, "\(run.output)\(run.errors)")
    try expectReplica(at: 3_000)
    let sources = try #require((try run.json["merge"] as? [String: Any])?["sources"] as? [[String: Any]])
    let problems = try #require(sources[0]["problems"] as? [String])
    #expect(problems.contains { $0.contains("SQLite cannot read it") }, "\(problems)")
  }

  @Test func `a truncated file gives what is left of it`() throws {
    for name in ["s1", "s2"] { try cluster.make(name, OldCluster.entries(3_000), commit: 3_000) }
    try cluster.tamper(cluster.log("s1"), "PRAGMA wal_checkpoint(TRUNCATE)")
    let size = try #require(try cluster.integer(cluster.log("s1"), "PRAGMA page_count")) * 4_096
    try FileHandle(forUpdating: URL(fileURLWithPath: cluster.log("s1"))).truncate(atOffset: UInt64(size / 2))
    let alone = try replay(cluster.path("s1"))
    #expect(alone.code == 1, "\(alone.output)\(alone.errors)")
    let applied = try #require(try alone.json["applied_index"] as? Int)
    #expect((1..<3_000).contains(applied))
    try expectReplica(at: LogIndex(applied))
    try FileManager.default.removeItem(atPath: cluster.path("into"))
    #expect(try replay(cluster.path("s1"), cluster.path("s2")).code == 1)
    try expectReplica(at: 3_000)
  }

  @Test func `a file without a readable start is named, and the others are used`() throws {
    for name in ["s1", "s2"] { try cluster.make(name, OldCluster.entries(30), commit: 30) }
    try cluster.overwrite(cluster.log("s1"), at: 0, with: Array(repeating: 0, count: 100))
    let run = try replay(cluster.path("s1"), cluster.path("s2"))
    #expect(run.code == 1)
    try expectReplica(at: 30)
    #expect(run.output.contains("is no SQLite file"))
  }

  @Test func `what is only read stays as it was, byte for byte, and may be on a read-only disk`() throws {
    try cluster.make("s 1?#%ü", OldCluster.entries(300), commit: 300)
    let directory = cluster.path("s 1?#%ü")
    func content() throws -> [String: Data] {
      let names = try FileManager.default.contentsOfDirectory(atPath: directory)
      return Dictionary(
        uniqueKeysWithValues: names.map {
          ($0, FileManager.default.contents(atPath: directory + "/" + $0) ?? Data())
        })
    }
    let before = try content()
    #expect(!before.keys.contains("log.db-wal"))
    #expect(try replay(directory, "--base", directory).code == 0)
    try expectReplica(at: 300)
    #expect(try content() == before)
  }

  @Test func `what no copy has ends the replay before it, and it is named`() throws {
    for name in ["s1", "s2"] {
      try cluster.make(name, OldCluster.entries(300), commit: 300)
      try cluster.tamper(cluster.log(name), #"DELETE FROM log WHERE "index" = 200"#)
    }
    let run = try replay(cluster.path("s1"), cluster.path("s2"))
    #expect(run.code == 1)
    try expectReplica(at: 199)
    let gap = try #require((try run.json["merge"] as? [String: Any])?["gap"] as? [String: Any])
    #expect(gap["index"] as? Int == 200)
    #expect(gap["later_index"] as? Int == 201)
  }

  @Test func `swapped, inserted and flipped rows are never applied`() throws {
    let damages = [
      #"""
      UPDATE log SET "index" = -1 WHERE "index" = 100; UPDATE log SET "index" = 100 WHERE "index" = 101;
      UPDATE log SET "index" = 101 WHERE "index" = -1
      """#,
      #"UPDATE log SET "index" = "index" + 100000 WHERE "index" >= 100; UPDATE log SET "index" = "index" - 99999 WHERE "index" > 100000; INSERT INTO log SELECT 100, epoch_round, epoch_master, time, op, key, value, expires_at, checksum, member FROM log WHERE "index" = 99"#,
      #"UPDATE log SET time = time + 1 WHERE "index" = 100"#,
      #"UPDATE log SET expires_at = 1 WHERE "index" = 100"#,
      #"UPDATE log SET op = 'delete' WHERE "index" = 100"#,
      #"UPDATE log SET checksum = checksum + 1 WHERE "index" = 100"#,
      #"UPDATE log SET epoch_round = 3 WHERE "index" = 100"#,
    ]
    for damage in damages {
      try cluster.make("s1", OldCluster.entries(150), commit: 150)
      try cluster.tamper(cluster.log("s1"), damage)
      #expect(try replay(cluster.path("s1")).code == 1, "\(damage)")
      try expectReplica(at: 99)
      for name in ["s1", "into"] { try FileManager.default.removeItem(atPath: cluster.path(name)) }
    }
  }

  @Test func `a history that lost never wins by its length, and a committed one always does`() throws {
    // The first lost its lead with entries that nobody else has; the second went on from before them.
    let lost = OldCluster.entries(100) + (101...180).map { OldCluster.entry($0, of: "lost") }
    let won = OldCluster.entries(100) + (101...120).map { OldCluster.entry($0, epoch: OldCluster.second) }
    try cluster.make("s1", lost, commit: 100)
    try cluster.make("s2", won, commit: 100)
    let run = try replay(cluster.path("s1"), cluster.path("s2"), "--uncommitted")
    #expect(run.code == 0, "\(run.output)\(run.errors)")
    #expect(try run.json["applied_index"] as? Int == 120)
    #expect(try ranges(run) == [[[1, 100]], [[101, 120]]])
    let leftAside = (try run.json["merge"] as? [String: Any])?["left_aside"] as? [String]
    #expect(leftAside?.count == 1)
    try FileManager.default.removeItem(atPath: cluster.path("into"))
    try cluster.make("s3", won, commit: 110)
    let committed = try replay(cluster.path("s1"), cluster.path("s3"))
    #expect(try committed.json["applied_index"] as? Int == 110)
    #expect(try committed.json["applied_epoch"] as? String == "\(OldCluster.second)")
  }

  @Test func `a directory that is there is never overwritten`() throws {
    try cluster.make("s1", OldCluster.entries(10), commit: 10)
    try cluster.make("into", OldCluster.entries(5), commit: 5)
    let run = try replay(cluster.path("s1"))
    #expect(run.code == 2)
    #expect(run.errors.contains("exists and is not empty"))
    try expectReplica(at: 5)
  }
}
