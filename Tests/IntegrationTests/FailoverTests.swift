import Kvorum
import Processes
import Testing

extension IntegrationTests {
  @Suite("Failover and failback", .timeLimit(.minutes(2)))
  struct FailoverTests {
    @Test("Nothing acknowledged is lost when the primary is killed, and the backup takes over")
    func kill() async throws {
      try await withCluster { cluster in
        let client = try cluster.makeClient()
        let byHand = RecordingWriter.byHand(cluster)
        let byClient = RecordingWriter.byClient(client)
        try await byHand.waitForMore()
        try await byClient.waitForMore()
        cluster.primary.kill()
        try await cluster.waitUntilActive(cluster.backup)
        try await byHand.waitForMore()
        try await byClient.waitForMore()
        await byHand.stop()
        print(
          "kill -9: writers paused for \(byHand.longestPause.milliseconds) ms by hand, "
            + "\(byClient.longestPause.milliseconds) ms with KvorumClient")
        #expect(byHand.longestPause < .seconds(5))
        #expect(byClient.longestPause < .seconds(5))
        try await verifyEverywhere([byHand], cluster, at: cluster.backup, client: byClient)
        await client.close()
      }
    }

    @Test("A master that was stopped and wakes up answers no stale read and takes no write")
    func pause() async throws {
      try await withCluster { cluster in
        let old = try await cluster.primary.connect()
        try #require(try await old.call("SET", "foo", "old") == .simple("OK"))
        let writer = RecordingWriter.byHand(cluster)
        try await writer.waitForMore()
        try await cluster.primary.freeze()
        try await cluster.waitUntilActive(cluster.backup)
        try #require(try await cluster.backup.ask("SET", "foo", "new") == .simple("OK"))
        // These wait in the stopped master's socket and are the first thing that it sees.
        let second = try await cluster.primary.connect()
        for command in [["GET", "foo"], ["SET", "foo", "lost"], ["GET", "foo"]] {
          try await old.send(RESPConnection.encode(command.map { Array($0.utf8) }))
          try await second.send(RESPConnection.encode(command.map { Array($0.utf8) }))
        }
        cluster.primary.thaw()
        for connection in [old, second] {
          for _ in 0..<3 {
            guard let reply = try? await connection.receive() else { break }
            let isRefusal = ["READONLY", "NOREPLICAS", "CLUSTERDOWN"].contains {
              reply.errorText?.hasPrefix($0) == true
            }
            try #require(isRefusal, "\(reply)")
          }
        }
        try await cluster.waitUntilActive(cluster.primary)
        try #require(try await cluster.primary.ask("GET", "foo") == .text("new"))
        try await writer.waitForMore()
        await writer.stop()
        print("SIGSTOP and back: writers paused for \(writer.longestPause.milliseconds) ms")
        try await verifyEverywhere([writer], cluster, at: cluster.primary)
      }
    }

    @Test("The primary takes over again under load, again and again in both directions, and nothing is lost")
    func failback() async throws {
      try await withCluster { cluster in
        let client = try cluster.makeClient()
        let byHand = RecordingWriter.byHand(cluster, connections: 2)
        let byClient = RecordingWriter.byClient(client)
        for _ in 1...2 {
          try await byClient.waitForMore()
          cluster.primary.kill()
          try await cluster.waitUntilActive(cluster.backup)
          try await byHand.waitForMore()
          try await byClient.waitForMore()
          let doubtful = byClient.unknown
          try cluster.primary.start()
          let (_, time) = try await measured {
            try await cluster.waitUntilActive(cluster.primary, within: .seconds(15))
          }
          try await byHand.waitForMore()
          try await byClient.waitForMore()
          print("failback \(time.milliseconds) ms after the primary's start")
          #expect(time < .seconds(10))
          #expect(byClient.unknown == doubtful, "a handover leaves nothing in doubt with KvorumClient")

          cluster.backup.kill()
          try await byClient.waitForMore()
          try cluster.backup.start()
          try await eventually("the backup follows again") {
            try await cluster.backup.status().state == .standby
          }
        }
        try await verifyEverywhere([byHand], cluster, at: cluster.primary, client: byClient)
        await client.close()
      }
    }

