import Foundation
import SQLite
import Testing

@Suite struct SQLiteConnectionTests {
  private let file: TemporaryFile

  init() throws { file = try TemporaryFile() }

  private func open() throws -> SQLiteConnection {
    let connection = try SQLiteConnection(path: file.path, mode: .create)
    try connection.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, value)")
    return connection
  }

  @Test func `any bytes come back as they were bound`() throws {
    let connection = try open()
    let insert = try connection.prepare("INSERT INTO t (value) VALUES (?)")
    let samples: [[UInt8]] = [[], [0], [0xFF, 0xFE], Array("text".utf8), Array("ü\0".utf8), Array(0...255)]
    for sample in samples {
      try sample.withUnsafeBytes {
        try insert.bind($0, at: 1)
        try insert.run()
      }
    }
    let select = try connection.prepare("SELECT value, typeof(value) FROM t ORDER BY id")
    for sample in samples {
      #expect(try select.step())
      #expect(select.bytes(0) == sample)
      #expect(!select.isNull(0))
      let form = sample.withUnsafeBytes { ByteStringForm(of: $0) }
      #expect(select.text(1) == (form == .text ? "text" : "blob"))
    }
    #expect(try !select.step())
  }

  @Test func `integers keep all 64 bits`() throws {
    let connection = try open()
    let echo = try connection.prepare("SELECT ?, ?, ?")
    echo.bind(bits: UInt64.max - 1, at: 1)
    echo.bind(Int64.min, at: 2)
    echo.bind(nil, at: 3)
    #expect(try echo.step())
    #expect(echo.bits(0) == UInt64.max - 1)
    #expect(echo.integer(1) == .min)
    #expect(echo.optionalInteger(2) == nil)
  }

  @Test func `a transaction that throws leaves nothing behind`() throws {
    struct Stop: Error {}
    let connection = try open()
    #expect(throws: Stop.self) {
      try connection.transaction {
        try connection.execute("INSERT INTO t (value) VALUES (1)")
        throw Stop()
      }
    }
    #expect(connection.isIdle)
    #expect(try connection.integer("SELECT count(*) FROM t") == 0)
  }

  @Test func `an update tells how many rows it changed`() throws {
    let connection = try open()
    try connection.execute("INSERT INTO t (value) VALUES (1), (2), (3)")
    try connection.execute("UPDATE t SET value = 0 WHERE id > 1")
    #expect(connection.changes == 2)
  }

  @Test func `a reader cannot write`() throws {
    try open().close()
    let reader = try SQLiteConnection(path: file.path, mode: .readOnly)
    let error = #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO t (value) VALUES (1)") }
    #expect(error?.code == .readOnly)
  }

  @Test func `a reader that closes last leaves the checkpoint to the writer`() throws {
    let writer = try open()
    try writer.execute("PRAGMA journal_mode = WAL; INSERT INTO t (value) VALUES (1)")
    let reader = try SQLiteConnection(path: file.path, mode: .readOnly)
    #expect(try reader.integer("SELECT count(*) FROM t") == 1)
    let size = try FileManager.default.attributesOfItem(atPath: file.path + "-wal")[.size] as? Int
    try reader.close()
    #expect(try FileManager.default.attributesOfItem(atPath: file.path + "-wal")[.size] as? Int == size)
    try writer.close()
    #expect(!FileManager.default.fileExists(atPath: file.path + "-wal"))
  }

  @Test func `an error names its file, its SQL and both codes`() throws {
    let connection = try open()
    try connection.execute("INSERT INTO t (id) VALUES (1)")
    let error = #expect(throws: SQLiteError.self) { try connection.execute("INSERT INTO t (id) VALUES (1)") }
    #expect(error?.code == .constraint)
    #expect(error?.extendedCode == 1555)
    #expect(error?.path == file.path)
    #expect(error?.sql == "INSERT INTO t (id) VALUES (1)")
    #expect(error?.description.contains("UNIQUE constraint failed: t.id") == true)
  }

  @Test func `a missing file cannot be opened to read`() {
    let error = #expect(throws: SQLiteError.self) {
      try SQLiteConnection(path: file.path, mode: .readOnly)
    }
    #expect(error?.code == .cannotOpen)
    #expect(error?.systemError == ENOENT)
  }

  @Test func `a file of something else is refused`() throws {
    try Data("this is no database, but a long enough text".utf8).write(to: URL(filePath: file.path))
    let error = #expect(throws: SQLiteError.self) {
      try SQLiteConnection(path: file.path, mode: .readWrite).integer("PRAGMA user_version")
    }
    #expect(error?.code == .notADatabase)
  }

  @Test func `a statement left behind is noticed at close`() throws {
    let connection = try open()
    let statement = try connection.prepare("SELECT 1")
    withExtendedLifetime(statement) {
      let error = #expect(throws: SQLiteError.self) { try connection.close() }
      #expect(error?.code == .busy)
    }
  }
}
