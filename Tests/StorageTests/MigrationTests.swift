import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct MigrationTests {
  private let directory = TemporaryDirectory()

  private func install(format: Int = 1) throws {
    try directory.make()
    for fixture in try Fixtures.node(ofFormat: format, in: directory.path) {
      let file = try SQLiteConnection(path: fixture.path, mode: .create)
      try file.execute("PRAGMA journal_mode = WAL")
      try file.execute(fixture.sql)
    }
  }

  @Test(arguments: [1, 2]) func `a node of an older format starts, and holds all that it held`(format: Int)
    throws
  {
    try install(format: format)
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
    for (file, name) in [(directory.log, "log"), (directory.replica, "replica")] {
      #expect(try directory.query(file, "PRAGMA user_version") == [["3"]], "\(name)")
    }
    let later = Epoch(round: 9, master: NodeID(1))
    let member = Mutation(operation: .setField, key: Array("h".utf8), member: [1], value: [2])
    try log.write([
      LogWrite(
        ticket: 1,
        entries: [
          Samples.put(13, "new", "1", epoch: later),
          Samples.entry(
            14, [member, .put(Array("n".utf8), [3]), Mutation(operation: .clear, key: [])], epoch: later),
          Samples.entry(15, [member], epoch: later),
        ], commit: 15)
    ])
    try replica.catchUp(with: try LogReader(directory: directory.path), upTo: 13)
    #expect(try ReplicaReader(directory: directory.path).verify().isSound)
    try replica.catchUp(with: try LogReader(directory: directory.path), upTo: 15)
    let reader = try ReplicaReader(directory: directory.path)
    #expect(try reader.verify().isSound)
    #expect(try reader.keys(after: nil, limit: 9).map(\.key) == [Array("h".utf8)])
    #expect(try reader.member([1], of: Array("h".utf8)) == [2])
  }

  @Test(arguments: [1, 2]) func `the tables of a migrated file are those of a new one`(format: Int) throws {
    try install(format: format)
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
      let others = "SELECT name, sql FROM sqlite_schema WHERE type <> 'table' ORDER BY name"
      #expect(try directory.query(old, others) == directory.query(new, others))
    }
  }

  @Test func `a copy that an older release made can be installed, and read as it is`() throws {
    try install(format: 2)
    let copy = directory.path + "/copy.db"
    let old = try ReplicaReader(directory: directory.path)
    #expect(old.formatVersion == 2)
    try old.copy(to: copy)
    let base = try SnapshotFiles.verify(copy)
    #expect(base.index == 12)
    let other = TemporaryDirectory()
    _ = try other.openReplica().install(copy, standingAt: base)
    let reader = try ReplicaReader(directory: other.path)
    #expect(try reader.verify().isSound)
    #expect(try reader.everything() == old.everything())
    #expect(try old.keys(endingFrom: 0, before: .max, limit: 9).map(\.key) == [Array("t".utf8)])
    #expect(try old.member([1], of: Array("n".utf8)) == nil)
  }

  @Test func `files of the first format can be read as they are`() throws {
    try install()
    let log = try LogReader(directory: directory.path)
    #expect(try log.base() == .zero)
    #expect(try log.entries(from: 1, limitBytes: .max, limitCount: .max).count == 12)
    let replica = try ReplicaReader(directory: directory.path)
    #expect(try replica.value(for: Array("user:1".utf8))?.value == Array(#"{"name":"Grace"}"#.utf8))
    let error = #expect(throws: StorageError.self) { try replica.verify() }
    #expect(error?.description.contains("format version 1") == true)
  }
}
