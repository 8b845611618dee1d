import Foundation
import Kvorum
import Processes
import Testing

extension IntegrationTests {
  @Suite("Nodes come and go", .timeLimit(.minutes(2)))
  struct MembershipTests {
    @Test("A slave that joins while writes run gets everything")
    func join() async throws {
      try await withCluster { cluster in
        let writer = RecordingWriter.byHand(cluster)
        try await writer.waitForMore(200)
        let joining = try cluster.make(.slave, name: "slave-4")
        try joining.start()
        try await eventually("n is 4") {
          let status = try await cluster.primary.status()
          return status.n == 4 && status.membershipChange == nil
        }
        try await writer.waitForMore()
        await writer.stop()
        try #require(writer.unknown == 0)
        try await NodeFiles.expectAgreement(of: cluster.nodes)
        try await writer.verify(filesOf: joining)
      }
    }

    @Test("A slave that was killed catches up when it returns")
    func slaveReturns() async throws {
      try await withCluster { cluster in
        let writer = RecordingWriter.byHand(cluster)
        try await writer.waitForMore()
        cluster.slaves[0].kill()
        try await writer.waitForMore(200)
        try cluster.slaves[0].start()
        try await writer.waitForMore()
        await writer.stop()
        try #require(writer.unknown == 0)
        try await NodeFiles.expectAgreement(of: cluster.nodes)
        try await writer.verify(filesOf: cluster.slaves[0])
      }
    }

    @Test("A slave that lost its disk takes the place of the old one of its name, under a new id")
    func lostDiskOfSlave() async throws {
      try await withCluster { cluster in
        let writer = RecordingWriter.byHand(cluster)
        try await writer.waitForMore()
        let old = try await cluster.slaves[0].status().reporter
        cluster.slaves[0].kill()
        try FileManager.default.removeItem(atPath: cluster.slaves[0].directory)
        try cluster.slaves[0].start()
        try await eventually("the new slave votes in the old one's place", within: .seconds(20)) {
          let status = try await cluster.primary.status()
          let named = status.nodes.filter { $0.name == old.name }
          return status.n == 3 && status.membershipChange == nil && named.count == 1
            && named[0].id != old.id && named[0].state == .voting && named[0].connected
        }
        try await writer.waitForMore()
        await writer.stop()
        try #require(writer.unknown == 0)
        try await NodeFiles.expectAgreement(of: cluster.nodes)
        try await writer.verify(filesOf: cluster.slaves[0])
      }
    }

    @Test("A removed slave ends with a sentence, and the quorums shrink; the last slave is not removed")
    func removeSlave() async throws {
      try await withCluster(slaves: 2) { cluster in
        let removed = try await cluster.run(["admin", "remove-slave"], ["slave-2"])
        try #require(removed.exit == .code(0), "\(removed)")
        let status = try await cluster.primary.status()
        try #require(status.n == 1 && !status.nodes.contains { $0.name == "slave-2" })
        try #require(try await cluster.slaves[1].exit() == .code(1))
        try #require(cluster.slaves[1].words().contains("removed"), "\(cluster.slaves[1].words())")
        try #require(try await cluster.primary.ask("SET", "foo", "bar") == .simple("OK"))
        let last = try await cluster.run(["admin", "remove-slave"], ["slave-1"])
        try #require(last.exit == .code(1) && last.errors.contains("last slave"), "\(last)")
        let unknown = try await cluster.run(["admin", "remove-slave"], ["slave-9"])
        try #require(unknown.exit == .code(1) && unknown.errors.contains("slave-9"), "\(unknown)")
        // Its old directory does not bring it back.
        try cluster.slaves[1].start()
        try #require(try await cluster.slaves[1].exit() == .code(1))
      }
    }

