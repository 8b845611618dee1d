import Foundation
import Kvorum
import Processes
import Testing

extension IntegrationTests {
  @Suite("Nodes that kvlog has made", .timeLimit(.minutes(2)))
  struct RebuildTests {
    /// Runs the `kvlog` that stands beside `kvorum`.
    private func kvlog(_ arguments: String..., in home: String) async throws {
      let path = URL(fileURLWithPath: KvorumBinary.path).deletingLastPathComponent().path + "/kvlog"
      let run = try await KvorumBinary.run(arguments, of: path, in: home)
      #expect(run.exit == .code(0), "\(run.output)\(run.errors)")
    }

    @Test("A rebuilt slave and a rebuilt primary take the places of those that were lost, while writes go on")
    func rebuild() async throws {
      try await withCluster { cluster in
        let writer = RecordingWriter.byHand(cluster)
        try await writer.waitForMore()
        let lost = cluster.slaves[1]
        let oldSlave = try await lost.status().reporter.id
        lost.kill()
        try FileManager.default.removeItem(atPath: lost.directory)
        // From the files of nodes that run.
        try await kvlog(
          "rebuild", lost.directory, "--from", cluster.slaves[0].directory, cluster.slaves[2].directory,
          in: cluster.home)
        try lost.start()
        try await eventually("the rebuilt slave votes in the old one's place", within: .seconds(20)) {
          let status = try await cluster.primary.status()
          let named = status.nodes.filter { $0.name == lost.name }
          return status.n == 3 && status.membershipChange == nil && named.count == 1
            && named[0].id != oldSlave
            && named[0].state == .voting && named[0].connected
        }
        try await writer.waitForMore()
        let oldPrimary = try await cluster.primary.status().reporter.id
        cluster.primary.kill()
        try await cluster.waitUntilActive(cluster.backup)
        // It is moved aside, and slaves have all that a master needs.
        try await kvlog(
          "rebuild", cluster.primary.directory, "--from", cluster.slaves[0].directory, lost.directory,
          in: cluster.home)
        try cluster.primary.start()
        try await cluster.waitUntilActive(cluster.primary, within: .seconds(20))
        let status = try await cluster.primary.status()
        #expect(status.reporter.id != oldPrimary)
        #expect(!status.nodes.contains { $0.id == oldPrimary && $0.state != .removed })
        try await writer.waitForMore()
        await writer.stop()
        try await NodeFiles.expectAgreement(of: cluster.nodes)
      }
    }

    @Test(
      "From one slave that is left a new cluster is born with its data, which refuses the old one's nodes")
    func recover() async throws {
      try await withCluster { cluster in
        _ = try await cluster.primary.ask("SET", "kept", "yes")
        for node in cluster.nodes { node.kill() }
        let home = cluster.home + "/new"
        try await kvlog(
          "recover", cluster.slaves[0].directory, "--force-new-cluster", "--into", home, "--primary-address",
          cluster.primary.address, in: cluster.home)
        let primary = try cluster.make(
          .primary, name: "new-primary", port: cluster.primary.port, directory: home + "/primary")
        let slave = try cluster.make(.slave, name: "slave1", directory: home + "/slave1")
        try primary.start()
        try slave.start()
        try await cluster.waitUntilActive(primary)
        #expect(try await primary.ask("GET", "kept") == .bulk(Array("yes".utf8)))
        #expect(try await primary.ask("SET", "new", "1") == .simple("OK"))
        try cluster.slaves[1].start()
        #expect(try await cluster.slaves[1].exit() == .code(1))
        #expect(cluster.slaves[1].words().contains("wrong cluster"))
        // Others join as anywhere.
        let joining = try cluster.make(.slave, name: "joining")
        try joining.start()
        try await eventually("n is 2") {
          let status = try await primary.status()
          return status.n == 2 && status.membershipChange == nil
        }
        try await NodeFiles.expectAgreement(of: [primary, slave, joining])
      }
    }
  }
}
