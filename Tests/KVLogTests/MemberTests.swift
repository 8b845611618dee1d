import Foundation
import Replication
import SQLite
import Storage
import Testing

/// What `kvlog` makes of hashes, sets, sorted sets and lists.
@Suite struct MemberTests {
  private let cluster: OldCluster

  init() throws { cluster = try OldCluster() }

  private static func change(
    _ operation: Mutation.Operation, _ key: String, _ member: String = "", _ value: String = "",
    until end: Int64? = nil
  ) -> Mutation {
    Mutation(
      operation: operation, key: Array(key.utf8), member: Array(member.utf8), value: Array(value.utf8),
      expiresAt: end)
  }

  /// A history in which every operation does something, and some of it undoes what came before.
  private static let history: [[Mutation]] = [
    [change(.put, "gone", "", "1")],
    [change(.setField, "gone", "f", "1")],
    [change(.clear, "")],
    [change(.setField, "h", "name", "Ada"), change(.setField, "h", "born", "1815")],
    [change(.addMember, "s", "x"), change(.addMember, "s", "two words"), change(.addMember, "s", "")],
    [change(.setScore, "z", "low", "-inf"), change(.setScore, "z", "top", "1.5")],
    [change(.setElement, "l", "m", "first")],
    [change(.setElement, "l", "p", "last")],
    [change(.setElement, "l", "a", "front")],
    [change(.setElement, "l", "o", "between")],
    [change(.setElement, "l", "n", "between too")],
    [change(.put, "k", "", "it's text", until: 5_000_000_000_000)],
    [change(.setField, "h", "name", "Grace"), change(.expire, "h", until: 5_000_000_000_000)],
    [change(.deleteField, "h", "born"), change(.removeMember, "s", "x")],
    [change(.removeScored, "z", "low"), change(.removeElement, "l", "o")],
    [change(.setElement, "l", "p", "end"), change(.removeElement, "l", "a")],
    [change(.addMember, "turned", "x"), change(.delete, "turned")],
    [change(.setField, "turned", "y", "2")],
    [change(.setField, "emptied", "f", "1"), change(.deleteField, "emptied", "f")],
    [change(.put, "k", "", "new"), change(.expire, "z", until: nil)],
    [change(.addMember, "became", "m"), change(.put, "became", "", "string")],
  ]

  private static let entries: [Entry] =
    [OldCluster.entry(1), OldCluster.entry(2)]
    + history.enumerated().map {
      Entry(
        index: LogIndex($0.offset + 3), epoch: OldCluster.first,
        time: 1_700_000_000_000 + Int64($0.offset) * 1_000, payload: .mutations($0.element))
    }

  private static var last: LogIndex { entries.last?.index ?? 0 }

  private func make(_ name: String = "s1") throws {
    try cluster.make(name, Self.entries, commit: Self.last)
  }

  private func kvlog(_ arguments: String...) throws -> KVLog.Run {
    try KVLog.run(arguments, in: cluster.home)
  }

  /// What a replica holds, without what tells when it was written.
  private func content(of directory: String) throws -> [String] {
    let file = DataDirectory.replica(in: directory)
    let rows = try SQLiteConnection(path: file, mode: .readOnly).prepare(
      """
      SELECT hex(kv.key), type, hex(kv.value), expires_at, hex(member.member), hex(member.value)
      FROM kv LEFT JOIN member ON member.key = kv.key ORDER BY kv.key, member.member
      """)
    var lines: [String] = []
    while try rows.step() { lines.append((0..<6).map { rows.text($0) }.joined(separator: " ")) }
    return lines
  }

  /// The commands in a RESP stream, as words.
  private func commands(_ stream: String) -> [String] {
    var lines = stream.components(separatedBy: "\r\n")[...]
    var commands: [String] = []
    while let head = lines.popFirst(), head.first == "*", let count = Int(head.dropFirst()) {
      commands.append(
        (0..<count).map { _ in
          lines.removeFirst()
          return lines.removeFirst()
        }.joined(separator: " "))
    }
    return commands
  }

