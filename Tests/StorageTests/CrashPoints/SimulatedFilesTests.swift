import Replication
import SQLite
import SimulatedFiles
import Storage
import Testing

@Suite struct SimulatedFilesTests {
  private let files = SimulatedFiles(seed: 1)

  /// A database with a row that is on the disk and one that is not.
  private func twoRows(journal: String = "WAL") throws -> SQLiteConnection {
    let connection = try SQLiteConnection(path: "/a.db", mode: .create, vfs: files.name)
    try connection.execute(
      "PRAGMA journal_mode = \(journal); PRAGMA synchronous = FULL; CREATE TABLE t (x); INSERT INTO t VALUES (1)"
    )
    try files.synchronizeDirectory("/")
    try connection.execute("PRAGMA synchronous = OFF; INSERT INTO t VALUES (2)")
    return connection
  }

  private func count() throws -> Int64? {
    try SQLiteConnection(path: "/a.db", mode: .readWrite, vfs: files.name).integer("SELECT count(*) FROM t")
  }

  @Test(arguments: [(true, 2), (false, 1)])
  func `a power cut takes what was not fsynced, and a kill does not`(_ isKill: Bool, _ rows: Int64) throws {
    let connection = try twoRows()
    if isKill { files.kill() } else { files.powerCut(keeping: .nothing) }
    #expect(try count() == rows)
    withExtendedLifetime(connection) {}
  }

  @Test func `a power cut may keep everything`() throws {
    let connection = try twoRows()
    files.powerCut(keeping: .everything)
    #expect(try count() == 2)
    withExtendedLifetime(connection) {}
  }

  @Test func `a name is gone with the power as long as its directory is not fsynced`() throws {
    try files.makeDirectory("/d")
    try files.synchronizeDirectory("/")
    let connection = try SQLiteConnection(path: "/d/b.db", mode: .create, vfs: files.name)
    try connection.execute("PRAGMA journal_mode = MEMORY; CREATE TABLE t (x)")
    files.powerCut(keeping: .nothing)
    #expect(files.exists("/d") && !files.exists("/d/b.db"))
    withExtendedLifetime(connection) {}
  }

  @Test func `equal seeds keep the same part of what was not fsynced`() throws {
    var outcomes: Set<[UInt8]> = []
    for seed: UInt64 in 0..<30 {
      let twins = try (0..<2).map { _ in
        let files = SimulatedFiles(seed: 1)
        let connection = try SQLiteConnection(path: "/a.db", mode: .create, vfs: files.name)
        try connection.execute("PRAGMA journal_mode = OFF; CREATE TABLE t (x)")
        try files.synchronizeDirectory("/")
        try connection.execute(
          "PRAGMA synchronous = OFF; INSERT INTO t VALUES (hex(zeroblob(9000)))")
        files.powerCut(keeping: .some(seed: seed))
        return files.contents(of: "/a.db") ?? []
      }
      #expect(twins[0] == twins[1])
      outcomes.insert(twins[0])
    }
    #expect(outcomes.count > 10)
  }

  @Test func `after a failed fsync a later one leaves the lost pages out`() throws {
    var isLost = false
    for seed: UInt64 in 0..<20 where !isLost {
      let files = SimulatedFiles(seed: seed)
      let connection = try SQLiteConnection(path: "/a.db", mode: .create, vfs: files.name)
      try connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (x)")
      try files.synchronizeDirectory("/")
      files.inject(.failedSync(cacheKept: true), at: 1)
      #expect(throws: SQLiteError.self) { try connection.execute("INSERT INTO t VALUES (1)") }
      #expect(files.struck == .failedSync(cacheKept: true))
      files.kill()
      let next = try SQLiteConnection(path: "/a.db", mode: .readWrite, vfs: files.name)
      #expect(try next.integer("SELECT count(*) FROM t") == 1)
      files.powerCut(keeping: .everything)
      let last = try SQLiteConnection(path: "/a.db", mode: .readWrite, vfs: files.name)
      isLost = try last.integer("SELECT count(*) FROM t") == 0
    }
    #expect(isLost)
  }

  @Test func `a reader and a writer see each other's locks`() throws {
    let writer = try twoRows()
    let reader = try SQLiteConnection(path: "/a.db", mode: .readOnly, vfs: files.name)
    let other = try SQLiteConnection(path: "/a.db", mode: .readWrite, vfs: files.name)
    try reader.execute("BEGIN")
    #expect(try reader.integer("SELECT count(*) FROM t") == 2)
    try writer.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES (3)")
    let busy = #expect(throws: SQLiteError.self) { try other.execute("BEGIN IMMEDIATE") }
    #expect(busy?.code == .busy)
    try writer.execute("COMMIT")
    #expect(try reader.integer("SELECT count(*) FROM t") == 2)
    try reader.execute("COMMIT")
    #expect(try reader.integer("SELECT count(*) FROM t") == 3)
  }

  @Test func `a flipped bit is read`() throws {
    do { _ = try twoRows(journal: "DELETE") }
    let before = try #require(files.contents(of: "/a.db"))
    files.flipBit(8 * 100 + 3, of: "/a.db")
    let after = try #require(files.contents(of: "/a.db"))
    #expect(after[100] == before[100] ^ 8)
    #expect(after.count == before.count)
  }

  @Test func `a checkpoint whose fsync fails makes the commit throw, and a full disk does not`() throws {
    for (fault, throwing) in [(Fault.failedSync(cacheKept: true), true), (.noSpace, false)] {
      let files = SimulatedFiles(seed: 1)
      let connection = try SQLiteConnection(path: "/a.db", mode: .create, vfs: files.name)
      try connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE t (x)")
      connection.checkpointAutomatically(atPages: 4)
      try connection.execute("INSERT INTO t VALUES (1)")
      // The next commit writes the header and the page of a frame, and then the checkpoint begins.
      files.inject(fault, at: throwing ? 1 : 3)
      var threw = false
      do { try connection.transaction { try connection.execute("INSERT INTO t VALUES (2)") } } catch {
        threw = true
      }
      #expect(files.struck == fault)
      #expect(threw == throwing)
      #expect(try connection.integer("SELECT count(*) FROM t") == 2)
    }
  }
}
