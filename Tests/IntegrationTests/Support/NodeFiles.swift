import Foundation
import SQLite
import Testing

/// A node's files, read as anyone reads them while the node runs.
struct NodeFiles {
  let directory: String

  init(_ node: TestNode) { directory = node.directory }

  /// The value of a key in replica.db.
  func value(of key: String) throws -> String? {
    try text("SELECT value FROM kv WHERE key = '\(key)'", in: "replica.db")
  }

  /// The value of the newest entry of a key in log.db.
  func loggedValue(of key: String) throws -> String? {
    try text(#"SELECT value FROM log WHERE key = '\#(key)' ORDER BY "index" DESC LIMIT 1"#, in: "log.db")
  }

  var lastIndex: Int64 { get throws { try integer(#"SELECT max("index") FROM log"#, in: "log.db") ?? 0 } }

  /// The chain checksum at an index: equal exactly if the logs are equal up to there.
  func checksum(at index: Int64) throws -> Int64? {
    try integer(#"SELECT checksum FROM log WHERE "index" = \#(index)"#, in: "log.db")
  }

  /// The rows of the keyspace as bytes.
  var keyspace: [[UInt8]] {
    get throws {
      let rows = try connection("replica.db").prepare(
        "SELECT key, value, version || '/' || created_index || '/' || modified_index FROM kv ORDER BY key")
      var all: [[UInt8]] = []
      while try rows.step() { all += (0..<3).map { rows.bytes(Int32($0)) } }
      return all
    }
  }

  func integer(_ sql: String, in file: String) throws -> Int64? { try connection(file).integer(sql) }

  func text(_ sql: String, in file: String) throws -> String? {
    let statement = try connection(file).prepare(sql)
    return try statement.step() && !statement.isNull(0) ? statement.text(0) : nil
  }

  /// The files in which cut entries are kept.
  var discarded: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
      .filter { $0.hasPrefix("discarded-") && $0.hasSuffix(".db") }
  }

  private func connection(_ file: String) throws -> SQLiteConnection {
    try SQLiteConnection(path: directory + "/" + file, mode: .readOnly)
  }

  /// Waits until these nodes have the same log and the same keyspace, and checks every file.
  static func expectAgreement(of nodes: [TestNode]) async throws {
    let files = nodes.map(NodeFiles.init)
    try await eventually("all logs and replicas are equal") {
      let last = try files.map { try $0.lastIndex }
      let applied = try files.map { try $0.integer("SELECT applied_index FROM meta", in: "replica.db") }
      let sums = try files.map { try $0.checksum(at: last[0]) }
      return Set(last).count == 1 && applied.allSatisfy { $0 == last[0] }
        && Set(sums).count == 1
    }
    let keyspaces = try files.map { try $0.keyspace }
    for (node, keyspace) in zip(nodes, keyspaces) {
      // Outside of the macro, which would describe every byte.
      let isSame = keyspace == keyspaces[0]
      try #require(isSame, "\(node.name) holds another keyspace than \(nodes[0].name)")
    }
    for file in files {
      for name in ["log.db", "replica.db"] {
        let verdict = try file.text("PRAGMA integrity_check", in: name)
        try #require(verdict == "ok", "\(file.directory)/\(name)")
      }
    }
  }
}
