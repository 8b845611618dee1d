import Foundation
import Kvorum
import Processes
import Testing

extension IntegrationTests {
  @Suite("Writes and reads", .timeLimit(.minutes(2)))
  struct WriteAndReadTests {
    @Test("A write is at once in SQL on every node, in the log and in the replica")
    func sqlOnEveryNode() async throws {
      try await withCluster { cluster in
        let connection = try await cluster.primary.connect()
        var delays: [Duration] = []
        for round in 1...15 {
          let value = "bar \(round) ü"
          try #require(try await connection.call("WRITE", "foo", value) == .simple("OK"))
          try #require(try await connection.call("READ", "foo") == .text(value))
          let (_, delay) = try await measured {
            try await eventually("\(value) is in all files", within: .seconds(5)) {
              try cluster.nodes.map(NodeFiles.init).allSatisfy {
                try $0.value(of: "foo") == value && $0.loggedValue(of: "foo") == value
              }
            }
          }
          delays.append(delay)
        }
        let median = delays.sorted()[delays.count / 2]
        print("in SQL on all nodes after \(median.milliseconds) ms, at most \(delays.max()!.milliseconds) ms")
        #expect(median < .milliseconds(100))
        try await NodeFiles.expectAgreement(of: cluster.nodes)
      }
    }

    @Test(
      "The sqlite3 shell reads a running node's replica",
      .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/sqlite3")))
    func sqliteShell() async throws {
      try await withCluster(slaves: 1) { cluster in
        try #require(try await cluster.primary.ask("SET", "user:1", #"{"name":"Ada"}"#) == .simple("OK"))
        for node in cluster.nodes {
          let output = node.directory + "/shell.txt"
          try await eventually("the shell shows the value at \(node.name)") {
            try? FileManager.default.removeItem(atPath: output)
            let streams = [
              open("/dev/null", O_RDONLY | O_CLOEXEC), KvorumBinary.openForWriting(output),
            ]
            defer { for stream in streams { close(stream) } }
            let shell = try ChildProcess(
              [
                "sqlite3", "-readonly", node.directory + "/replica.db",
                "SELECT value ->> '$.name' FROM kv WHERE key = 'user:1'",
              ], streams: .descriptors(input: streams[0], output: streams[1], errors: streams[1]))
            return try await shell.exit() == .code(0) && KvorumBinary.text(output) == "Ada\n"
          }
        }
      }
    }

    @Test("A Swift program uses the cluster in three lines")
    func threeLines() async throws {
      try await withCluster(slaves: 1) { cluster in
        let client = try await KvorumClient.connect(masters: cluster.masters.map(\.address))
        try await client.set("foo", "bar")
        try #require(try await client.get("foo") == "bar")
        try #require(try await client.get("nothing") == nil)
        await client.close()
      }
    }

    @Test("Keys and values are bytes: binary, empty, a mebibyte")
    func anyBytes() async throws {
      try await withCluster { cluster in
        let connection = try await cluster.primary.connect()
        let everyByte = Array(UInt8.min...UInt8.max)
        let values: [(key: [UInt8], value: [UInt8])] = [
          (everyByte, everyByte.reversed()), (Array("empty value".utf8), []), ([], Array("empty key".utf8)),
          ([0], [0]), ([13, 10], [13, 10, 0]), (Array("ü".utf8), Array("日本".utf8)),
          ([UInt8](repeating: 0x6B, count: 64 << 10), [1]),
          (Array("mebibyte".utf8), [UInt8](repeating: 0xFF, count: 1 << 20)),
        ]
        for (key, value) in values {
          let what = "\(key.prefix(20)) with \(value.count) bytes"
          try #require(
            try await connection.call([Array("SET".utf8), key, value]) == .simple("OK"), "\(what)")
          let isSame = try await connection.call([Array("GET".utf8), key]) == .bulk(value)
          try #require(isSame, "\(what)")
        }
        try await NodeFiles.expectAgreement(of: cluster.nodes)
        let stale = try await cluster.slaves[0].connect()
        for (key, value) in values {
          let prefix = ["KV.CONSISTENCY", "stale", "GET"].map { Array($0.utf8) }
          let isSame = try await stale.call(prefix + [key]) == .bulk(value)
          try #require(isSame, "\(key.prefix(20)) at a slave")
        }
      }
    }

