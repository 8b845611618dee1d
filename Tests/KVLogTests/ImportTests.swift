import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct ImportTests {
  private let cluster: OldCluster
  init() throws { cluster = try OldCluster() }

  private func run(_ content: [UInt8], _ options: String..., name: String = "file") throws -> KVLog.Run {
    try Data(content).write(to: URL(fileURLWithPath: cluster.path(name)))
    return try KVLog.run(
      ["import", cluster.path(name), "--into", cluster.path("into"), "--json"] + options, in: cluster.home)
  }

  private func run(_ text: String, _ options: String...) throws -> KVLog.Run {
    try Data(text.utf8).write(to: URL(fileURLWithPath: cluster.path("file")))
    return try KVLog.run(
      ["import", cluster.path("file"), "--into", cluster.path("into"), "--json"] + options, in: cluster.home)
  }

  private func value(_ key: String, at node: String = "primary") throws -> String? {
    try ReplicaReader(directory: cluster.path("into/" + node)).value(for: Array(key.utf8)).map {
      String(decoding: $0.value, as: UTF8.self)
    }
  }

  private func problems(_ run: KVLog.Run) throws -> [String] {
    try #require(try run.json["problems"] as? [[String: String]]).map {
      "\($0["place"] ?? ""): \($0["reason"] ?? "")"
    }
  }

  private func command(_ words: String...) -> String {
    "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
  }

  @Test func `the older system's log becomes a cluster that can start`() throws {
    let run = try run("WRITE a 1\nREAD a\nWRITE b two words\nWRITE a 2\n")
    #expect(run.code == 0, "\(run.errors)")
    #expect(try value("a") == "2")
    #expect(try value("b", at: "slave1") == "two words")
    #expect(try run.json["passed_over"] as? [String: Int] == ["READ lines": 1])
    for name in ["primary", "slave1"] {
      let path = cluster.path("into/" + name)
      let log = try LogStore.open(directory: path) { throw CocoaError(.fileNoSuchFile) }
      let replica = try ReplicaWriter.open(directory: path, node: log.identity.id)
      let state = try log.recover(applied: replica.applied)
      #expect(state.lastIndex == 4)
      #expect(state.commit == 4)
      #expect(state.configurations.map(\.index) == [1])
      #expect(try ReplicaReader(directory: path).verify().isSound)
    }
  }

  @Test func `lines that are damaged are counted and named by their numbers`() throws {
    let run = try run("WRITE a 1\nWROTE b 2\nWRITE c\n\nREAD\nWRITE d \u{0}\nWRITE e 5")
    #expect(run.code == 1)
    #expect(try run.json["damaged"] as? Int == 4)
    #expect(
      try problems(run) == [
        "line 2: the line begins with neither WRITE nor READ", "line 3: WRITE without a key and a value",
        "line 5: READ without a key", "line 6: the line holds NUL bytes",
      ])
    #expect(try value("e") == "5")
    #expect(try #require(try run.json["notes"] as? [String]).contains { $0.contains("line 7") })
  }

  @Test func `JSON lines keep bytes and expiries`() throws {
    let run = try run(
      """
      {"key": "a", "value": "x\\ny", "expires_at": 5000000000000}
      {"key_base64": "/wA=", "value_base64": "AAE="}
      {"key": "gone", "value": "1", "expires_at": 1}
      {"key": "n", "value": {"b": [1, 2]}}
      {"key": "broken"
      {"value": "no key"}

      """)
    #expect(run.code == 1)
    #expect(try value("a") == "x\ny")
    #expect(try value("n") == #"{"b":[1,2]}"#)
    #expect(try value("gone") == nil)
    let reader = try ReplicaReader(directory: cluster.path("into/primary"))
    #expect(try reader.value(for: Array("a".utf8))?.expiresAt == 5_000_000_000_000)
    #expect(try reader.value(for: [0xFF, 0])?.value == [0, 1])
    #expect(try problems(run).map { String($0.prefix(6)) } == ["line 5", "line 6"])
  }

  @Test func `an append-only file is evaluated command by command`() throws {
    let run = try run(
      "#TS:1700000000\r\n" + command("SELECT", "0") + command("SET", "a", "5") + command("INCRBY", "a", "37")
        + command("MSET", "b", "1", "c", "2") + command("DEL", "b") + command("SET", "e", "1", "PXAT", "1")
        + command("PSETEX", "f", "100000000", "x") + command("SELECT", "3") + command("SET", "other", "1"))
    #expect(run.code == 0, "\(run.output)")
    #expect(try value("a") == "42")
    #expect(try value("b") == nil)
    #expect(try value("c") == "2")
    #expect(try value("e") == nil)
    #expect(try value("f") == "x")
    #expect(try value("other") == nil)
    #expect(try run.json["passed_over"] as? [String: Int] == ["commands for database 3": 1])
    let time = try cluster.integer(
      DataDirectory.log(in: cluster.path("into/primary")), #"SELECT time FROM log WHERE "index" = 2"#)
    #expect(time == 1_700_000_000_000)
  }

  @Test func `a transaction becomes one entry`() throws {
    #expect(
      try run(
        command("MULTI") + command("SET", "a", "1") + command("INCR", "a") + command("SET", "b", "1")
          + command("EXEC")
      )
      .code == 0)
    #expect(try value("a") == "2")
    #expect(
      try cluster.integer(DataDirectory.log(in: cluster.path("into/primary")), "SELECT count(*) FROM log")
        == 2)
  }

  @Test func `unknown commands, failures and a torn end are reported and the rest is imported`() throws {
    let run = try run(
      command("SET", "a", "x") + command("XADD", "l", "1") + command("INCR", "a") + command("SET", "b", "2")
        + "*3\r\n$3\r\nSET\r\n$1\r\nc")
    #expect(run.code == 1)
    #expect(try value("b") == "2")
    #expect(try run.json["unknown_commands"] as? [String: Int] == ["XADD": 1])
    #expect(try problems(run).count == 3)
    #expect(try problems(run).last?.contains("the last command is cut off") == true)
  }

  @Test func `a transaction without its end is left out whole`() throws {
    let run = try run(command("SET", "a", "1") + command("MULTI") + command("SET", "b", "1"))
    #expect(run.code == 1)
    #expect(try value("a") == "1")
    #expect(try value("b") == nil)
  }

  @Test func `a snapshot of Redis is refused with the way out`() throws {
    let run = try run("REDIS0011\u{1}")
    #expect(run.code == 2)
    #expect(run.errors.contains("aof-use-rdb-preamble no"))
    #expect(!FileManager.default.fileExists(atPath: cluster.path("into")))
  }

  @Test func `the directory of Redis 7 is read in the order of its manifest`() throws {
    let directory = cluster.path("appendonlydir")
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let files = [
      "a.aof.1.base.aof": command("SET", "a", "1"), "a.aof.2.incr.aof": command("INCR", "a"),
      "a.aof.10.incr.aof": command("APPEND", "a", "!"),
      "a.aof.manifest": """
      file a.aof.10.incr.aof seq 10 type i
      file a.aof.1.base.aof seq 1 type b
      file a.aof.0.base.aof seq 0 type h
      file a.aof.2.incr.aof seq 2 type i

      """,
    ]
    for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: directory + "/" + name)) }
    let run = try KVLog.run(
      ["import", directory, "--into", cluster.path("into"), "--json"], in: cluster.home)
    #expect(run.code == 0, "\(run.errors)")
    #expect(try value("a") == "2!")
  }

  @Test func `what is exported can be imported again`() throws {
    try cluster.make("s1", OldCluster.entries(200), commit: 200)
    let content = try ReplicaReader(directory: cluster.path("s1")).count()
    for format in ["json", "resp"] {
      let file = cluster.path("exported." + format)
      let export = try KVLog.run(
        ["export", cluster.path("s1"), "--format", format, "--output", file], in: cluster.home)
      #expect(export.code == 0, "\(export.errors)")
      let run = try KVLog.run(["import", file, "--into", cluster.path("into")], in: cluster.home)
      #expect(run.code == 0, "\(run.output)\(run.errors)")
      let new = try ReplicaReader(directory: cluster.path("into/primary"))
      let old = try ReplicaReader(directory: cluster.path("s1"))
      #expect(try new.count() == content)
      for found in try new.keys(after: nil, limit: 100) {
        #expect(try new.value(for: found.key)?.value == (try old.value(for: found.key)?.value))
        #expect(try old.value(for: found.key)?.expiresAt == found.expiresAt)
      }
      try FileManager.default.removeItem(atPath: cluster.path("into"))
    }
  }

  @Test func `the changes of a log lead to the same keys as its replica`() throws {
    try cluster.make("s1", OldCluster.entries(200), commit: 200)
    let file = cluster.path("changes")
    let export = try KVLog.run(
      ["export", cluster.log("s1"), "--format", "resp", "--output", file], in: cluster.home)
    #expect(export.code == 0, "\(export.errors)")
    #expect(try KVLog.run(["import", file, "--into", cluster.path("into")], in: cluster.home).code == 0)
    let (new, old) = (
      try ReplicaReader(directory: cluster.path("into/primary")),
      try ReplicaReader(directory: cluster.path("s1"))
    )
    #expect(
      try new.keys(after: nil, limit: 100).map(\.key) == (try old.keys(after: nil, limit: 100).map(\.key)))
  }

  @Test func `text leaves out what it cannot hold, and says how much`() throws {
    try cluster.make("s1", OldCluster.entries(200), commit: 200)
    let export = try KVLog.run(["export", cluster.path("s1"), "--format", "text"], in: cluster.home)
    #expect(export.code == 1)
    #expect(export.output.split(separator: "\n").allSatisfy { $0.hasPrefix("WRITE key") })
    #expect(export.errors.contains("1 left out"))
  }

  @Test func `a damaged row is named and left out of an export`() throws {
    try cluster.make("s1", OldCluster.entries(200), commit: 200)
    try cluster.tamper(cluster.replica("s1"), "UPDATE kv SET value = 'forged' WHERE key = 'key7'")
    let export = try KVLog.run(["export", cluster.path("s1")], in: cluster.home)
    #expect(export.code == 1)
    #expect(!export.output.contains("forged"))
    #expect(export.errors.contains("'key7'"))
  }
}
