import Foundation
import Replication
import SQLite
import Storage
import Testing

/// `kvlog inspect`, `dump`, `history` and `diff`.
@Suite struct LookTests {
  @Test func inspectTellsWhatADirectoryIs() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(60), commit: 58, applied: 55)
    let run = try KVLog.run(["inspect", cluster.path("s1"), "--json"], in: cluster.home)
    #expect(run.code == 0, "\(run.output)\(run.errors)")
    let json = try run.json
    let node = try #require(json["node"] as? [String: Any])
    let log = try #require(json["log"] as? [String: Any])
    let replica = try #require(json["replica"] as? [String: Any])
    #expect(json["cluster"] as? String == OldCluster.id.description)
    #expect(node["role"] as? String == "slave")
    #expect(node["id"] as? String == NodeID(11).description)
    #expect(log["first_index"] as? Int == 1)
    #expect(log["last_index"] as? Int == 60)
    #expect(log["commit_index"] as? Int == 58)
    #expect((log["reigns"] as? [[String: Any]])?.first?["master"] as? String == "primary primary")
    #expect((log["memberships"] as? [[String: Any]])?.count == 1)
    #expect(replica["applied_index"] as? Int == 55)
    #expect(replica["keys"] as? Int == 10)
    let text = try KVLog.run(["inspect", cluster.log("s1")], in: cluster.home)
    #expect(text.output.contains("is a log"))
    #expect(text.output.contains("entries 1 to 60, committed up to 58"))
  }

  @Test func dumpReadsAsWhatClientsWrote() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(20), commit: 18, applied: 18)
    func dump(_ options: String...) throws -> KVLog.Run {
      try KVLog.run(["dump", cluster.path("s1")] + options, in: cluster.home)
    }
    let all = try dump()
    #expect(all.code == 0)
    let lines = all.output.split(separator: "\n")
    #expect(lines.first == "WRITE key3 v3")
    #expect(lines.contains("DELETE key3"))
    #expect(lines.contains(#"WRITE "\xff\x00" v17"#))
    #expect(!all.output.contains("v19"), "entry 19 is not committed")
    #expect(try dump("--uncommitted").output.contains("WRITE key9 v19"))
    #expect(try dump("--key", "key4").output == "WRITE key4 v4\nWRITE key4 v14\n")
    #expect(try dump("--from", "5", "--to", "6").output == "WRITE key5 v5\nWRITE key6 v6\n")
    #expect(try dump("--prefix", "key1", "--from", "4").output == "WRITE key1 v11\n")
    #expect(try dump("--epoch", "5").output.isEmpty)
    #expect(try dump("--since", "1700000018000").output == "WRITE key8 v18\n")
    #expect(try dump("--until", "1700000004000").output == "WRITE key3 v3\nWRITE key4 v4\n")
    #expect(try dump("--long", "--to", "2").output.contains("MEMBERS masters primary backup slaves s1 s2 s3"))
    let objects = try dump("--format", "json").output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.map { $0["index"] as? Int } == Array(1...18))
    #expect(objects[16]["op"] as? String == "txn")
    #expect((objects[16]["mutations"] as? [[String: Any]])?.last?["key_base64"] as? String == "/wA=")
  }

  @Test func theSQLOfADumpIsTheReplica() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(200), commit: 200)
    let run = try KVLog.run(["dump", cluster.path("s1"), "--format", "sql"], in: cluster.home)
    let path = cluster.path("rebuilt.db")
    let rebuilt = try SQLiteConnection(path: path, mode: .create)
    try rebuilt.execute(run.output)
    try rebuilt.close()
    let columns = "key, value, version, created_index, modified_index, expires_at"
    let check = try SQLiteConnection(path: cluster.replica("s1"), mode: .readOnly)
    try check.execute("ATTACH '\(path)' AS rebuilt")
    for (a, b) in [("main", "rebuilt"), ("rebuilt", "main")] {
      #expect(
        try check.integer(
          "SELECT count(*) FROM (SELECT \(columns) FROM \(a).kv EXCEPT SELECT \(columns) FROM \(b).kv)") == 0)
    }
    #expect(try check.integer("SELECT count(*) FROM rebuilt.kv") == 10)
  }

  @Test func whatIsDamagedIsNamedAndTheRestIsPrinted() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(20), commit: 20)
    try cluster.tamper(
      cluster.log("s1"),
      #"UPDATE log SET op = 'puf' WHERE "index" = 5; DELETE FROM log WHERE "index" BETWEEN 7 AND 8; UPDATE log SET value = 'x' WHERE "index" = 10"#
    )
    let run = try KVLog.run(["dump", cluster.path("s1")], in: cluster.home)
    #expect(run.code == 1)
    #expect(run.errors.contains("entry 5 cannot be read: the operation 'puf' is unknown"))
    #expect(run.errors.contains("entries 7 to 8 are missing"))
    #expect(run.errors.contains("entry 10 does not fit its checksum"))
    #expect(run.output.contains("WRITE key4 v4\n# entry 5 cannot be read"))
    #expect(run.output.contains("WRITE key0 x\n"))
    #expect(run.output.hasSuffix("WRITE key0 v20\n"))
  }

  @Test func rowsOnPagesThatCannotBeReadAreSkipped() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(2_000), commit: 2_000)
    try cluster.fold("s1")
    // A leaf in the middle of the table.
    let page = try #require(
      try cluster.integer(
        cluster.log("s1"),
        "SELECT pageno FROM dbstat WHERE name = 'log' AND pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 10"))
    try cluster.overwrite(
      cluster.log("s1"), at: UInt64(page - 1) * 4_096, with: [UInt8](repeating: 0xA5, count: 4_096))
    let run = try KVLog.run(["dump", cluster.path("s1")], in: cluster.home)
    #expect(run.code == 1)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count > 1_800, "\(lines.count) \(run.errors)")
    #expect(lines.last == "WRITE key0 v2000")
    #expect(run.errors.contains("cannot be read: database disk image is malformed"), "\(run.errors)")
  }

  @Test func historyTellsEveryPutAndDelete() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(25), commit: 23)
    let run = try KVLog.run(["history", cluster.path("s1"), "key3", "--json"], in: cluster.home)
    #expect(run.code == 0)
    let changes = try #require(try run.json["changes"] as? [[String: Any]])
    #expect(changes.map { $0["index"] as? Int } == [3, 13, 23])
    #expect(changes.map { $0["op"] as? String } == ["put", "delete", "put"])
    #expect(changes.map { $0["state"] as? String } == ["replaced", "replaced", "current"])
    #expect(changes.map { $0["version"] as? Int } == [1, nil, 1])
    let open = try KVLog.run(["history", cluster.path("s1"), "key5"], in: cluster.home)
    #expect(open.output.contains("WRITE v25  version 3  (uncommitted)"), "\(open.output)")
    let binary = try KVLog.run(["history", cluster.path("s1"), "/wA=", "--base64"], in: cluster.home)
    #expect(binary.output.contains("WRITE v17"))
  }

  @Test func historyShowsWhatWasCutFromTheLog() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(25), commit: 20)
    let store = try LogStore.open(directory: cluster.path("s1")) { throw CocoaError(.fileNoSuchFile) }
    try store.write([
      LogWrite(
        ticket: 1, truncateFrom: 24,
        entries: [OldCluster.entry(24, epoch: OldCluster.second, of: "w")], commit: 24)
    ])
    let run = try KVLog.run(["history", cluster.path("s1"), "key5"], in: cluster.home)
    #expect(run.output.contains("WRITE v25  (never committed)"), "\(run.output)")
    #expect(try KVLog.run(["history", cluster.path("s1"), "key4"], in: cluster.home).output.contains("w24"))
  }

  @Test func versionsOfATrimmedLogComeFromTheReplica() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(60), commit: 60)
    try cluster.trim("s1", upTo: 40)
    let changes = try #require(
      try KVLog.run(["history", cluster.path("s1"), "key4", "--json"], in: cluster.home).json["changes"]
        as? [[String: Any]])
    #expect(changes.map { $0["index"] as? Int } == [44, 54])
    #expect(changes.map { $0["version"] as? Int } == [5, 6])
  }

  @Test func diffNamesTheKeysThatDiffer() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(20), commit: 20)
    try cluster.make("s2", OldCluster.entries(22), commit: 22)
    let same = try KVLog.run(["diff", cluster.path("s1"), cluster.path("s2") + "@20"], in: cluster.home)
    #expect(same.code == 0, "\(same.output)\(same.errors)")
    #expect(same.output.hasPrefix("no key differs"))
    let run = try KVLog.run(["diff", cluster.path("s1"), cluster.path("s2"), "--json"], in: cluster.home)
    #expect(run.code == 1)
    let keys = try run.output.split(separator: "\n").map {
      try (JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["key"] as? String
    }
    #expect(keys == ["key1", "key2"])
    let text = try KVLog.run(
      ["diff", cluster.path("s2") + "@2023-11-14T22:13:32Z", cluster.path("s2") + "@13"], in: cluster.home)
    #expect(text.output.contains("- key3  version 1 of entry 3"), "\(text.output)\(text.errors)")
    let bad = try KVLog.run(
      ["diff", cluster.path("s1") + "@yesterday", cluster.path("s2")], in: cluster.home)
    #expect(bad.code == 2)
  }

  @Test func aReaderThatGoesAwayEndsADumpQuietly() throws {
    let cluster = try OldCluster()
    try cluster.make("s1", OldCluster.entries(20_000), commit: 20_000)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    shell.arguments = [
      "-c",
      "set -o pipefail; '\(KVLog.path)' dump '\(cluster.path("s1"))' 2>'\(cluster.home)/err' | head -n 1 >/dev/null",
    ]
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    #expect(FileManager.default.contents(atPath: cluster.home + "/err") == Data())
  }
}
