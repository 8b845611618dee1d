import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct DamageTests {
  private let directory = TemporaryDirectory()

  @Test(arguments: [
    (3, #"UPDATE log SET value = replace(value, 'Ada', 'Ida') WHERE "index" = 3"#),
    (3, #"UPDATE log SET key = 'user:2' WHERE "index" = 3"#),
    (2, #"UPDATE log SET time = 0 WHERE "index" = 2"#),
    (4, #"UPDATE log SET expires_at = 1 WHERE "index" = 4"#),
    (6, #"UPDATE log SET epoch_round = 2 WHERE "index" = 6"#),
    (5, #"UPDATE log SET checksum = checksum + 1 WHERE "index" = 5"#),
    (5, #"UPDATE log SET op = 'pull' WHERE "index" = 5"#),
    (6, #"UPDATE log SET op = 'put' WHERE "index" = 6"#),
    (7, #"UPDATE log_part SET value = 'x' WHERE "index" = 7 AND part = 2"#),
    (7, #"DELETE FROM log_part WHERE "index" = 7 AND part = 2"#),
    (7, #"DELETE FROM log_part WHERE "index" = 7 AND part = 1"#),
    (4, #"DELETE FROM log WHERE "index" = 4"#),
    (1, #"UPDATE log SET value = '{}' WHERE "index" = 1"#),
    (1, #"UPDATE log SET value = replace(value, '500', '501') WHERE "index" = 1"#),
  ])
  func `a changed row is noticed when it is read`(_ index: Int, _ sql: String) throws {
    do { try directory.openLog().append(Samples.everyKind) }
    try directory.tamper(directory.log, sql)
    let reader = try LogReader(directory: directory.path)
    let found = #expect(throws: StorageError.self) {
      try reader.entries(from: 1, limitBytes: .max, limitCount: .max)
    }
    #expect(found?.kind == .damaged)
    #expect(found?.description.contains("\(directory.log) is damaged at index \(index):") == true)
    let log = try directory.openLog()
    let recovery = #expect(throws: StorageError.self) { try log.recover(applied: 0) }
    #expect(recovery?.kind == .damaged)
  }

  @Test func `a configuration is verified although it was applied long ago`() throws {
    do {
      let log = try directory.openLog()
      try log.append(Samples.everyKind)
      try log.append((9...300).map { Samples.noop($0, epoch: Samples.second) }, commit: 300)
    }
    #expect(try directory.openLog().recover(applied: 300).configurations.count == 1)
    try directory.tamper(
      directory.log, #"UPDATE log SET value = replace(value, '500', '501') WHERE "index" = 1"#)
    let log = try directory.openLog()
    let error = #expect(throws: StorageError.self) { try log.recover(applied: 300) }
    #expect(error?.kind == .damaged)
  }

  @Test(arguments: ["UPDATE reigns SET first = 2 WHERE first = 1", "DELETE FROM reigns WHERE first = 7"])
  func `reigns that contradict the log are noticed`(_ sql: String) throws {
    do { try directory.openLog().append(Samples.everyKind) }
    try directory.tamper(directory.log, sql)
    let log = try directory.openLog()
    let error = #expect(throws: StorageError.self) { try log.recover(applied: 8) }
    #expect(error?.kind == .damaged)
  }

  @Test func `a log that lost committed entries is refused`() throws {
    do { try directory.openLog().append(Samples.everyKind, commit: 8) }
    try directory.tamper(directory.log, #"DELETE FROM log WHERE "index" = 8"#)
    let error = #expect(throws: StorageError.self) { try directory.openLog() }
    #expect(error?.kind == .damaged)
  }

  @Test func `a flipped byte in the file never comes back as a value`() throws {
    do { try directory.openLog().append((1...200).map { Samples.put($0, "key:\($0)", "value-of-\($0)") }) }
    var file = try Data(contentsOf: URL(filePath: directory.log))
    let place = try #require(file.range(of: Data("value-of-150".utf8)))
    file[place.lowerBound] ^= 0x20
    try file.write(to: URL(filePath: directory.log))
    let reader = try LogReader(directory: directory.path)
    #expect(try reader.entries(from: 1, limitBytes: .max, limitCount: 149).count == 149)
    let error = #expect(throws: StorageError.self) {
      try reader.entries(from: 150, limitBytes: .max, limitCount: 1)
    }
    #expect(error?.description.contains("index 150") == true)
  }

  @Test func `a newer format is refused, for both files`() throws {
    do {
      _ = try directory.openLog()
      _ = try directory.openReplica()
    }
    for file in [directory.log, directory.replica] {
      try directory.tamper(file, "PRAGMA user_version = 99")
    }
    let attempts: [() throws -> Any] = [
      { try directory.openLog() }, { try LogReader(directory: directory.path) },
      { try directory.openReplica() }, { try ReplicaReader(directory: directory.path) },
    ]
    for attempt in attempts {
      let error = #expect(throws: StorageError.self) { _ = try attempt() }
      #expect(error?.kind == .newerFormat)
      #expect(error?.description.contains("format version 99") == true)
      #expect(error?.description.contains("newer release") == true)
    }
  }

  @Test func `a file of another program is refused`() throws {
    try directory.make()
    try Data("anything but a database, and long enough".utf8).write(to: URL(filePath: directory.log))
    let noSQLite = #expect(throws: StorageError.self) { try directory.openLog() }
    #expect(noSQLite?.kind == .foreign)
    #expect(noSQLite?.description.contains("no SQLite file") == true)

    try SQLiteConnection(path: directory.replica, mode: .create).execute("CREATE TABLE pictures (name)")
    let other = #expect(throws: StorageError.self) { try directory.openReplica() }
    #expect(other?.kind == .foreign)
    #expect(other?.description.contains(directory.replica) == true)
  }

  @Test func `a log is no replica`() throws {
    do { _ = try directory.openLog() }
    let error = #expect(throws: StorageError.self) { try ReplicaReader(path: directory.log) }
    #expect(error?.kind == .foreign)
  }

  @Test func `a file whose creation was interrupted is made again`() throws {
    try directory.make()
    try SQLiteConnection(path: directory.log, mode: .create).execute("PRAGMA journal_mode = WAL")
    #expect(try directory.openLog().identity == Samples.identity)
  }

  @Test func `a second process on the directory is refused`() throws {
    let log = try directory.openLog()
    let error = #expect(throws: StorageError.self) { try directory.openLog() }
    #expect(error?.kind == .locked)
    #expect(
      error?.description.hasPrefix(
        "Another kvorum process (\(getpid())) runs on \(directory.path)") == true)
    withExtendedLifetime(log) {}
  }

  @Test func `a directory is free again when its log is closed`() throws {
    do { _ = try directory.openLog() }
    #expect(try directory.openLog().lastIndex == 0)
  }

  @Test func `a file in the place of the directory is refused`() throws {
    try Data().write(to: URL(filePath: directory.path))
    let error = #expect(throws: StorageError.self) { try directory.openLog() }
    #expect(error?.description.contains("is a file, not a directory") == true)
  }

  @Test func `a directory that cannot be made is named`() throws {
    let error = #expect(throws: StorageError.self) {
      try LogStore.open(directory: "/proc/kvorum/a") { Samples.identity }
    }
    #expect(error?.description.contains("/proc/kvorum") == true)
  }

  @Test func `a missing file is named when it is to be read`() throws {
    let error = #expect(throws: StorageError.self) { try LogReader(directory: directory.path) }
    #expect(error?.kind == .missing)
    #expect(error?.description.contains(directory.log) == true)
  }

  @Test func `a replica that is ahead of the log is refused with a way out`() throws {
    let log = try directory.openLog()
    try log.append(Samples.everyKind)
    let error = #expect(throws: StorageError.self) { try log.recover(applied: 9) }
    #expect(error?.kind == .replicaAhead)
    #expect(error?.description.contains("Move replica.db away") == true)
  }
}
