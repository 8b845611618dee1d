import Foundation
import Kvorum
import Processes
import SQLite
import Testing

extension IntegrationTests {
  @Suite("Start and stop", .timeLimit(.minutes(1)))
  struct StartAndStopTests {
    @Test("Every start-up error is one sentence on standard error and exit code 1")
    func startupErrors() async throws {
      try await withCluster(slaves: 1, started: false) { cluster in
        let running = cluster.slaves[0]
        try running.start()
        try await eventually("the slave listens") { try await running.ask("PING") == .simple("PONG") }
        let free = "127.0.0.1:\(try FreePort.take())"

        try await expectSentence(
          cluster, data: cluster.home + "/new", listen: running.address,
          mentions: [running.address, "--listen"])

        let file = cluster.home + "/file"
        try Data("not a directory".utf8).write(to: URL(fileURLWithPath: file))
        try await expectSentence(cluster, data: file, listen: free, mentions: [file])
        try await expectSentence(cluster, data: file + "/below", listen: free, mentions: [file])

        try await expectSentence(
          cluster, data: running.directory, listen: free, mentions: [running.directory, "Another kvorum"])

        running.kill()
        let log = running.directory + "/log.db"
        try SQLiteConnection(path: log, mode: .readWrite).execute("PRAGMA user_version = 99")
        try await expectSentence(cluster, data: running.directory, listen: free, mentions: [log, "99"])

        let foreign = cluster.home + "/foreign"
        try FileManager.default.createDirectory(atPath: foreign, withIntermediateDirectories: true)
        try Data(repeating: 0x61, count: 8_192).write(to: URL(fileURLWithPath: foreign + "/log.db"))
        try await expectSentence(cluster, data: foreign, listen: free, mentions: [foreign + "/log.db"])
      }
    }

    @Test("A directory that cannot be written is named in one sentence", .enabled(if: getuid() != 0))
    func notWritable() async throws {
      try await withCluster(slaves: 1, started: false) { cluster in
        let directory = cluster.home + "/sealed"
        try FileManager.default.createDirectory(
          atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o500])
        try await expectSentence(
          cluster, data: directory, listen: "127.0.0.1:\(try FreePort.take())", mentions: [directory])
      }
    }

    private func expectSentence(
      _ cluster: TestCluster, data: String, listen: String, mentions: [String]
    ) async throws {
      let run = try await KvorumBinary.run(
        ["slave", "--data", data, "--listen", listen, "--masters", cluster.masterAddresses], in: cluster.home)
      try #require(run.exit == .code(1), "\(run)")
      let lines = run.errors.split(separator: "\n")
      try #require(lines.count == 1 && lines[0].hasPrefix("kvorum: "), "\(run)")
      for word in mentions { try #require(run.errors.contains(word), "\(word) is missing in \(run)") }
    }

    @Test("SIGTERM ends every node cleanly within ten seconds, even while all its peers are stopped")
    func sigterm() async throws {
      try await withCluster(slaves: 2) { cluster in
        for node in [cluster.slaves[0], cluster.backup, cluster.primary] {
          let peers = cluster.nodes.filter { $0 !== node }
          for peer in peers { try await peer.freeze() }
          let (exit, time) = try await measured { try await node.terminate() }
          for peer in peers { peer.thaw() }
          print("\(node.name) ended \(time.milliseconds) ms after SIGTERM")
          try #require(exit == .code(0), "\(node.name)")
          #expect(time < .seconds(10))
          try node.start()
          try await cluster.waitUntilActive(cluster.primary)
          try await cluster.waitUntilWritable()
        }
      }
    }

    @Test("A master that is told to end hands over first, and nothing is lost or in doubt")
    func endsByHandover() async throws {
      try await withCluster { cluster in
        let client = try cluster.makeClient()
        let writer = RecordingWriter.byClient(client)
        try await writer.waitForMore()
        try #require(try await cluster.primary.terminate() == .code(0))
        try await writer.waitForMore()
        await writer.stop()
        print("SIGTERM of the primary: writers paused for \(writer.longestPause.milliseconds) ms")
        #expect(writer.unknown == 0)
        try await writer.verify(at: cluster.backup)
        await client.close()
      }
    }
  }
}
