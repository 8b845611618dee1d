import Foundation
import Processes
import Testing

extension IntegrationTests {
  @Suite("Read levels", .timeLimit(.minutes(1)))
  struct ReadLevelTests {
    @Test("A majority read works against the slaves while both masters are down, and says so")
    func majorityWithoutMasters() async throws {
      try await withCluster { cluster in
        let written = try await cluster.run(["client"], ["write", "foo", "bar"])
        try #require(written.exit == .code(0), "\(written)")
        try await NodeFiles.expectAgreement(of: cluster.nodes)
        for master in cluster.masters { try await master.freeze() }
        let frozen = try await cluster.run(["client"], ["--read", "majority", "read", "foo"])
        try expectSlaves(frozen, "bar\n")
        for master in cluster.masters { master.kill() }
        let dead = try await cluster.run(["client"], ["--read", "majority", "read", "foo"])
        try expectSlaves(dead, "bar\n")
        let missing = try await cluster.run(["client"], ["--read", "majority", "read", "nothing"])
        try #require(missing.exit == .code(3), "\(missing)")

        let slaves = cluster.slaves.map(\.address).joined(separator: ",")
        let elsewhere = cluster.home + "/another-user"
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        func runElsewhere(_ options: [String]) async throws -> KvorumBinary.Run {
          try await KvorumBinary.run(
            ["client", "--masters", cluster.masterAddresses] + options + ["read", "foo"], in: elsewhere)
        }
        try expectSlaves(try await runElsewhere(["--read", "majority", "--slaves", slaves]), "bar\n")

        let linearizable = try await cluster.run(["client"], ["--timeout", "1", "read", "foo"])
        try #require(linearizable.exit == .code(1) && linearizable.output.isEmpty, "\(linearizable)")
        for slave in cluster.slaves.dropFirst() { slave.kill() }
        let tooFew = try await cluster.run(["client"], ["--read", "majority", "read", "foo"])
        try #require(tooFew.exit == .code(1) && tooFew.output.isEmpty, "\(tooFew)")
        let stale = try await cluster.run(["client"], ["--read", "stale", "read", "foo"])
        try expectSlaves(stale, "bar\n")
      }
    }

    private func expectSlaves(_ run: KvorumBinary.Run, _ output: String) throws {
      try #require(run.exit == .code(0) && run.output == output, "\(run)")
      try #require(run.errors.contains("slaves") && run.errors.contains("may miss"), "\(run)")
      #expect(run.time < .seconds(4), "dead masters delay it by at most two seconds")
    }

    @Test("A majority read through the master gives the newest value while a slave lags")
    func majorityThroughMaster() async throws {
      try await withCluster { cluster in
        try #require(try await cluster.primary.ask("SET", "foo", "old") == .simple("OK"))
        try await cluster.slaves[0].freeze()
        try #require(try await cluster.primary.ask("SET", "foo", "new") == .simple("OK"))
        try #require(
          try await cluster.primary.ask("KV.CONSISTENCY", "majority", "GET", "foo") == .text("new"))
        let connection = try await cluster.primary.connect()
        try #require(try await connection.call("KV.CONSISTENCY", "majority") == .simple("OK"))
        try #require(try await connection.call("READ", "foo") == .text("new"))
        try #require(try await connection.call("READ", "nothing") == .null)
        cluster.slaves[0].thaw()
      }
    }

    @Test(
      "A connection that reads by majority keeps the order of its reads and writes",
      arguments: [[], ["--no-lease"]])
    func majorityOrder(options: [String]) async throws {
      try await withCluster(options: options) { cluster in
        let connection = try await cluster.primary.connect()
        for round in 0..<20 {
          let (old, new) = ("\(round)-1", "\(round)-2")
          let pipeline = [
            ["SET", "a", old], ["KV.CONSISTENCY", "majority"], ["GET", "a"], ["SET", "a", new], ["GET", "a"],
          ].map { $0.map { Array($0.utf8) } }
          try await connection.send(pipeline.flatMap(RESPConnection.encode))
          let replies = try await connection.receive(5, within: .seconds(10))
          try #require(
            replies == [.simple("OK"), .simple("OK"), .text(old), .simple("OK"), .text(new)], "\(replies)")
        }
      }
    }

    @Test("Keys that are written together are read together by majority")
    func majorityOfSeveralKeys() async throws {
      try await withCluster { cluster in
        let (writer, reader) = (try await cluster.primary.connect(), try await cluster.primary.connect())
        try #require(try await reader.call("KV.CONSISTENCY", "majority") == .simple("OK"))
        for round in 0..<300 {
          try await writer.send(
            RESPConnection.encode(["MSET", "a", "\(round)", "b", "\(round)"].map { Array($0.utf8) }))
          let reply = try await reader.call("MGET", "a", "b")
          guard case .array(let values) = reply, values.count == 2, values[0] == values[1] else {
            Issue.record("a and b of one write differ: \(reply)")
            return
          }
          try #require(try await writer.receive() == .simple("OK"))
        }
      }
    }

    @Test("A slave and a standby answer stale reads when asked for them, and nothing else")
    func stale() async throws {
      try await withCluster { cluster in
        try #require(try await cluster.primary.ask("SET", "foo", "bar") == .simple("OK"))
        for node in cluster.slaves + [cluster.backup] {
          let connection = try await node.connect()
          let refused = try await connection.call("GET", "foo")
          try #require(refused.errorText?.hasPrefix("READONLY") == true, "\(node.name): \(refused)")
          let write = try await connection.call("SET", "foo", "no")
          try #require(write.errorText?.hasPrefix("READONLY") == true, "\(node.name): \(write)")
          try #require(write.errorText?.contains(cluster.primary.address) == true, "\(write)")
          try await eventually("\(node.name) has the value") {
            try await connection.call("KV.CONSISTENCY", "stale", "GET", "foo") == .text("bar")
          }
          try #require(try await connection.call("READONLY") == .simple("OK"))
          try #require(try await connection.call("GET", "foo") == .text("bar"))
          try #require(try await connection.call("READWRITE") == .simple("OK"))
          try #require(try await connection.call("GET", "foo").errorText != nil)
        }
      }
    }
  }
}
