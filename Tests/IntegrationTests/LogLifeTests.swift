import Foundation
import Kvorum
import Processes
import SQLite
import Testing

/// A cluster whose logs are short, with a keyspace of some megabytes.
private let shortLogs = ["--log-entries", "300", "--max-slave-lag", "20000"]

/// Puts keys of 4 KiB each.
private func fill(_ node: TestNode, keys: Int) async throws {
  let connection = try await node.connect()
  let value = [UInt8](repeating: UInt8(ascii: "x"), count: 4_096)
  for key in 0..<keys {
    _ = try await connection.call([Array("SET".utf8), Array("large-\(key)".utf8), value])
  }
}

/// Runs the `kvlog` that stands beside `kvorum`.
private func kvlog(_ arguments: [String], in home: String) async throws -> KvorumBinary.Run {
  let path = URL(fileURLWithPath: KvorumBinary.path).deletingLastPathComponent().path + "/kvlog"
  return try await KvorumBinary.run(arguments, of: path, in: home)
}

/// Waits until the log of a running node begins after an entry.
private func waitUntilTrimmed(_ node: TestNode, beyond index: UInt64, _ writer: RecordingWriter) async throws
{
  try await eventually("\(node.name) has trimmed entry \(index)", within: .seconds(40)) {
    let status = try await node.status()
    return status.nodes.first { $0.name == node.name }?.logBaseIndex ?? 0 > index
  }
}

extension IntegrationTests {
  @Suite("The life of a log", .timeLimit(.minutes(3)))
  struct LogLifeTests {
    @Test("A slave that was away while the log was trimmed is filled under writes, and goes on after a kill")
    func fillUnderWrites() async throws {
      try await withCluster(options: shortLogs + ["--snapshot-rate", "1M"]) { cluster in
        try await fill(cluster.primary, keys: 1_000)
        let writer = RecordingWriter.byHand(cluster)
        try await writer.waitForMore()
        let slave = cluster.slaves[2]
        let last = UInt64(try NodeFiles(slave).lastIndex)
        slave.kill()
        let before = writer.longestPause
        try await waitUntilTrimmed(cluster.primary, beyond: last + 200, writer)
        func filled() async throws -> UInt64 {
          try await cluster.primary.status().nodes.first { $0.name == slave.name }?.fillBytes ?? 0
        }
        try slave.start()
        try await eventually("a part of the snapshot has come", within: .seconds(20)) {
          try await filled() > 600_000
        }
        slave.kill()
        try slave.start()
        try await eventually("the slave has all again", within: .seconds(30)) {
          let status = try await cluster.primary.status()
          return status.nodes.contains {
            $0.name == slave.name && $0.connected && $0.lagEntries < 200 && $0.fillSize == nil
          }
            && slave.words().contains("holds a snapshot")
        }
        #expect(slave.words().contains("goes on with a snapshot of which"))
        print("longest pause of a writer: \(before) before, \(writer.longestPause) with the fill")
        await writer.stop()
        try await writer.verify(at: cluster.primary)
        try await NodeFiles.expectAgreement(of: cluster.nodes)
        #expect(
          try await kvlog(["verify"] + cluster.nodes.map(\.directory), in: cluster.home).exit == .code(0))
      }
    }

    @Test(
      "A new slave joins, and a master that lost its files returns, when the first entries are gone everywhere"
    )
    func joinAfterTrimming() async throws {
      try await withCluster(options: shortLogs) { cluster in
        let writer = RecordingWriter.byHand(cluster)
        try await waitUntilTrimmed(cluster.primary, beyond: 50, writer)
        let joining = try cluster.make(.slave, name: "joining")
        try joining.start()
        cluster.backup.kill()
        try FileManager.default.removeItem(atPath: cluster.backup.directory)
        try cluster.backup.start()
        try await eventually("both are members", within: .seconds(40)) {
          let status = try await cluster.primary.status()
          return status.n == 4 && status.membershipChange == nil
            && status.nodes.contains { $0.name == "backup" && $0.connected && $0.state == .standby }
        }
        // The new backup can lead.
        cluster.primary.kill()
        try await cluster.waitUntilActive(cluster.backup)
        try await writer.waitForMore()
        try cluster.primary.start()
        try await cluster.waitUntilActive(cluster.primary, within: .seconds(20))
        await writer.stop()
        try await writer.verify(at: cluster.primary)
        try await NodeFiles.expectAgreement(of: cluster.nodes)
      }
    }

