import Foundation
import Processes
import Testing

extension IntegrationTests {
  /// Programs that know nothing of Kvorum, against real processes.
  @Suite("Redis' own clients", .timeLimit(.minutes(4)))
  struct RedisToolTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Clients/server_commands.py").standardizedFileURL.path

    /// Debian's redis-py speaks RESP2 alone; the variable PYTHON may name a Python with a newer one.
    private static let python = ProcessInfo.processInfo.environment["PYTHON"] ?? "/usr/bin/python3"

    private static func exists(_ program: String) -> Bool {
      FileManager.default.isExecutableFile(atPath: "/usr/bin/" + program)
    }

    @Test(
      "redis-py finds the commands on connections and the server as Redis has them",
      .enabled(if: FileManager.default.isExecutableFile(atPath: python)))
    func serverCommands() async throws {
      try await withCluster { cluster in
        let run = try await KvorumBinary.run(
          [
            Self.script, "\(cluster.primary.port)", "\(cluster.backup.port)", "\(cluster.slaves.count)",
          ], of: Self.python, in: cluster.home, within: .seconds(120))
        #expect(run.exit == .code(0), "\(run.output)\(run.errors)")
        #expect(run.output.hasPrefix("held"))
      }
    }

    @Test("redis-cli speaks RESP2 and RESP3", .enabled(if: exists("redis-cli")))
    func commandLine() async throws {
      try await withCluster(slaves: 1) { cluster in
        for version in ["-2", "-3"] {
          for (command, expected) in [
            ("SET k v", "OK\n"), ("WAIT 1 5000", "1\n"), ("CONFIG GET appendonly", "appendonly"),
            ("INFO kvorum", "write_quorum:1\r\n"), ("CLIENT LIST", "resp=\(version.dropFirst())"),
            ("CLIENT TRACKINGINFO", "off"),
          ] {
            let run = try await KvorumBinary.run(
              ["-p", "\(cluster.primary.port)", version] + command.split(separator: " ").map(String.init),
              of: "/usr/bin/redis-cli", in: cluster.home)
            #expect(run.output.contains(expected), "\(command) with \(version): \(run.output)")
          }
        }
      }
    }

    @Test("redis-benchmark runs to its end", .enabled(if: exists("redis-benchmark")))
    func benchmark() async throws {
      try await withCluster(slaves: 1) { cluster in
        let run = try await KvorumBinary.run(
          [
            "-p", "\(cluster.primary.port)", "-t", "ping,set,get,incr,mset", "-n", "1000", "-q", "-c", "10",
          ], of: "/usr/bin/redis-benchmark", in: cluster.home, within: .seconds(60))
        #expect(run.exit == .code(0), "\(run.errors)")
        for name in ["PING_INLINE", "SET", "GET", "INCR", "MSET"] {
          #expect(run.output.contains("\(name)"), "\(run.output)")
        }
        #expect(!(run.output + run.errors).lowercased().contains("error"), "\(run.output)\(run.errors)")
      }
    }
  }
}
