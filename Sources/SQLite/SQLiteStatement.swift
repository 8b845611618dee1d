import CSQLite

/// A compiled statement, kept by its owner and run many times. Parameters count from 1, columns from 0.
public final class SQLiteStatement {
  /// The statement's text.
  public let sql: String
  private let connection: SQLiteConnection
  private let handle: OpaquePointer

  init(connection: SQLiteConnection, sql: String) throws {
    self.sql = sql
    self.connection = connection
    var prepared: OpaquePointer?
    let result = sqlite3_prepare_v3(
      connection.openHandle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    try connection.check(result, sql: sql)
    guard let prepared else { preconditionFailure("an empty statement was prepared") }
    handle = prepared
  }

  deinit { sqlite3_finalize(handle) }

  // MARK: Running

  /// Goes to the next row; false at the end.
  public func step() throws -> Bool {
    let result = sqlite3_step(handle)
    if result == SQLITE_ROW { return true }
    if result == SQLITE_DONE { return false }
    let error = SQLiteError(result: result, connection: connection.handle, path: connection.path, sql: sql)
    sqlite3_reset(handle)
    throw error
  }

  /// Ends the run, which lets go of its locks and its snapshot. What was bound stays bound.
  public func reset() { sqlite3_reset(handle) }

  /// Runs a statement whose rows do not matter, and resets it.
  public func run() throws {
    while try step() {}
    reset()
  }

  // MARK: Parameters

  /// Binds NULL.
  public func bindNull(at parameter: Int32) { bound(sqlite3_bind_null(handle, parameter)) }

  /// Binds an integer.
  public func bind(_ value: Int64, at parameter: Int32) {
    bound(sqlite3_bind_int64(handle, parameter, value))
  }

  /// Binds an integer or NULL.
  public func bind(_ value: Int64?, at parameter: Int32) {
    if let value { bind(value, at: parameter) } else { bindNull(at: parameter) }
  }

  /// Binds the 64 bits of an unsigned number, which SQL shows as a signed one.
  public func bind(bits value: UInt64, at parameter: Int32) {
    bind(Int64(bitPattern: value), at: parameter)
  }

  /// Binds a copy of a text.
  public func bind(_ text: String, at parameter: Int32) throws {
    var text = text
    let result = text.withUTF8 {
      let start = $0.baseAddress.map { UnsafeRawPointer($0) } ?? emptyBytes
      return sqlite3_bind_text64(
        handle, parameter, start.assumingMemoryBound(to: CChar.self), UInt64($0.count), transient,
        UInt8(SQLITE_UTF8))
    }
    try connection.check(result, sql: sql)
  }

  /// Binds bytes in their one stored form, without a copy: they must stay in place until `reset` or the next
  /// binding of the parameter. Throws if they are longer than SQLite's limit of 1 GB.
  public func bind(
    _ bytes: UnsafeRawBufferPointer, as form: ByteStringForm, at parameter: Int32
  ) throws {
    // An absent address would be bound as NULL.
    let start = bytes.baseAddress ?? emptyBytes
    let count = UInt64(bytes.count)
    let result =
      switch form {
      case .text:
        sqlite3_bind_text64(
          handle, parameter, start.assumingMemoryBound(to: CChar.self), count, nil, UInt8(SQLITE_UTF8))
      case .blob: sqlite3_bind_blob64(handle, parameter, start, count, nil)
      }
    try connection.check(result, sql: sql)
  }

  /// As `bind(_:as:at:)`, in the form that the bytes have.
  public func bind(_ bytes: UnsafeRawBufferPointer, at parameter: Int32) throws {
    try bind(bytes, as: ByteStringForm(of: bytes), at: parameter)
  }

  /// Binds a column of another statement's row, whatever it is, as a copy.
  public func bind(column: Int32, of other: SQLiteStatement, at parameter: Int32) throws {
    try connection.check(
      sqlite3_bind_value(handle, parameter, sqlite3_column_value(other.handle, column)), sql: sql)
  }

  private func bound(_ result: Int32) {
    precondition(result == SQLITE_OK, "no such parameter, or the statement is running: \(sql)")
  }

  // MARK: Columns

  /// The number of columns of a row.
  public var columnCount: Int32 { sqlite3_column_count(handle) }

  /// Whether the column is NULL.
  public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  /// Whether the column is TEXT.
  public func isText(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_TEXT }

  /// Whether the column is BLOB.
  public func isBlob(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_BLOB }

  /// Whether the column is INTEGER.
  public func isInteger(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_INTEGER }

  /// The column as an integer; 0 if it holds none.
  public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  /// The column as an integer, or nil if it is NULL.
  public func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

  /// The column's 64 bits as an unsigned number.
  public func bits(_ column: Int32) -> UInt64 { UInt64(bitPattern: integer(column)) }

  /// The bytes of a TEXT or BLOB column; empty if it is NULL.
  public func bytes(_ column: Int32) -> [UInt8] { withBytes(column) { [UInt8]($0) } }

  /// The column as text, with invalid UTF-8 replaced.
  public func text(_ column: Int32) -> String {
    withBytes(column) { String(decoding: $0, as: UTF8.self) }
  }

  /// Lends the bytes of a TEXT or BLOB column; they move at the next `step` or `reset`.
  public func withBytes<Result>(
    _ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    // The order of the two calls is the one that SQLite asks for.
    let start = sqlite3_column_blob(handle, column)
    return try body(
      UnsafeRawBufferPointer(
        start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column))))
  }
}

/// Stands for the address of no bytes.
nonisolated(unsafe) private let emptyBytes = UnsafeRawPointer(
  UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))

/// Asks SQLite to copy what is bound.
private var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
