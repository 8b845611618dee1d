import Replication
import SQLite

/// Reads a log.db beside the connection that writes it, also from another process.
///
/// Used by one thread at a time; it may be handed from one thread to another. Each call sees all that was
/// durable when it began.
public final class LogReader: @unchecked Sendable {
  /// The log's path.
  public let path: String
  private let connection: SQLiteConnection
  private let reader: EntryReader
  private let last: SQLiteStatement

  /// Opens the log in a node's directory.
  public convenience init(directory: String, on files: any FileSystem = .real) throws {
    try self.init(path: DataDirectory.log(in: directory), on: files)
  }

  /// Opens a log.db, or a file with discarded entries.
  public init(path: String, on files: any FileSystem = .real) throws {
    self.path = path
    (connection, reader, last) = try wordingErrors {
      let connection = try DatabaseFile.openReadable(path, .log, on: files)
      return (
        connection, try EntryReader(connection), try connection.prepare(#"SELECT max("index") FROM log"#)
      )
    }
  }

  /// Who wrote the log.
  public func identity() throws -> NodeIdentity {
    try wordingErrors { try NodeRow.read(connection).identity }
  }

  /// What the node must never forget.
  public func hardState() throws -> HardState {
    try wordingErrors { try NodeRow.read(connection).hardState }
  }

  /// The commit index as stored.
  public func commit() throws -> LogIndex { try wordingErrors { try NodeRow.read(connection).commit } }

  /// The entry after which the log begins.
  public func base() throws -> LogBase { try wordingErrors { try reader.base() } }

  /// The last index; the base's if the log is empty.
  public func lastIndex() throws -> LogIndex {
    try wordingErrors {
      defer { last.reset() }
      return try last.step() && !last.isNull(0) ? last.bits(0) : try reader.base().index
    }
  }

  /// How many bytes of the file hold something.
  public func usedBytes() throws -> Int64 { try wordingErrors { try DatabaseFile.usedBytes(of: connection) } }

  /// What the entries up to an index leave behind; nil if the log neither holds it nor begins after it.
  public func point(at index: LogIndex) throws -> LogBase? {
    try wordingErrors { try reader.point(at: index) }
  }

  /// The chain's value at an index; nil if the log does not hold it.
  public func checksum(at index: LogIndex) throws -> UInt64? {
    try point(at: index)?.checksum
  }

  /// Entries from `first` on, in order and verified against the chain, as far as the limits allow; at least
  /// one, if the log holds one. Throws `StorageError.Kind.trimmed` if the log begins after `first`.
  ///
  /// - Parameters:
  ///   - limitBytes: The sum of `Entry.approximateSize` after which it stops.
  ///   - limitCount: How many entries at most.
  public func entries(from first: LogIndex, limitBytes: Int, limitCount: Int) throws -> [Entry] {
    var entries: [Entry] = []
    var bytes = 0
    try wordingErrors {
      try reader.read(from: first) { entry in
        bytes += entry.approximateSize
        if !entries.isEmpty, bytes > limitBytes { return false }
        entries.append(entry)
        return entries.count < limitCount && bytes < limitBytes
      }
    }
    return entries
  }
}
