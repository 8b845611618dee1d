import Replication
import SQLite

/// The columns of a `LogBase`, which both files have in this order: index, epoch round, epoch master, time, checksum,
/// configuration index, configuration.
enum BaseRow {
  static let columns: Int32 = 7

  /// Binds the columns to the parameters from `first` on, and runs the statement.
  static func run(_ statement: SQLiteStatement, with base: LogBase, from first: Int32 = 1) throws {
    statement.bind(bits: base.index, at: first)
    statement.bind(bits: base.position.epoch.round, at: first + 1)
    statement.bind(bits: base.position.epoch.master.rawValue, at: first + 2)
    statement.bind(base.time, at: first + 3)
    statement.bind(bits: base.checksum, at: first + 4)
    statement.bind(bits: base.configuration?.index ?? 0, at: first + 5)
    let text = try base.configuration.map { try ConfigurationCoding.encode($0.configuration) }
    guard let text else {
      statement.bindNull(at: first + 6)
      return try statement.run()
    }
    try text.withUnsafeBytes {
      try statement.bind($0, at: first + 6)
      try statement.run()
    }
  }

  /// Reads the columns from `first` on; nil if the configuration is none.
  static func read(_ row: SQLiteStatement, from first: Int32 = 0) -> LogBase? {
    var configuration: IndexedConfiguration?
    if !row.isNull(first + 6) {
      guard let decoded = ConfigurationCoding.decode(row.bytes(first + 6)) else { return nil }
      configuration = IndexedConfiguration(index: row.bits(first + 5), configuration: decoded)
    }
    let epoch = Epoch(round: row.bits(first + 1), master: NodeID(row.bits(first + 2)))
    return LogBase(
      position: LogPosition(epoch: epoch, index: row.bits(first)), time: row.integer(first + 3),
      checksum: row.bits(first + 4), configuration: configuration)
  }
}

/// The statements on the table `base` of log.db.
final class BaseStatements {
  private let path: String
  private let select: SQLiteStatement

  init(_ connection: SQLiteConnection) throws {
    path = connection.path
    // A log of format version 1 always begins at entry 1.
    let isFirstFormat = try connection.integer("PRAGMA user_version") == 1
    select = try connection.prepare(
      isFirstFormat
        ? "SELECT 0, 0, 0, 0, 0, 0, NULL"
        : """
        SELECT "index", epoch_round, epoch_master, time, checksum, configuration_index, configuration FROM base
        """)
  }

  static func insert(_ base: LogBase, into connection: SQLiteConnection) throws {
    try BaseRow.run(
      try connection.prepare("INSERT INTO base VALUES (1, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)"), with: base)
  }

  /// Lets the log begin after another entry.
  static func update(_ base: LogBase, in connection: SQLiteConnection) throws {
    try BaseRow.run(
      try connection.prepare(
        """
        UPDATE base SET "index" = ?, epoch_round = ?, epoch_master = ?, time = ?, checksum = ?,
          configuration_index = ?, configuration = ?
        """), with: base)
  }

  /// Notes that the replica is about to take a snapshot that stands at an entry, or that none is on its way any more.
  static func mark(installing snapshot: LogBase?, in connection: SQLiteConnection) throws {
    let update = try connection.prepare("UPDATE base SET installing_index = ?, installing_checksum = ?")
    update.bind(snapshot.map { Int64(bitPattern: $0.index) }, at: 1)
    update.bind(snapshot.map { Int64(bitPattern: $0.checksum) }, at: 2)
    try update.run()
  }

  /// The snapshot that the replica was about to take when the node ended; nil if there was none.
  static func installing(in connection: SQLiteConnection) throws -> (index: LogIndex, checksum: UInt64)? {
    let row = try connection.prepare("SELECT installing_index, installing_checksum FROM base")
    guard try row.step(), !row.isNull(0) else { return nil }
    return (row.bits(0), row.bits(1))
  }

  /// The entry after which the log begins.
  func read() throws -> LogBase {
    defer { select.reset() }
    guard try select.step(), let base = BaseRow.read(select) else {
      throw StorageError(
        .damaged, path,
        "\(path) does not say after which entry it begins: its table 'base' is damaged. Move the directory away and "
          + "start the node empty, so that the others fill it again.")
    }
    return base
  }
}
