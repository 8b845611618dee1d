import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct MigrationTests {
  private let directory = TemporaryDirectory()

  private func installFirstFormat() throws {
    try directory.make()
    for fixture in try Fixtures.firstFormat(in: directory.path) {
      let file = try SQLiteConnection(path: fixture.path, mode: .create)
      try file.execute("PRAGMA journal_mode = WAL")
      try file.execute(fixture.sql)
    }
  }

  @Test func `a node of the first format starts, and holds all that it held`() throws {
    try installFirstFormat()
    let before = try directory.query(
      directory.replica, "SELECT key, value, version, expires_at FROM kv ORDER BY key")
    let log = try directory.openLog()
    let replica = try ReplicaWriter.open(directory: directory.path, node: log.identity.id)
    #expect(log.base == .zero)
    #expect(log.lastIndex == 12)
    #expect(replica.applied == 12)
    #expect(replica.standing.checksum == (try LogReader(directory: directory.path).checksum(at: 12)))
    #expect(replica.standing.configuration?.index == 1)
    #expect(
      try directory.query(directory.replica, "SELECT key, value, version, expires_at FROM kv ORDER BY key")
        == before)
    #expect(try ReplicaReader(directory: directory.path).verify().isSound)
    #expect(try log.recover(applied: 12).reigns.count == 2)
    for (file, format) in [(directory.log, "log"), (directory.replica, "replica")] {
      #expect(try directory.query(file, "PRAGMA user_version") == [["2"]], "\(format)")
    }
    try log.write([
      LogWrite(
        ticket: 1, entries: [Samples.put(13, "new", "1", epoch: Epoch(round: 9, master: NodeID(1)))],
        commit: 13)
    ])
    try replica.catchUp(with: try LogReader(directory: directory.path), upTo: 13)
    #expect(try ReplicaReader(directory: directory.path).verify().isSound)
  }

  @Test func `the tables of a migrated file are those of a new one`() throws {
    try installFirstFormat()
    let log = try directory.openLog()
    _ = try ReplicaWriter.open(directory: directory.path, node: log.identity.id)
    let new = TemporaryDirectory()
    _ = try new.openLog()
    _ = try new.openReplica()
    let columns =
      "SELECT m.name, c.name, c.type, c.\"notnull\", c.pk FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
      + "ORDER BY m.name, c.cid"
    for (old, new) in [(directory.log, new.log), (directory.replica, new.replica)] {
      #expect(try directory.query(old, columns) == directory.query(new, columns))
    }
  }

  @Test func `files of the first format can be read as they are`() throws {
    try installFirstFormat()
    let log = try LogReader(directory: directory.path)
    #expect(try log.base() == .zero)
    #expect(try log.entries(from: 1, limitBytes: .max, limitCount: .max).count == 12)
    let replica = try ReplicaReader(directory: directory.path)
    #expect(try replica.value(for: Array("user:1".utf8))?.value == Array(#"{"name":"Grace"}"#.utf8))
    let error = #expect(throws: StorageError.self) { try replica.verify() }
    #expect(error?.description.contains("format version 1") == true)
  }
}
