import CSQLite

/// What SQLite said when a call failed.
public struct SQLiteError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A primary result code (sqlite.org/rescode.html).
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The number as SQLite defines it.
    public var rawValue: Int32
    /// Wraps a primary result code.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Another connection holds a lock that stands in the way.
    public static let busy = Code(rawValue: SQLITE_BUSY)
    /// No permission to write.
    public static let readOnly = Code(rawValue: SQLITE_READONLY)
    /// The file system failed; `systemError` says how.
    public static let inputOutput = Code(rawValue: SQLITE_IOERR)
    /// The file's structure is damaged.
    public static let corrupt = Code(rawValue: SQLITE_CORRUPT)
    /// The disk is full.
    public static let full = Code(rawValue: SQLITE_FULL)
    /// The file cannot be opened.
    public static let cannotOpen = Code(rawValue: SQLITE_CANTOPEN)
    /// The file is no SQLite database.
    public static let notADatabase = Code(rawValue: SQLITE_NOTADB)
    /// A constraint of the schema was violated.
    public static let constraint = Code(rawValue: SQLITE_CONSTRAINT)
  }

  /// The primary result code.
  public var code: Code
  /// The extended result code.
  public var extendedCode: Int32
  /// The errno of the call that failed, or 0.
  public var systemError: Int32
  /// SQLite's own words.
  public var message: String
  /// The SQL that failed, if it was SQL.
  public var sql: String?
  /// The file of the connection.
  public var path: String

  /// The message, the extended code, the file and the SQL.
  public var description: String {
    "\(path): \(message) (SQLite code \(extendedCode))" + (sql.map { " in: \($0)" } ?? "")
  }

  init(result: Int32, connection: OpaquePointer?, path: String, sql: String?) {
    // The connection's last error is this one, unless the call was a misuse that left no trace in it.
    let recorded = connection.map(sqlite3_extended_errcode) ?? result
    extendedCode = recorded & 0xFF == result & 0xFF ? recorded : result
    code = Code(rawValue: result & 0xFF)
    systemError = connection.map(sqlite3_system_errno) ?? 0
    let words = recorded & 0xFF == result & 0xFF ? connection.flatMap(sqlite3_errmsg) : nil
    message = String(cString: words ?? sqlite3_errstr(result))
    self.sql = sql
    self.path = path
  }
}
