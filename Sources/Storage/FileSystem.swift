/// The operating system's files, as far as the storage uses them beside SQLite.
///
/// Production has one of them, `real`; a test may put one in its place that fails and loses power on purpose.
/// Every error is a `StorageError` that names the path.
public protocol FileSystem: Sendable {
  /// The SQLite VFS that reads and writes the same files; nil means SQLite's default.
  var sqliteVFS: String? { get }

  /// Whether there is a file or directory of this name.
  func exists(_ path: String) -> Bool
  /// Whether there is a directory of this name.
  func isDirectory(_ path: String) -> Bool
  /// A file's length in bytes; 0 if there is none.
  func size(of path: String) -> Int64
  /// A file's bytes; nil if there is no such file, or if it cannot be read.
  func contents(of path: String) -> [UInt8]?

  /// The names of the files and directories in a directory, in order; none if there is no such directory.
  func names(in directory: String) -> [String]

  /// The bytes of a file from an offset on, fewer than `count` only at its end.
  func read(_ path: String, at offset: Int64, count: Int) throws -> [UInt8]
  /// Writes bytes to a file at an offset; makes the file if it is absent. Nothing of it is durable yet.
  func write(_ bytes: [UInt8], to path: String, at offset: Int64) throws
  /// Makes what was written to a file durable.
  func synchronize(_ path: String) throws

  /// Makes a directory whose parent exists; it may be there already.
  func makeDirectory(_ path: String) throws
  /// Makes the names in a directory durable.
  func synchronizeDirectory(_ path: String) throws
  /// Takes a directory for this process, until the result is released or the process ends.
  func lock(_ directory: String) throws -> AnyObject

  /// Gives a file another name, in place of any file that had it.
  func rename(_ path: String, to other: String) throws
  /// Removes a file, if it is there.
  func remove(_ path: String) throws
  /// Writes a file's bytes again, and fsyncs them: what a process reads may be in memory alone if the one before
  /// it was killed before its fsync, or if that fsync failed, and a new fsync would then leave the bytes out.
  func rewrite(_ path: String) throws
}

extension FileSystem where Self == SystemFiles {
  /// The files of this machine.
  public static var real: SystemFiles { SystemFiles() }
}
