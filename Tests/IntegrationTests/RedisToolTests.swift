import Foundation
import Processes
import Testing

extension IntegrationTests {
  /// Programs that know nothing of Kvorum, against real processes.
  @Suite("Redis' own clients", .timeLimit(.minutes(4)))
  struct RedisToolTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Clients/server_commands.py").standardizedFileURL.path

    private static func exists(_ program: String) -> Bool {
      FileManager.default.isExecutableFile(atPath: "/usr/bin/" + program)
    }

    @Test(
      "redis-py finds the commands on connections and the server as Redis has them",
      .enabled(if: exists("python3")))
    func serverCommands() async throws {
      try await withCluster { cluster in
        let run = try await KvorumBinary.run(
          [
            Self.script, "\(cluster.primary.port)", "\(cluster.backup.port)", "\(cluster.slaves.count)",
          ], of: "/usr/bin/python3", in: cluster.home, within: .seconds(120))
        #expect(run.exit == .code(0), "\(run.output)\(run.errors)")
        #expect(run.output.hasPrefix("held"))
      }
    }

    @Test("redis-cli speaks RESP2 and RESP3", .enabled(if: exists("redis-cli")))
    func commandLine() async throws {
      try await withCluster(slaves: 1) { cluster in
        for version in ["-2", "-3"] {
          func ask(_ words: String...) async throws -> String {
            try await KvorumBinary.run(
              ["-p", "\(cluster.primary.port)", version] + words, of: "/usr/bin/redis-cli", in: cluster.home
            ).output
          }
          #expect(try await ask("SET", "k", "v") == "OK\n")
          #expect(try await ask("WAIT", "1", "5000") == "1\n")
          #expect(try await ask("CONFIG", "GET", "appendonly").contains("appendonly"))
          #expect(try await ask("INFO", "kvorum").contains("write_quorum:1\r\n"))
          #expect(try await ask("CLIENT", "LIST").contains("resp=\(version.dropFirst())"))
          #expect(try await ask("CLIENT", "TRACKINGINFO").contains("off"))
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