    @Test("A handover is seen as a short pause by the Swift client, and as no error")
    func handover() async throws {
      try await withCluster { cluster in
        let client = try cluster.makeClient()
        let writer = RecordingWriter.byClient(client, writers: 2)
        try await writer.waitForMore()
        for target in [cluster.backup, cluster.primary, cluster.backup, cluster.primary] {
          let run = try await cluster.run(["admin", "transfer"], [target.name])
          try #require(run.exit == .code(0), "\(run)")
          try await cluster.waitUntilActive(target)
          try await writer.waitForMore()
        }
        await writer.stop()
        print("four handovers: writers paused for at most \(writer.longestPause.milliseconds) ms")
        #expect(writer.unknown == 0)
        #expect(writer.longestPause < .seconds(2))
        try await verifyEverywhere([writer], cluster, at: cluster.primary)
        await client.close()
      }
    }

    @Test("A returning primary cuts what was never acknowledged and keeps it in a file")
    func discardedTail() async throws {
      try await withCluster(options: ["--lease", "1000"]) { cluster in
        let connection = try await cluster.primary.connect()
        try #require(try await connection.call("SET", "foo", "kept") == .simple("OK"))
        let others = [cluster.backup] + cluster.slaves
        for node in others { try await node.freeze() }
        let reply = try await connection.call("SET", "foo", "tail")
        try #require(reply.errorText?.hasPrefix("INDOUBT epoch=") == true, "\(reply)")
        try #require(try NodeFiles(cluster.primary).loggedValue(of: "foo") == "tail")
        // Killed, not woken: the entry waits in their sockets.
        for node in others { node.kill() }
        cluster.primary.kill()
        for node in others { try node.start() }
        try await cluster.waitUntilActive(cluster.backup)
        try #require(try await cluster.backup.ask("GET", "foo") == .text("kept"))
        try #require(try await cluster.backup.ask("SET", "bar", "new") == .simple("OK"))

        try cluster.primary.start()
        try await cluster.waitUntilActive(cluster.primary)
        let files = NodeFiles(cluster.primary)
        try #require(files.discarded.count == 1, "\(files.discarded)")
        try #require(
          try files.text(#"SELECT value FROM log WHERE key = 'foo'"#, in: files.discarded[0]) == "tail")
        try #require(cluster.primary.words().contains("discarded-"))
        try #require(try files.loggedValue(of: "foo") == "kept")
        try #require(try await cluster.primary.ask("GET", "foo") == .text("kept"))
        try await NodeFiles.expectAgreement(of: cluster.nodes)
      }
    }

    @Test("All nodes killed at once and started in any order come back with every acknowledged write")
    func fullRestart() async throws {
      try await withCluster { cluster in
        let client = try cluster.makeClient()
        let byHand = RecordingWriter.byHand(cluster)
        let byClient = RecordingWriter.byClient(client, writers: 2)
        for _ in 1...2 {
          try await byHand.waitForMore()
          try await byClient.waitForMore()
          for node in cluster.nodes.shuffled() { node.kill() }
          for node in cluster.nodes.shuffled() { try node.start() }
          let (_, time) = try await measured { try await cluster.waitUntilWritable() }
          print("writes are taken \(time.milliseconds) ms after the start of all nodes")
          #expect(time < .seconds(10))
        }
        try await byHand.waitForMore()
        try await byClient.waitForMore()
        try await cluster.waitUntilActive(cluster.primary)
        try await verifyEverywhere([byHand], cluster, at: cluster.primary, client: byClient)
        await client.close()
      }
    }

    private func verifyEverywhere(
      _ writers: [RecordingWriter], _ cluster: TestCluster, at active: TestNode,
      client: RecordingWriter? = nil
    ) async throws {
      let all = writers + [client].compactMap { $0 }
      for writer in all { await writer.stop() }
      for writer in all { try await writer.verify(at: active) }
      let living = cluster.nodes.filter(\.isRunning)
      try await NodeFiles.expectAgreement(of: living)
      for node in living { for writer in all { try await writer.verify(filesOf: node) } }
    }
  }
}