    @Test("A person hands the lead over, and it stays there until it is handed back")
    func transferAndRemoveMaster() async throws {
      try await withCluster(slaves: 1) { cluster in
        let transfer = try await cluster.run(["admin", "transfer"])
        try #require(transfer.exit == .code(0), "\(transfer)")
        try await cluster.waitUntilActive(cluster.backup)
        try #require(try await cluster.backup.ask("SET", "foo", "bar") == .simple("OK"))
        let active = try await cluster.run(["admin", "remove-master"], ["backup"])
        try #require(active.exit == .code(1), "an active master is not removed: \(active)")
        let back = try await cluster.run(["admin", "transfer"], ["primary"])
        try #require(back.exit == .code(0), "\(back)")
        try await cluster.waitUntilActive(cluster.primary)

        let removed = try await cluster.run(["admin", "remove-master"], ["backup"])
        try #require(removed.exit == .code(0), "\(removed)")
        try #require(try await cluster.backup.exit() == .code(1))
        try #require(cluster.backup.words().contains("removed"))
        let status = try await cluster.primary.status()
        try #require(!status.nodes.contains { $0.name == "backup" })
        try #require(try await cluster.primary.ask("GET", "foo") == .text("bar"))
        try #require(try await cluster.primary.ask("SET", "foo", "alone") == .simple("OK"))
      }
    }

    @Test("A master that lost its disk joins as a learner under a new id and becomes the primary again")
    func lostDiskOfMaster() async throws {
      try await withCluster { cluster in
        let writer = RecordingWriter.byHand(cluster)
        try await writer.waitForMore()
        let old = try await cluster.primary.status().reporter
        cluster.primary.kill()
        try FileManager.default.removeItem(atPath: cluster.primary.directory)
        try cluster.primary.start()
        try await cluster.waitUntilActive(cluster.primary, within: .seconds(20))
        try await writer.waitForMore()
        await writer.stop()
        let status = try await cluster.primary.status()
        try #require(status.reporter.id != old.id)
        try #require(status.nodes.count { $0.role == "primary" } == 1, "\(status.nodes.map(\.name))")
        try await NodeFiles.expectAgreement(of: cluster.nodes)
        try await writer.verify(at: cluster.primary)
        try await writer.verify(filesOf: cluster.primary)
      }
    }

    @Test("A second backup joins, and takes over when the primary and the first backup are gone")
    func secondBackup() async throws {
      try await withCluster { cluster in
        let second = try cluster.make(.backup, name: "backup-2")
        try second.start()
        try await eventually("the second backup follows") {
          let shown = try await cluster.primary.status().nodes.first { $0.name == "backup-2" }
          return try await second.status().state == .standby && shown?.state == .standby
        }
        try #require(try await cluster.primary.ask("SET", "foo", "bar") == .simple("OK"))
        cluster.primary.kill()
        cluster.backup.kill()
        try await cluster.waitUntilActive(second)
        try #require(try await second.ask("GET", "foo") == .text("bar"))
        try #require(try await second.ask("SET", "foo", "from the second") == .simple("OK"))
        try cluster.primary.start()
        try await cluster.waitUntilActive(cluster.primary)
        try #require(try await cluster.primary.ask("GET", "foo") == .text("from the second"))
      }
    }

    @Test("A node of another cluster is refused, with both clusters in the error")
    func wrongCluster() async throws {
      try await withCluster(slaves: 1) { cluster in
        try await withCluster(slaves: 1) { stranger in
          let own = try #require(try await cluster.primary.status().cluster)
          let theirs = try #require(try await stranger.primary.status().cluster)
          try #require(own != theirs)
          for node in stranger.nodes { node.kill() }
          let lost = try cluster.make(.slave, name: "slave-1", directory: stranger.slaves[0].directory)
          let lostMaster = try cluster.make(.backup, name: "backup", directory: stranger.backup.directory)
          for node in [lost, lostMaster] {
            try node.start()
            try #require(try await node.exit() == .code(1), "\(node.words())")
            let last = node.words().split(separator: "\n").last ?? ""
            try #require(last.hasPrefix("kvorum: ") && last.contains(own) && last.contains(theirs), "\(last)")
          }
          try #require(try await cluster.primary.ask("SET", "foo", "bar") == .simple("OK"))
          try #require(try await cluster.primary.status().n == 1)
        }
      }
    }
  }
}
