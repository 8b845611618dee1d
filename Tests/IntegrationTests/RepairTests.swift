import Foundation
import Kvorum
import Processes
import SQLite
import Testing

extension IntegrationTests {
  @Suite("Damaged directories of real nodes", .timeLimit(.minutes(4)))
  struct RepairTests {
    /// What is done to the directory of a slave that was killed.
    struct Damage: Sendable {
      var name: String
      var harm: @Sendable (String) throws -> Void

      static func log(_ name: String, _ sql: String) -> Damage { Damage(name, "log.db", sql) }
      static func replica(_ name: String, _ sql: String) -> Damage { Damage(name, "replica.db", sql) }

      init(_ name: String, _ file: String, _ sql: String) {
        self.init(name) { directory in
          let connection = try SQLiteConnection(path: directory + "/" + file, mode: .readWrite)
          try connection.execute(sql)
          try connection.close()
        }
      }

      init(_ name: String, _ harm: @escaping @Sendable (String) throws -> Void) {
        self.name = name
        self.harm = harm
      }
    }

    private static func folded(_ file: String) throws {
      let connection = try SQLiteConnection(path: file, mode: .readWrite)
      try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
      try connection.close()
    }

    private static let damages: [Damage] = [
      Damage("a flipped bit in a value of the log") { directory in
        let path = directory + "/log.db"
        try folded(path)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let range = try #require(bytes.range(of: Data("a value to be found".utf8)))
        bytes[range.lowerBound] ^= 4
        try bytes.write(to: URL(fileURLWithPath: path))
      },
      .log("a deleted row of the log", #"DELETE FROM log WHERE "index" = 30"#),
      .log(
        "swapped rows of the log",
        #"UPDATE log SET "index" = -1 WHERE "index" = 30; UPDATE log SET "index" = 30 WHERE "index" = 31; UPDATE log SET "index" = 31 WHERE "index" = -1"#
      ),
      .log(
        "an inserted row of the log",
        #"INSERT INTO log SELECT "index" + 1, epoch_round, epoch_master, time, op, key, value, expires_at, checksum, member FROM log ORDER BY "index" DESC LIMIT 1"#
      ),
      .replica("a row of the replica edited", "UPDATE kv SET value = 'lead' WHERE key = 'precious'"),
      .replica("a row of the replica removed", "DELETE FROM kv WHERE key = 'precious'"),
      Damage("a log that was cut short") { directory in
        try folded(directory + "/log.db")
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: directory + "/log.db"))
        try file.truncate(atOffset: 5 * 4_096)
      },
      Damage("a -wal file that was lost") { directory in
        try FileManager.default.removeItem(atPath: directory + "/log.db-wal")
      },
    ]

    /// Runs the `kvlog` that stands beside `kvorum`.
    private func kvlog(_ arguments: [String], in home: String) async throws -> KvorumBinary.Run {
      let path = URL(fileURLWithPath: KvorumBinary.path).deletingLastPathComponent().path + "/kvlog"
      return try await KvorumBinary.run(arguments, of: path, in: home)
    }

    @Test("Each damage is found, and the node comes back from the others' files")
    func drill() async throws {
      try await withCluster { cluster in
        _ = try await cluster.primary.ask("SET", "precious", "gold")
        for number in 0..<40 {
          _ = try await cluster.primary.ask("SET", "key-\(number)", "a value to be found")
        }
        let node = cluster.slaves[2]
        for damage in Self.damages {
          try await NodeFiles.expectAgreement(of: cluster.nodes)
          _ = try await cluster.primary.ask("SET", "last", damage.name)
          try await eventually("it is in the slave's log") {
            try NodeFiles(node).loggedValue(of: "last") == damage.name
          }
          node.kill()
          try damage.harm(node.directory)
          let found = try await kvlog(["verify", node.directory], in: cluster.home)
          #expect(found.exit == .code(1), "\(damage.name): \(found.output)\(found.errors)")
          let built = try await kvlog(
            ["rebuild", node.directory, "--from", cluster.slaves[0].directory, cluster.slaves[1].directory],
            in: cluster.home)
          #expect(built.exit == .code(0), "\(damage.name): \(built.output)\(built.errors)")
          try node.start()
          try await eventually("the node votes again after \(damage.name)", within: .seconds(20)) {
            let status = try await cluster.primary.status()
            let named = status.nodes.filter { $0.name == node.name }
            return status.n == 3 && status.membershipChange == nil && named.count == 1
              && named[0].state == .voting && named[0].connected
          }
          try await NodeFiles.expectAgreement(of: cluster.nodes)
          let sound = try await kvlog(["verify"] + cluster.nodes.map(\.directory), in: cluster.home)
          #expect(sound.exit == .code(0), "\(damage.name): \(sound.output)\(sound.errors)")
        }
        #expect(try await cluster.primary.ask("GET", "precious") == .bulk(Array("gold".utf8)))
      }
    }
  }
}
