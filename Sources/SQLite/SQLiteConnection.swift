import CSQLite

/// A connection to one SQLite file. Used by one thread at a time; SQLite's own mutexes are off.
public final class SQLiteConnection {
  /// How a file is opened.
  public enum Mode: Hashable, Sendable {
    /// Reads and writes; the file must exist.
    case readWrite
    /// Reads and writes; the file is made if it does not exist.
    case create
    /// Reads only, and never checkpoints.
    case readOnly
    /// Reads a file that has no -wal file and that nobody writes meanwhile; makes no file beside it either, so that it
    /// may be on a disk that cannot be written.
    case unchanging
  }

  /// What a transaction holds from its start.
  public enum TransactionKind: String, Sendable {
    /// Nothing until the first statement.
    case deferred = "BEGIN DEFERRED"
    /// The write lock.
    case immediate = "BEGIN IMMEDIATE"
  }

  /// The first release without the WAL-reset bug: before it, two connections that write or checkpoint one
  /// WAL file at the same time can lose commits (sqlite.org/wal.html#walresetbug).
  ///
  /// Kvorum does not depend on that release: each file has one connection that writes, which alone
  /// checkpoints, and all others are `readOnly`.
  public static let firstVersionWithoutResetBug: Int32 = 3_051_003

  /// The version of the SQLite library in use, as major * 1,000,000 + minor * 1,000 + patch.
  public static var libraryVersion: Int32 { sqlite3_libversion_number() }

  /// The file.
  public let path: String

  /// The open handle; nil once closed.
  private(set) var handle: OpaquePointer?

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - vfs: The name of a registered VFS that has the file; nil means SQLite's default.
  ///   - busyTimeoutMilliseconds: How long to wait for a lock that another connection holds.
  public init(
    path: String, mode: Mode, vfs: String? = nil, busyTimeoutMilliseconds: Int32 = 5000
  ) throws {
    self.path = path
    let access =
      switch mode {
      case .readWrite: SQLITE_OPEN_READWRITE
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      case .readOnly: SQLITE_OPEN_READONLY
      case .unchanging: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
      }
    let flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    var opened: OpaquePointer?
    let name = mode == .unchanging ? "file:\(Self.escaped(path))?immutable=1" : path
    let result = sqlite3_open_v2(name, &opened, flags, vfs)
    guard result == SQLITE_OK, let opened else {
      let error = SQLiteError(result: result, connection: opened, path: path, sql: nil)
      sqlite3_close_v2(opened)
      throw error
    }
    handle = opened
    sqlite3_busy_timeout(opened, busyTimeoutMilliseconds)
    if [.readOnly, .unchanging].contains(mode) {
      // The last connection to close checkpoints; a reader must leave that to the writer.
      try check(kvorum_sqlite3_no_checkpoint_on_close(opened), sql: nil)
    }
  }

  deinit { sqlite3_close_v2(handle) }

  /// A path in a URI, as sqlite.org/uri.html says.
  private static func escaped(_ path: String) -> String {
    path.utf8.map { byte in
      let digits = String(byte, radix: 16)
      return switch byte {
      case UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"), 0x80...: "%" + digits
      default: String(UnicodeScalar(byte))
      }
    }.joined()
  }

  /// Closes the file, which checkpoints it if this is the last connection and may write.
  ///
  /// Throws if a statement still exists.
  public func close() throws {
    guard let handle else { return }
    try check(sqlite3_close(handle), sql: nil)
    self.handle = nil
  }

  /// Moves the -wal file's content into the database after each commit that leaves `pages` or more in it.
  ///
  /// As `PRAGMA wal_autocheckpoint`, but that one ignores every error and tries again at the next commit, also after
  /// a failed fsync, where a second one proves nothing (design 4.11). Here the commit throws, though it is done.
  /// Only a reader in the way and a full disk are no errors: the -wal file keeps what it has, and grows.
  public func checkpointAutomatically(atPages pages: Int) {
    let hook:
      @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, Int32) -> Int32 =
        { limit, connection, database, pages in
          guard Int(pages) >= Int(bitPattern: limit) else { return SQLITE_OK }
          let result = sqlite3_wal_checkpoint_v2(connection, database, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
          return [SQLITE_BUSY, SQLITE_FULL].contains(result & 0xFF) ? SQLITE_OK : result
        }
    sqlite3_wal_hook(openHandle, hook, UnsafeMutableRawPointer(bitPattern: pages))
  }

  /// Runs one or more statements that return nothing of interest.
  public func execute(_ sql: String) throws {
    try check(sqlite3_exec(openHandle, sql, nil, nil, nil), sql: sql)
  }

  /// Compiles a statement that is meant to be kept and run many times.
  public func prepare(_ sql: String) throws -> SQLiteStatement {
    try SQLiteStatement(connection: self, sql: sql)
  }

  /// The first column of the first row as an integer, or nil if there is no row or the column is NULL.
  public func integer(_ sql: String) throws -> Int64? {
    let statement = try prepare(sql)
    guard try statement.step(), !statement.isNull(0) else { return nil }
    return statement.integer(0)
  }

  /// Runs `body` in a transaction, which is rolled back if it throws.
  public func transaction<Result>(
    _ kind: TransactionKind = .immediate, _ body: () throws -> Result
  ) throws -> Result {
    try execute(kind.rawValue)
    do {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // Some errors (a full disk, an I/O error) have rolled back already; the first error is the one to report.
      if sqlite3_get_autocommit(openHandle) == 0 { try? execute("ROLLBACK") }
      throw error
    }
  }

  /// The rows that the last INSERT, UPDATE or DELETE changed.
  public var changes: Int { Int(sqlite3_changes64(openHandle)) }

  /// Whether no transaction is open.
  public var isIdle: Bool { sqlite3_get_autocommit(openHandle) != 0 }

  var openHandle: OpaquePointer {
    guard let handle else { preconditionFailure("\(path) was used after it was closed") }
    return handle
  }

  func check(_ result: Int32, sql: String?) throws {
    guard result == SQLITE_OK else {
      throw SQLiteError(result: result, connection: handle, path: path, sql: sql)
    }
  }
}
