import Replication
import SQLite
import Schema

/// A format of file that this release knows.
struct FileFormat: Sendable {
  let name: String
  let sql: String
  let application: Int64
  let version: Int64
  /// The pages of 4 KiB in the -wal file after which a commit moves them into the database.
  let checkpointPages: Int
  /// Whether pages that become free can be given back to the file system.
  let givesBackPages: Bool
  /// Brings a file of an older version to this one, as a whole or not at all.
  let migrate: @Sendable (SQLiteConnection, any FileSystem) throws -> Void

  // A write of the log waits for its checkpoint: 8 MB stall it for some 10 ms. Nobody waits for the replica's,
  // and a page that is written often is then moved seldom.
  static let log = FileFormat(
    name: "log.db", sql: Schema.log, application: Schema.logApplication, version: Schema.logVersion,
    checkpointPages: 2000, givesBackPages: true, migrate: Migration.log)
  static let replica = FileFormat(
    name: "replica.db", sql: Schema.replica, application: Schema.replicaApplication,
    version: Schema.replicaVersion, checkpointPages: 16_000, givesBackPages: false, migrate: Migration.replica
  )
}

/// How big a file is, in bytes.
public struct FileSizes: Hashable, Sendable {
  /// The database itself.
  public var database: Int64
  /// Its write-ahead log, which grows while a long reader keeps it from being used again.
  public var wal: Int64

  static func of(_ path: String, on files: any FileSystem) -> FileSizes {
    FileSizes(database: files.size(of: path), wal: files.size(of: path + "-wal"))
  }
}

/// Opens the files of a node's directory and checks that they are what they should be.
///
/// Each file has one connection that writes, and that one alone checkpoints; every other one is read-only
/// (`SQLiteConnection.firstVersionWithoutResetBug` says why).
enum DatabaseFile {
  /// How durable a commit is.
  enum Durability: String {
    /// Fsynced when it returns.
    case everyCommit = "FULL"
    /// Fsynced at the next checkpoint; what a power cut takes is the newest commits, whole.
    case checkpoints = "NORMAL"
  }

  /// Opens a file to write it. Makes it if it is absent or was never finished; `fill` then writes its first rows.
  static func openWritable(
    _ path: String, _ format: FileFormat, _ durability: Durability, on files: any FileSystem,
    fill: (SQLiteConnection) throws -> Void
  ) throws -> SQLiteConnection {
    let existed = files.exists(path)
    try makeDurable(path, on: files)
    let connection = try SQLiteConnection(path: path, mode: .create, vfs: files.sqliteVFS)
    let version = try check(connection, format)
    try connection.execute(
      """
      PRAGMA page_size = 4096;
      PRAGMA auto_vacuum = \(format.givesBackPages ? "INCREMENTAL" : "NONE");
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = \(Mutant.isPlanted(.acknowledgeBeforeFsync) ? "OFF" : durability.rawValue);
      PRAGMA journal_size_limit = 67108864;
      PRAGMA cache_size = -65536;
      """)
    connection.checkpointAutomatically(atPages: format.checkpointPages)
    if version == 0 {
      try connection.transaction {
        try connection.execute(format.sql)
        try fill(connection)
      }
    } else if version < format.version {
      try format.migrate(connection, files)
    }
    if !existed { try files.synchronizeDirectory(DataDirectory.parent(of: path)) }
    return connection
  }

  /// What is read from now on counts as durable, and a promise or an acknowledgement may be given on it without
  /// another write. So what the process before has written and not fsynced, or not with success, must get to the
  /// disk first (Rebello et al., "Can Applications Recover from fsync Failures?", 2020). All of that is in the
  /// -wal file, which is not used again before the database is fsynced.
  private static func makeDurable(_ path: String, on files: any FileSystem) throws {
    let wal = path + "-wal"
    if files.size(of: wal) > 0 { try files.rewrite(wal) }
  }

  /// Opens a file to read it, also while another connection or process writes it.
  static func openReadable(
    _ path: String, _ format: FileFormat, on files: any FileSystem
  ) throws -> SQLiteConnection {
    let connection = try SQLiteConnection(
      path: path, mode: .readOnly, vfs: files.sqliteVFS, busyTimeoutMilliseconds: 1000)
    guard try check(connection, format) > 0 else {
      throw StorageError(.missing, path, "\(path) is empty: no node has written it yet.")
    }
    try connection.execute("PRAGMA cache_size = -16384; PRAGMA mmap_size = 1073741824;")
    return connection
  }

  /// Opens a file for an offline look, of which any part may be damaged: of a file that is too short, what is there is
  /// read. Takes little memory, whatever the size, and leaves no trace beside a file that no node has open.
  static func openOffline(_ path: String, _ format: FileFormat, on files: any FileSystem) throws
    -> SQLiteConnection
  {
    let connection = try SQLiteConnection(
      path: path, mode: files.exists(path + "-wal") ? .readOnly : .unchanging, vfs: files.sqliteVFS,
      busyTimeoutMilliseconds: 1000)
    // SQLite refuses a file that is shorter than its header says, unless it is told that there may be something wrong.
    try connection.execute("PRAGMA writable_schema = ON")
    guard try check(connection, format) > 0 else {
      throw StorageError(.missing, path, "\(path) is empty: no node has written it yet.")
    }
    // A mapped file counts as memory of the process.
    try connection.execute("PRAGMA cache_size = -2048; PRAGMA mmap_size = 0")
    return connection
  }

  /// How many bytes of a file hold something.
  static func usedBytes(of connection: SQLiteConnection) throws -> Int64 {
    let pages = try connection.integer("PRAGMA page_count") ?? 0
    return (pages - (try connection.integer("PRAGMA freelist_count") ?? 0)) * 4_096
  }

  /// The version of a file of a known format; 0 if it is empty.
  private static func check(_ connection: SQLiteConnection, _ format: FileFormat) throws -> Int64 {
    let path = connection.path
    let application = try connection.integer("PRAGMA application_id") ?? 0
    let version = try connection.integer("PRAGMA user_version") ?? 0
    if application == 0, version == 0,
      try connection.integer("SELECT count(*) FROM sqlite_schema") == 0
    {
      return 0
    }
    guard application == format.application else {
      throw StorageError(
        .foreign, path,
        "\(path) is an SQLite file, but no \(format.name) of Kvorum: move it away or choose another directory."
      )
    }
    guard version <= format.version else {
      throw StorageError(
        .newerFormat, path,
        """
        \(path) has format version \(version), and this release knows versions up to \(format.version): \
        start the node with a newer release of Kvorum.
        """)
    }
    guard version > 0 else {
      throw StorageError(
        .foreign, path, "\(path) has format version \(version), which no release of Kvorum has written.")
    }
    return version
  }
}
