import Kvorum
import Testing

extension IntegrationTests {
  @Suite("Too few slaves", .timeLimit(.minutes(1)))
  struct QuorumTests {
    @Test("Before the first slave has come a write is answered NOREPLICAS at once")
    func noSlave() async throws {
      try await withCluster(slaves: 1, started: false) { cluster in
        for node in cluster.masters { try node.start() }
        try await eventually("the primary waits for a slave") {
          try await cluster.primary.status().state == .waiting
        }
        let (reply, time) = try await measured { try await cluster.primary.ask("SET", "foo", "bar") }
        try #require(reply.errorText?.hasPrefix("NOREPLICAS") == true, "\(reply)")
        #expect(time < .milliseconds(500))
        try #require(try NodeFiles(cluster.primary).lastIndex == 0)
        try cluster.slaves[0].start()
        try await cluster.waitUntilWritable()
      }
    }

    @Test("With fewer than W slaves a write is answered NOREPLICAS at once, and nothing is appended")
    func tooFew() async throws {
      try await withCluster { cluster in
        let connection = try await cluster.primary.connect()
        try #require(try await connection.call("SET", "foo", "bar") == .simple("OK"))
        cluster.slaves[0].kill()
        try #require(try await connection.call("SET", "foo", "one down") == .simple("OK"))
        cluster.slaves[1].kill()
        try await eventually("the primary knows that two slaves are gone") {
          try await cluster.primary.status().nodes.count { !$0.connected } == 2
        }
        let last = try NodeFiles(cluster.primary).lastIndex
        let (reply, time) = try await measured { try await cluster.primary.ask("SET", "foo", "two down") }
        try #require(reply.errorText?.hasPrefix("NOREPLICAS") == true, "\(reply)")
        #expect(time < .milliseconds(500))
        try #require(try NodeFiles(cluster.primary).lastIndex == last)
        try cluster.slaves[1].start()
        try await cluster.waitUntilActive(cluster.primary)
        try await cluster.waitUntilWritable()
        try #require(try await cluster.primary.ask("GET", "foo") == .text("one down"))
      }
    }

    @Test("A write that was appended but not committed in time is INDOUBT on a socket that stays open")
    func inDoubt() async throws {
      try await withCluster(options: ["--lease", "3000", "--write-timeout", "700"]) { cluster in
        let connection = try await cluster.primary.connect()
        try #require(try await connection.call("SET", "foo", "before") == .simple("OK"))
        for slave in cluster.slaves { try await slave.freeze() }
        let reply = try await connection.call("SET", "foo", "doubtful")
        try #require(reply.errorText?.hasPrefix("INDOUBT epoch=") == true, "\(reply)")
        try #require(reply.errorText?.contains("index=") == true, "\(reply)")
        try #require(try await connection.call("PING") == .simple("PONG"))
        for slave in cluster.slaves { slave.thaw() }
        // It was appended, and so it may be kept; here the slaves take it when they wake.
        try await eventually("the doubtful write is kept") {
          try await cluster.primary.ask("GET", "foo") == .text("doubtful")
        }
      }
    }
  }
}