    @Test("A value of 64 MiB is written and read, and no other master takes over meanwhile")
    func largestValue() async throws {
      // An unoptimized build needs more than the default lease to work through it.
      try await withCluster(slaves: 1, options: ["--lease", "2000"]) { cluster in
        let connection = try await cluster.primary.connect()
        let key = Array("largest".utf8)
        let value = [UInt8](repeating: 0xA5, count: 64 << 20)
        let epoch = try await cluster.primary.status().epoch
        let (answer, time) = try await measured {
          try await connection.call([Array("SET".utf8), key, value], within: .seconds(60))
        }
        try #require(answer == .simple("OK"))
        print("64 MiB written in \(time.milliseconds) ms")
        let read = try await connection.call([Array("GET".utf8), key], within: .seconds(60))
        guard case .bulk(let bytes) = read else { throw ConnectionTrouble.malformed("no value") }
        // Outside of the macro, which describes what it is given, byte by byte.
        let isSame = bytes.count == value.count && memcmp(bytes, value, value.count) == 0
        try #require(isSame)
        try await eventually("the value is on every node", within: .seconds(30)) {
          try cluster.nodes.map(NodeFiles.init).allSatisfy {
            try $0.integer("SELECT length(value) FROM kv WHERE key = 'largest'", in: "replica.db")
              == 64 << 20
          }
        }
        try #require(try await cluster.primary.status().epoch == epoch)
      }
    }

    @Test("Keys and values over the limits are refused with the limit in the error, and nothing is written")
    func limits() async throws {
      try await withCluster(slaves: 1, options: ["--max-key-bytes", "100", "--max-value-bytes", "1000"]) {
        cluster in
        let connection = try await cluster.primary.connect()
        let last = try NodeFiles(cluster.primary).lastIndex
        let tooLong = try await connection.call("SET", "key", String(repeating: "v", count: 1_001))
        try #require(tooLong.errorText?.contains("1000") == true, "\(tooLong)")
        let longKey = try await connection.call("SET", String(repeating: "k", count: 101), "value")
        try #require(longKey.errorText?.contains("100") == true, "\(longKey)")
        try #require(try NodeFiles(cluster.primary).lastIndex == last)
        try #require(
          try await connection.call("SET", String(repeating: "k", count: 100), "value") == .simple("OK"))
      }
    }

    @Test(
      "A command of more arguments than a node can take at once is refused, and beside large values keys stay cheap"
    )
    func manyKeys() async throws {
      try await withCluster(slaves: 1, options: ["--lease", "2000"]) { cluster in
        let connection = try await cluster.primary.connect()
        let epoch = try await cluster.primary.status().epoch
        for key in ["a", "m", "z"] {
          let value = String(repeating: "v", count: 4 << 20)
          try #require(try await connection.call("SET", key, value) == .simple("OK"))
        }
        // Reads of the replica, not of what has not been applied yet.
        try await eventually("the large values are in the replica") {
          try NodeFiles(cluster.primary).integer("SELECT count(*) FROM kv", in: "replica.db") == 3
        }
        let refused = try await connection.call(
          (["EXISTS"] + (0..<20_001).map { "k\($0)" }).map { Array($0.utf8) })
        try #require(refused.errorText?.contains("20000") == true, "\(refused)")
        let absent = (["EXISTS"] + (0..<5_000).map { "n\($0)" }).map { Array($0.utf8) }
        try #require(try await connection.call(absent, within: .seconds(10)) == .integer(0))
        try #require(try await cluster.primary.status().epoch == epoch)
      }
    }

    @Test("A hundred thousand pipelined commands on one connection are answered in order")
    func pipeline() async throws {
      // An unoptimized build on a busy machine stalls for longer than the default lease under this load.
      try await withCluster(options: ["--lease", "3000"]) { cluster in
        let connection = try await cluster.primary.connect()
        let count = 50_000
        var bytes: [UInt8] = []
        for number in 0..<count {
          bytes += RESPConnection.encode([
            Array("SET".utf8), Array("key-\(number % 1_000)".utf8), Array("\(number)".utf8),
          ])
          bytes += RESPConnection.encode([Array("INCR".utf8), Array("counter".utf8)])
        }
        let request = bytes
        let (replies, time) = try await measured {
          async let sent: Void = connection.send(request)
          let replies = try await connection.receive(2 * count, within: .seconds(100))
          try await sent
          return replies
        }
        print("100,000 pipelined writes in \(time.milliseconds) ms")
        for number in 0..<count {
          guard replies[2 * number] == .simple("OK"), replies[2 * number + 1] == .integer(Int64(number + 1))
          else {
            throw ConnectionTrouble.malformed(
              "\(replies[2 * number]), \(replies[2 * number + 1]) at \(number)")
          }
        }
        try #require(try await connection.call("GET", "key-999") == .text("\(count - 1)"))
        try await NodeFiles.expectAgreement(of: cluster.nodes)
      }
    }
  }
}