  @Test func `a dump names what happened to members`() throws {
    try make()
    let text = try kvlog("dump", cluster.path("s1")).output
    #expect(
      text.hasPrefix("WRITE gone 1\nHSET gone f 1\nCLEAR\nHSET h name Ada\nHSET h born 1815\nSADD s x\n"),
      "\(text)")
    for line in [
      #"SADD s "two words""#, "ZADD z -inf low", "LSET l m first", "EXPIRE h until 2128-06-11T08:53:20.000Z",
      "HDEL h born", "SREM s x", "ZREM z low", "LREM l o", "PERSIST z",
    ] {
      #expect(text.contains(line + "\n"), "\(line)\n\(text)")
    }
    // Whatever key is looked for, it went with all others.
    #expect(
      try kvlog("dump", cluster.path("s1"), "--key", "gone").output == "WRITE gone 1\nHSET gone f 1\nCLEAR\n")
    let json = try kvlog("dump", cluster.path("s1"), "--json", "--key", "z").output
    #expect(json.contains(#""op":"zadd","key":"z","member":"low","value":"-inf""#), "\(json)")
    #expect(json.contains(#""op":"clear""#))
  }

  @Test func `the SQL of a dump makes the tables of the replica`() throws {
    try make()
    let run = try kvlog("dump", cluster.path("s1"), "--format", "sql")
    let path = cluster.path("rebuilt.db")
    let rebuilt = try SQLiteConnection(path: path, mode: .create)
    try rebuilt.execute(run.output)
    for columns in [
      "key, type, value, version, created_index, modified_index, expires_at FROM kv",
      "key, member, value FROM member",
    ] {
      func rows(_ path: String) throws -> [String] {
        let rows = try SQLiteConnection(path: path, mode: .readOnly).prepare(
          "SELECT \(columns) ORDER BY 1, 2")
        var lines: [String] = []
        while try rows.step() {
          lines.append((0..<rows.columnCount).map { rows.text($0) }.joined(separator: "|"))
        }
        return lines
      }
      #expect(try rows(path) == rows(cluster.replica("s1")))
      #expect(try !rows(path).isEmpty)
    }
  }

  @Test func `the commands of a log lead a list through all that happened to it`() throws {
    try make()
    let run = try kvlog("dump", cluster.path("s1"), "--format", "resp", "--key", "l")
    #expect(run.code == 0, "\(run.errors)")
    var list: [String] = []
    for words in commands(run.output).map({ $0.components(separatedBy: " ") }) {
      switch words[0] {
      case "FLUSHALL": list = []
      case "RPUSH": list.append(words[2...].joined(separator: " "))
      case "LPUSH": list.insert(words[2...].joined(separator: " "), at: 0)
      case "RPOP": list.removeLast()
      case "LPOP": list.removeFirst()
      case "LSET": list[try #require(Int(words[2]))] = words[3...].joined(separator: " ")
      case "LMOVE" where words[3] == "LEFT": list.append(list.removeFirst())
      case "LMOVE": list.insert(list.removeLast(), at: 0)
      case "MULTI", "EXEC": break
      default: Issue.record("\(words)")
      }
    }
    #expect(list == ["first", "between too", "end"])

    try cluster.trim("s1", upTo: 10)
    let trimmed = try kvlog("dump", cluster.path("s1"), "--format", "resp")
    #expect(trimmed.code == 1)
    #expect(trimmed.errors.contains("changes of lists were left out"), "\(trimmed.errors)")
    #expect(!trimmed.output.contains("LMOVE"))
  }

  @Test func `an export of a replica makes its keys with the commands of their types`() throws {
    try make()
    let run = try kvlog("export", cluster.path("s1"), "--format", "resp")
    #expect(run.code == 0, "\(run.errors)")
    let found = commands(run.output)
    for command in [
      "HSET h name Grace", "PEXPIREAT h 5000000000000", "SADD s two words", "SADD s ", "ZADD z 1.5 top",
      "SET k new", "HSET turned y 2", "SET became string",
    ] {
      #expect(found.filter { $0 == command }.count == 1, "\(command)\n\(found)")
    }
    #expect(
      found.filter { $0.contains(" l ") } == ["RPUSH l first", "RPUSH l between too", "RPUSH l end"])
    #expect(!run.output.contains("MULTI"))
  }

  @Test func `what is exported as JSON comes back, from a replica and from a log`() throws {
    try make()
    for source in [cluster.path("s1"), cluster.log("s1")] {
      let file = cluster.path("all.json")
      let export = try kvlog("export", source, "--output", file)
      #expect(export.code == 0, "\(export.errors)")
      let run = try kvlog("import", file, "--into", cluster.path("into"))
      #expect(run.code == 0, "\(run.output)\(run.errors)")
      #expect(try content(of: cluster.path("into/primary")) == content(of: cluster.path("s1")))
      #expect(try kvlog("verify", cluster.path("into/primary"), cluster.path("into/slave1")).code == 0)
      try FileManager.default.removeItem(atPath: cluster.path("into"))
      try FileManager.default.removeItem(atPath: file)
    }
  }

  @Test(arguments: [
    (#"{"key": "h", "op": "hset", "value": "1"}"#, #"there is no "member""#),
    (#"{"key": "h", "op": "hset", "member": "1"}"#, #"there is no "value""#),
    (#"{"key": "h", "op": "tset", "member": "1"}"#, #"the "op" is unknown"#),
    (#"{"key": "h", "op": "expire", "expires_at": "soon"}"#, #""expires_at" is no number"#),
  ])
  func `a line that is no change of a member is named`(line: String, says: String) throws {
    let file = cluster.path("bad.json")
    try Data(#"{"key": "h", "op": "hset", "member": "f", "value": "1"}\#n\#(line)\#n"#.utf8).write(
      to: URL(fileURLWithPath: file))
    let run = try kvlog("import", file, "--into", cluster.path("into"))
    #expect(run.code == 1)
    #expect(run.output.contains("line 2: " + says), "\(run.output)\(run.errors)")
  }

  @Test func `the history of a key counts what changed it`() throws {
    try make()
    let run = try kvlog("history", cluster.path("s1"), "h")
    #expect(run.output.contains("HSET name Ada  version 1  (replaced)"), "\(run.output)")
    #expect(run.output.contains("HSET name Grace  version 3  (replaced)"))
    #expect(run.output.contains("EXPIRE  until 2128-06-11T08:53:20.000Z  version 4"))
    #expect(run.output.contains("HDEL born  version 5  (current)"))
    let json = try kvlog("history", cluster.path("s1"), "emptied", "--json").json
    let changes = try #require(json["changes"] as? [[String: Any]])
    #expect(changes.map { $0["op"] as? String } == ["clear", "hset", "hdel"])
    #expect(changes.map { $0["version"] as? Int } == [nil, 1, nil])
    #expect(changes.last?["member"] as? String == "f")
  }

  @Test func `a difference between two points in time names members`() throws {
    try make()
    let index = Self.last - 8
    let run = try kvlog("diff", cluster.path("s1") + "@\(index)", cluster.path("s1"), "--values")
    #expect(run.code == 1, "\(run.errors)")
    #expect(
      run.output.contains("~ h  hash of 2, version 4 of entry 15  ->  hash of 1, version 5"), "\(run.output)")
    #expect(run.output.contains("  -    born  1815\n"))
    #expect(run.output.contains("  -    x\n"))
    let json = try kvlog("diff", cluster.path("s1") + "@\(index)", cluster.path("s1"), "--json").output
    #expect(json.contains(#""members":[{"a":"1815","member":"born"}]"#), "\(json)")
  }

  @Test func `every trimmed log agrees with its replica, and with no other`() throws {
    try make("whole")
    #expect(try kvlog("verify", cluster.path("whole")).code == 0)
    for base in (1..<Self.last) {
      let name = "at\(base)"
      try make(name)
      try cluster.trim(name, upTo: base)
      let run = try kvlog("verify", cluster.path(name), cluster.path("whole"))
      #expect(run.code == 0, "base \(base): \(run.output)\(run.errors)")
    }
    // The sums are mended, so that the log alone tells.
    for (base, sql, says) in [
      (LogIndex(0), "UPDATE member SET value = '1' WHERE member = 'name'", "the key h does not hold"),
      (8, "UPDATE member SET value = 'x' WHERE value = 'end'", "the key l does not hold"),
      (
        12, "INSERT INTO member VALUES ('h', 'born', '1', 0); UPDATE kv SET value = 2 WHERE key = 'h'",
        "the key h"
      ),
      (
        16, "INSERT INTO member VALUES ('l', 'o', '1', 0); UPDATE kv SET value = 4 WHERE key = 'l'",
        "the key l"
      ),
      (18, "UPDATE kv SET value = 'x' WHERE key = 'k'", "the key k does not hold"),
    ] as [(LogIndex, String, String)] {
      try make("bad")
      if base > 0 { try cluster.trim("bad", upTo: base) }
      try tamper("bad", sql)
      let run = try kvlog("verify", cluster.path("bad"))
      #expect(run.code == 1, "\(sql): \(run.output)")
      #expect(run.output.contains(says), "\(sql): \(run.output)")
      #expect(!run.output.contains("checksum is"), "\(run.output)")
      try FileManager.default.removeItem(atPath: cluster.path("bad"))
    }
  }

  /// Changes a replica by hand, and mends its checksums, as someone does who knows them.
  private func tamper(_ name: String, _ sql: String) throws {
    try cluster.tamper(cluster.replica(name), sql)
    let file = try SQLiteConnection(path: cluster.replica(name), mode: .readWrite)
    func canonical(_ bytes: [[UInt8]]) -> [UInt8] {
      bytes.flatMap { string in
        withUnsafeBytes(of: UInt64(string.count).littleEndian) { Array($0) } + string
      }
    }
    func number(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    var sum: UInt64 = 0
    let keys = try file.prepare(
      "SELECT rowid, key, type, value, version, created_index, modified_index, expires_at FROM kv")
    var updates: [(String, UInt64, Int64)] = []
    while try keys.step() {
      let tail =
        number(keys.integer(4)) + number(keys.integer(5)) + number(keys.integer(6))
        + [keys.isNull(7) ? 0 : 1] + number(keys.integer(7))
      let isString = keys.text(2) == "string"
      let bytes =
        isString
        ? canonical([keys.bytes(1), keys.bytes(3)])
        : canonical([keys.bytes(1), keys.bytes(2)]) + number(keys.integer(3))
      updates.append(("kv", xxh64(bytes + tail, seed: isString ? 0 : 1), keys.integer(0)))
    }
    let members = try file.prepare("SELECT rowid, key, member, value FROM member")
    while try members.step() {
      let bytes = canonical([members.bytes(1), members.bytes(2), members.bytes(3)])
      updates.append(("member", xxh64(bytes, seed: 2), members.integer(0)))
    }
    for (table, checksum, rowid) in updates {
      sum &+= checksum
      try file.execute("UPDATE \(table) SET checksum = \(Int64(bitPattern: checksum)) WHERE rowid = \(rowid)")
    }
    try file.execute("UPDATE meta SET content_checksum = \(Int64(bitPattern: sum))")
    #expect(try ReplicaReader(path: cluster.replica(name)).verify().isSound)
  }

  @Test func `a lost node is built again with its members`() throws {
    try make("s1")
    try make("s2")
    try make("s3")
    try FileManager.default.removeItem(atPath: cluster.replica("s1"))
    let replay = try kvlog("replay", cluster.log("s2"), "--into", cluster.path("replayed"))
    #expect(replay.code == 0, "\(replay.output)\(replay.errors)")
    #expect(try content(of: cluster.path("replayed")) == content(of: cluster.path("s2")))
    let based = try kvlog(
      "replay", cluster.log("s3"), "--base", cluster.replica("s2"), "--into", cluster.path("based"))
    #expect(based.code == 0, "\(based.output)\(based.errors)")
    #expect(try content(of: cluster.path("based")) == content(of: cluster.path("s2")))
  }
}
