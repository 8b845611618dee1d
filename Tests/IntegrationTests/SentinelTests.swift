import Testing

extension IntegrationTests {
  @Suite(.timeLimit(.minutes(3)))
  struct SentinelTests {
    @Test(
      arguments: ["redis-py", "redis-py-defaults", "hiredis", "redis-py-resp3", "coredis"].filter(
        FollowingClient.isThere))
    func `Redis clients that ask for SENTINEL follow kill -9 and failback and lose nothing`(client: String)
      async throws
    {
      try await withCluster { cluster in
        let writer = try await FollowingClient(client, cluster)
        try await writer.waitForMore()
        cluster.primary.kill()
        try await cluster.waitUntilActive(cluster.backup)
        try await writer.waitForMore()
        try cluster.primary.start()
        try await cluster.waitUntilActive(cluster.primary)
        try await writer.waitForMore()
        let outcome = try await writer.finish()
        print("\(client): \(outcome)")
        #expect(outcome.lost == [])
        #expect(outcome.longestGap < (KvorumBinary.isSanitized ? 10_000 : 2_000))
      }
    }

    @Test func `every node names the same master, by what it announces`() async throws {
      try await withCluster(options: ["--sentinel-name", "mine"]) { cluster in
        let address = RawReply.array([.text("127.0.0.1"), .text("\(cluster.primary.port)")])
        for node in cluster.nodes {
          try await eventually("\(node.name) names the primary") {
            try await node.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mine") == address
          }
          #expect(try await node.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "kvorum") == .null)
        }
        // A slave that has joined may have no link to the backup yet.
        try await eventually("the backup reaches all slaves") {
          try await cluster.backup.ask("SENTINEL", "CKQUORUM", "mine")
            == .simple("OK 3 usable slaves. Quorum and failover authorization can be reached")
        }
        let refusal = try await cluster.backup.ask("SENTINEL", "FAILOVER", "mine")
        #expect(refusal.errorText?.hasSuffix("active=\(cluster.primary.address)") == true)
        #expect(
          try await role(of: cluster.backup) == [
            "slave", "127.0.0.1", "\(cluster.primary.port)", "connected",
          ])
      }
    }

    @Test func `a master that cannot show that it leads names nobody, not even itself`() async throws {
      try await withCluster { cluster in
        for slave in cluster.slaves { try await slave.freeze() }
        try await eventually("the primary names no master") {
          try await cluster.primary.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "kvorum") == .null
        }
        #expect(try await cluster.primary.ask("SENTINEL", "MASTERS") == .array([]))
        #expect(try await role(of: cluster.primary).first == "slave")
        for slave in cluster.slaves { slave.thaw() }
        let master = try await cluster.waitUntilWritable()
        try await eventually("it is named again") {
          try await cluster.backup.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "kvorum")
            == .array([.text("127.0.0.1"), .text("\(master.port)")])
        }
      }
    }

    @Test func `a switch is told at both masters once the new one takes writes, and others are sent there`()
      async throws
    {
      try await withCluster { cluster in
        let (old, new) = (cluster.primary, cluster.backup)
        let listeners = [try await old.connect(), try await new.connect()]
        for listener in listeners { _ = try await listener.call("SUBSCRIBE", "+switch-master") }
        let all = try await old.connect()
        _ = try await all.call("PSUBSCRIBE", "*")
        let ordinary = try await old.connect()
        _ = try await ordinary.call("SUBSCRIBE", "news")

        #expect(try await old.ask("SENTINEL", "FAILOVER", "kvorum") == .simple("OK"))
        let event = RawReply.array([
          .text("message"), .text("+switch-master"),
          .text("kvorum 127.0.0.1 \(old.port) 127.0.0.1 \(new.port)"),
        ])
        for listener in listeners.reversed() {
          #expect(try await listener.receive() == event)
          #expect(try await new.ask("SET", "after", "switch") == .simple("OK"))
        }
        var channels: [RawReply] = []
        while !channels.contains(.text("+switch-master")) {
          guard case .array(let parts) = try await all.receive() else { break }
          channels.append(parts[2])
        }
        await #expect(throws: ConnectionTrouble.ended) { try await ordinary.receive() }
        #expect(try await listeners[0].call("PING") == .array([.text("pong"), .text("")]), "it stays")
      }
    }

    /// The strings and numbers of ROLE.
    private func role(of node: TestNode) async throws -> [String] {
      guard case .array(let parts) = try await node.ask("ROLE") else { return [] }
      return parts.prefix(4).map { part in
        switch part {
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let number): "\(number)"
        default: "\(part)"
        }
      }
    }
  }
}
