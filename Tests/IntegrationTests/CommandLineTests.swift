import Foundation
import Kvorum
import Processes
import Testing

extension IntegrationTests {
  @Suite("The command line", .timeLimit(.minutes(1)))
  struct CommandLineTests {
    @Test("The client's exit code is 0 for done, 3 for not found and 1 for an error")
    func exitCodes() async throws {
      try await withCluster(slaves: 1) { cluster in
        let written = try await cluster.run(["client"], ["write", "foo", "bar baz"])
        try #require(written.exit == .code(0) && written.output == "OK\n", "\(written)")
        let read = try await cluster.run(["client"], ["READ", "foo"])
        try #require(read.exit == .code(0) && read.output == "bar baz\n" && read.errors.isEmpty, "\(read)")
        let missing = try await cluster.run(["client"], ["read", "nothing"])
        try #require(missing.exit == .code(3) && missing.output.isEmpty, "\(missing)")
        try #require(missing.errors == "Key nothing not found\n", "\(missing)")
        let wrong = try await cluster.run(["client"], ["incr", "foo"])
        try #require(wrong.exit == .code(1) && wrong.output.isEmpty && !wrong.errors.isEmpty, "\(wrong)")
        let unknown = try await cluster.run(["client"], ["frobnicate"])
        try #require(unknown.exit == .code(1) && unknown.errors.contains("frobnicate"), "\(unknown)")
        for node in cluster.nodes { node.kill() }
        let dead = try await cluster.run(["client"], ["--timeout", "1", "read", "foo"])
        try #require(dead.exit == .code(1), "\(dead)")
        for master in cluster.masters { try #require(dead.errors.contains(master.address), "\(dead)") }
      }
    }

    @Test("From a pipe every line is a command, and one that fails does not stop the next")
    func pipe() async throws {
      try await withCluster(slaves: 1) { cluster in
        let good = try await cluster.run(
          ["client"], input: Array("SET a 1\n\nINCR a\nWRITE b two words \nREAD b\nEXISTS a b c\nGET a".utf8))
        try #require(good.exit == .code(0), "\(good)")
        try #require(good.output == "OK\n2\nOK\ntwo words\n2\n2\n", "\(good)")
        let mixed = try await cluster.run(["client"], input: Array("FROB x\nGET a\nREAD none\n".utf8))
        try #require(mixed.exit == .code(1) && mixed.output == "2\n", "\(mixed)")
        try #require(mixed.errors.contains("FROB") && mixed.errors.contains("Key none not found"), "\(mixed)")
      }
    }

    @Test("Status as JSON is what the library decodes, and the table shows every node")
    func status() async throws {
      try await withCluster { cluster in
        let json = try await cluster.run(["status"], ["--json"])
        try #require(json.exit == .code(0), "\(json)")
        let status = try ClusterStatus(json: Array(json.output.utf8))
        try #require(status.n == 3 && status.writeQuorum == 2 && status.electionQuorum == 2)
        try #require(status.toleratedFailures == 1 && status.lease.valid)
        try #require(status.active?.address == cluster.primary.address)
        try #require(Set(status.nodes.map(\.name)) == Set(cluster.nodes.map(\.name)))
        for node in cluster.nodes {
          let shown = try #require(status.nodes.first { $0.name == node.name })
          try #require(shown.dataDirectory == node.directory && shown.address == node.address)
        }
        let table = try await cluster.run(["status"])
        try #require(table.exit == .code(0), "\(table)")
        for node in cluster.nodes { try #require(table.output.contains(node.address), "\(table)") }
        for node in cluster.nodes { node.kill() }
        try #require(try await cluster.run(["status"]).exit == .code(1))
      }
    }

    @Test("The whole cluster runs in one process with kvorum dev")
    func dev() async throws {
      try await withCluster(slaves: 1, started: false) { cluster in
        let first = try FreePort.takePair()
        let masters = "127.0.0.1:\(first),127.0.0.1:\(first + 1)"
        let output = cluster.home + "/dev.txt"
        let streams = [open("/dev/null", O_RDONLY | O_CLOEXEC), KvorumBinary.openForWriting(output)]
        defer { for stream in streams { close(stream) } }
        let dev = try ChildProcess(
          [
            KvorumBinary.path, "dev", "--slaves", "3", "--data", cluster.home + "/dev", "--listen",
            "127.0.0.1:\(first)",
          ],
          streams: .descriptors(input: streams[0], output: streams[1], errors: streams[1]),
          environment: KvorumBinary.environment(in: cluster.home), group: .ownSession)
        defer { dev.destroy() }
        func client(_ words: String...) async throws -> KvorumBinary.Run {
          try await KvorumBinary.run(["client", "--masters", masters] + words, in: cluster.home)
        }
        try await eventually("dev takes a write") {
          try await client("--timeout", "1", "write", "foo", "bar").exit == .code(0)
        }
        let read = try await client("read", "foo")
        try #require(read.output == "bar\n", "\(read); \(KvorumBinary.text(output))")
        try await eventually("the cluster is complete") {
          let run = try await KvorumBinary.run(["status", "--json", "--masters", masters], in: cluster.home)
          let status = try ClusterStatus(json: Array(run.output.utf8))
          return status.n == 3 && status.nodes.count == 5
        }
        dev.signal(SIGTERM)
        try #require(try await dev.exit(within: .seconds(11)) == .code(0), "\(KvorumBinary.text(output))")
      }
    }
  }
}