    @Test("What is trimmed stands in the archive, from which any moment can be built again")
    func archive() async throws {
      let archive = NSTemporaryDirectory() + "kvorum-archive-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: archive) }
      try await withCluster(slaves: 1, options: shortLogs + ["--archive", archive]) { cluster in
        let writer = RecordingWriter.byHand(cluster)
        try await waitUntilTrimmed(cluster.primary, beyond: 600, writer)
        cluster.primary.kill()
        try await writer.waitForMore()
        try cluster.primary.start()
        try await cluster.waitUntilActive(cluster.primary, within: .seconds(20))
        let base = try await cluster.primary.status().nodes.first { $0.name == "primary" }?.logBaseIndex ?? 0
        try await waitUntilTrimmed(cluster.primary, beyond: base + 400, writer)
        await writer.stop()
        try await NodeFiles.expectAgreement(of: cluster.nodes)
        for node in cluster.nodes { #expect(try await node.terminate() == .code(0)) }
        let segments = try FileManager.default.contentsOfDirectory(atPath: archive)
          .filter { $0.hasPrefix("segment-") }.map { archive + "/" + $0 }
        #expect(segments.count > 3)
        let built = cluster.home + "/built"
        let run = try await kvlog(
          ["replay"] + segments + [cluster.primary.directory, "--into", built, "--uncommitted"],
          in: cluster.home)
        #expect(run.exit == .code(0), "\(run.output)\(run.errors)")
        let diff = try await kvlog(["diff", built, cluster.slaves[0].directory], in: cluster.home)
        #expect(diff.exit == .code(0), "\(diff.output)\(diff.errors)")
        let early = try await kvlog(
          ["replay"] + segments + ["--into", cluster.home + "/early", "--to-index", "100"], in: cluster.home)
        #expect(early.exit == .code(0), "\(early.output)\(early.errors)")
        #expect(try await kvlog(["verify"] + segments, in: cluster.home).exit == .code(0))
      }
    }

    @Test("A copy of a live keyspace is whole, and nothing is overwritten by it")
    func snapshot() async throws {
      try await withCluster { cluster in
        let writer = RecordingWriter.byHand(cluster)
        try await writer.waitForMore()
        let copies = [
          "--masters", cluster.masterAddresses, "--from", cluster.slaves[0].address, "--data",
          cluster.backup.directory,
        ]
        for (number, source) in stride(from: 0, to: copies.count, by: 2).enumerated() {
          let file = cluster.home + "/copy-\(number).db"
          let run = try await KvorumBinary.run(
            ["admin", "snapshot", file, "--json"] + copies[source...source + 1], in: cluster.home)
          #expect(run.exit == .code(0), "\(run.output)\(run.errors)")
          #expect(try await kvlog(["verify", file], in: cluster.home).exit == .code(0))
          let before = FileManager.default.contents(atPath: file)
          let again = try await KvorumBinary.run(
            ["admin", "snapshot", file] + copies[source...source + 1], in: cluster.home)
          #expect(again.exit == .code(1))
          #expect(again.errors.contains("exists: choose another name"))
          #expect(FileManager.default.contents(atPath: file) == before)
        }
        await writer.stop()
        let refused = try await KvorumBinary.run(
          ["admin", "snapshot", cluster.home + "/none.db", "--from", "127.0.0.1:1"], in: cluster.home)
        #expect(refused.exit == .code(1))
        #expect(!FileManager.default.fileExists(atPath: cluster.home + "/none.db.partial"))
      }
    }
  }

  @Suite("Replicas that are not sound", .timeLimit(.minutes(3)))
  struct QuarantineTests {
    /// Changes a stopped node's replica by hand.
    private func tamper(_ node: TestNode, _ sql: String) throws {
      let file = try SQLiteConnection(path: node.directory + "/replica.db", mode: .readWrite)
      try file.execute(sql)
      try file.close()
    }

    private func waitUntilRepaired(_ node: TestNode, _ cluster: TestCluster, says: String) async throws {
      try await eventually("\(node.name) is quarantined", within: .seconds(30)) {
        node.words().contains("is quarantined: ") && node.words().contains(says)
      }
      try await eventually("\(node.name) is back", within: .seconds(30)) {
        let status = try await cluster.primary.status()
        return status.state == .active
          && status.nodes.contains {
            $0.name == node.name && $0.connected && $0.state != .quarantined && $0.lagEntries < 100
          }
      }
    }

