import Glibc
import Replication
import SQLite

/// A file that is made in one go: one transaction without a journal, and one fsync at the end.
///
/// Only for a directory that nobody uses before all of it is whole.
final class NewDatabase {
  let connection: SQLiteConnection
  private let path: String

  /// - Parameter cacheKibibytes: How much of the file SQLite keeps in memory.
  init(_ path: String, _ format: FileFormat, cacheKibibytes: Int) throws {
    self.path = path
    connection = try SQLiteConnection(path: path, mode: .create)
    try connection.execute(
      """
      PRAGMA page_size = 4096;
      PRAGMA auto_vacuum = \(format.givesBackPages ? "INCREMENTAL" : "NONE");
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = OFF;
      PRAGMA synchronous = OFF;
      PRAGMA cache_size = -\(cacheKibibytes);
      BEGIN;
      """)
    try connection.execute(format.sql)
  }

  /// Makes the file durable and closes it. No statement may exist any more.
  ///
  /// - Parameter isWritable: Whether the file will be written again; one that is not can be opened without a trace.
  func complete(isWritable: Bool = true) throws {
    let journal = isWritable ? "WAL" : "DELETE"
    try connection.execute("COMMIT; PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = \(journal);")
    try connection.close()
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw StorageError.system(errno, path, doing: "open") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw StorageError.system(errno, path, doing: "fsync") }
  }
}