    @Test(
      "A damaged row is found by reading all rows, and the node gets a sound replica under writes",
      arguments: [shortLogs, []])
    func damagedRow(options: [String]) async throws {
      try await withCluster(options: options) { cluster in
        let writer = RecordingWriter.byHand(cluster)
        _ = try await cluster.primary.ask("SET", "precious", "gold")
        if !options.isEmpty { try await waitUntilTrimmed(cluster.primary, beyond: 50, writer) }
        let slave = cluster.slaves[0]
        let id = try await slave.status().reporter.id
        try await eventually("it is in the slave's file") {
          try NodeFiles(slave).value(of: "precious") == "gold"
        }
        #expect(try await slave.terminate() == .code(0))
        try tamper(slave, "UPDATE kv SET value = 'lead' WHERE key = 'precious'")
        try slave.start()
        try await waitUntilRepaired(
          slave, cluster, says: "the row of the key 'precious' does not fit its checksum")
        #expect(try NodeFiles(slave).value(of: "precious") == "gold")
        // With its log it has kept its identity and its promises.
        #expect(try await slave.status().reporter.id == id)
        await writer.stop()
        try await NodeFiles.expectAgreement(of: cluster.nodes)
        #expect(
          try await kvlog(["verify"] + cluster.nodes.map(\.directory), in: cluster.home).exit == .code(0))
      }
    }

    @Test(
      "A replica that differs although all its sums are right is found by comparing, and named by the master")
    func divergence() async throws {
      try await withCluster(options: ["--scrub-interval", "1d"]) { cluster in
        _ = try await cluster.primary.ask("SET", "precious", "gold")
        let slave = cluster.slaves[1]
        try await NodeFiles.expectAgreement(of: cluster.nodes)
        #expect(try await slave.terminate() == .code(0))
        // The row of another key, and what counts for it, is simply taken out; the sum as 64 bits.
        let file = try SQLiteConnection(path: slave.directory + "/replica.db", mode: .readWrite)
        let row = try #require(try file.integer("SELECT checksum FROM kv WHERE key = 'precious'"))
        let sum = try #require(try file.integer("SELECT content_checksum FROM meta"))
        try file.execute(
          "DELETE FROM kv WHERE key = 'precious'; UPDATE meta SET key_count = key_count - 1, content_checksum = \(sum &- row)"
        )
        try file.close()
        try slave.start()
        _ = try await cluster.primary.ask("SET", "other", "1")
        try await waitUntilRepaired(slave, cluster, says: "says the active master primary primary")
        #expect(cluster.primary.words().contains("holds something else than most nodes at entry"))
        #expect(try NodeFiles(slave).value(of: "precious") == "gold")
        try await NodeFiles.expectAgreement(of: cluster.nodes)
      }
    }

    @Test("An active master whose own replica lost a row gives way, and returns with a sound one")
    func master() async throws {
      try await withCluster(options: shortLogs) { cluster in
        let writer = RecordingWriter.byHand(cluster)
        _ = try await cluster.primary.ask("SET", "precious", "gold")
        try await waitUntilTrimmed(cluster.primary, beyond: 50, writer)
        // Or it may be so far behind when it returns that it is filled, which mends it too.
        await writer.stop()
        cluster.primary.kill()
        try await cluster.waitUntilActive(cluster.backup)
        try tamper(cluster.primary, "DELETE FROM kv WHERE key = 'precious'")
        try cluster.primary.start()
        try await waitUntilRepaired(cluster.primary, cluster, says: "rows, and")
        try await cluster.waitUntilActive(cluster.primary, within: .seconds(20))
        #expect(try await cluster.primary.ask("GET", "precious") == .bulk(Array("gold".utf8)))
        try await writer.verify(at: cluster.primary)
        try await NodeFiles.expectAgreement(of: cluster.nodes)
      }
    }

    @Test("A replica that is cut short, or gone, is replaced at the start", arguments: [true, false])
    func lostReplica(isTrimmed: Bool) async throws {
      try await withCluster(options: isTrimmed ? shortLogs : []) { cluster in
        let writer = RecordingWriter.byHand(cluster)
        _ = try await cluster.primary.ask("SET", "precious", "gold")
        if isTrimmed { try await waitUntilTrimmed(cluster.primary, beyond: 50, writer) }
        try await writer.waitForMore()
        let (cut, gone) = (cluster.slaves[0], cluster.backup)
        for node in [cut, gone] { #expect(try await node.terminate() == .code(0)) }
        for suffix in ["-wal", "-shm"] {
          try? FileManager.default.removeItem(atPath: cut.directory + "/replica.db" + suffix)
        }
        try Data(repeating: 0xA5, count: 10_000).write(
          to: URL(fileURLWithPath: cut.directory + "/replica.db"))
        for suffix in ["", "-wal", "-shm"] {
          try? FileManager.default.removeItem(atPath: gone.directory + "/replica.db" + suffix)
        }
        for node in [cut, gone] { try node.start() }
        try await eventually("both are back", within: .seconds(30)) {
          let status = try await cluster.primary.status()
          return [cut, gone].allSatisfy { node in
            status.nodes.contains { $0.name == node.name && $0.connected && $0.lagEntries < 100 }
          }
        }
        await writer.stop()
        try await NodeFiles.expectAgreement(of: cluster.nodes)
        #expect(try NodeFiles(cut).value(of: "precious") == "gold")
      }
    }
  }
}
