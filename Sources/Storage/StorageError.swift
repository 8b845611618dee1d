import Glibc
import Replication
import SQLite

/// Why a file could not be used, in a sentence that names it and the way out.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of failure, for those who decide by them.
  public enum Kind: Hashable, Sendable {
    /// No permission, or a read-only file system.
    case notWritable
    /// No room on the disk, and it is not known what was written.
    case diskFull
    /// No room on the disk; nothing was changed, and it may be tried again when there is room.
    case noRoom
    /// Another process has the directory.
    case locked
    /// The file does not exist.
    case missing
    /// The file was written by a newer release.
    case newerFormat
    /// The file is not one of Kvorum's, or no SQLite file at all.
    case foreign
    /// The file belongs to another node.
    case otherNode
    /// The content is not what was written.
    case damaged
    /// The replica holds more than the log.
    case replicaAhead
    /// The replica does not reach to where the log begins.
    case replicaBehind
    /// The log no longer holds the entries that were asked for.
    case trimmed
    /// The disk failed.
    case inputOutput
    /// The caller asked for what cannot be right.
    case invalidWrite
    /// An earlier write failed.
    case stopped
  }

  /// The kind of failure.
  public var kind: Kind
  /// The file or directory.
  public var path: String
  /// A sentence that names the file, what happened and what to do.
  public var description: String

  /// What exactly is wrong with an entry, without the file and the way out; nil for other failures.
  let finding: String?

  init(_ kind: Kind, _ path: String, _ description: String, finding: String? = nil) {
    self.kind = kind
    self.path = path
    self.description = description
    self.finding = finding
  }

  static func damaged(_ path: String, at index: LogIndex, _ finding: String) -> StorageError {
    StorageError(
      .damaged, path,
      """
      \(path) is damaged at index \(index): \(finding). Move the directory away and start the node \
      empty, so that the others fill it again, or build it with `kvlog rebuild`.
      """, finding: finding)
  }

  static func unknownType(_ path: String, _ key: UnsafeRawBufferPointer) -> StorageError {
    .damagedRow(path, "the key '\(String(decoding: key.prefix(64), as: UTF8.self))' has an unknown type")
  }

  static func damagedRow(_ path: String, _ finding: String) -> StorageError {
    StorageError(
      .damaged, path, "\(path) is damaged: \(finding). Move the file away, and it is built again.")
  }

  static func trimmed(_ path: String, upTo index: LogIndex) -> StorageError {
    StorageError(
      .trimmed, path,
      "\(path) begins after entry \(index): the entries up to it were trimmed, and only archived segments have them."
    )
  }

  /// What an errno means for the file that a system call failed on.
  public static func system(_ number: Int32, _ path: String, doing what: String) -> StorageError {
    let reason = String(cString: strerror(number))
    return switch number {
    case ENOSPC, EDQUOT: diskFull(path)
    case EACCES, EPERM, EROFS:
      StorageError(
        .notWritable, path,
        "\(path) cannot be written (\(reason)): give this user write permission, or choose another directory."
      )
    default: StorageError(.inputOutput, path, "Could not \(what) \(path): \(reason).")
    }
  }

  private static func diskFull(_ path: String, _ kind: Kind = .diskFull) -> StorageError {
    StorageError(
      kind, path, "The disk of \(path) is full: make room on it, then start the node again.")
  }

  init(_ error: SQLiteError) {
    let path = error.path
    switch error.code {
    // SQLite has undone the whole transaction, and no fsync has failed.
    case .full: self = .diskFull(path, .noRoom)
    case .inputOutput where [ENOSPC, EDQUOT].contains(error.systemError): self = .diskFull(path)
    case .readOnly: self = .system(EACCES, path, doing: "write")
    case .cannotOpen where error.systemError == ENOENT:
      self.init(.missing, path, "\(path) does not exist: check the directory's name.")
    case .cannotOpen: self = .system(error.systemError, path, doing: "open")
    case .notADatabase:
      self.init(
        .foreign, path,
        "\(path) is no SQLite file: it is damaged or belongs to another program; move it away or choose "
          + "another directory.")
    case .corrupt:
      self.init(
        .damaged, path,
        "\(path) is damaged (\(error.message)): move the directory away and start the node empty, so that the "
          + "others fill it again.")
    case .busy:
      self.init(
        .locked, path,
        "\(path) is locked by another program: only the node may write it; others open it with "
          + "`sqlite3 -readonly`.")
    default: self.init(.inputOutput, path, "\(path) failed: \(error).")
    }
  }
}

/// Runs `body`, and words what SQLite says as a `StorageError`.
@inline(__always)
func wordingErrors<Result>(_ body: () throws -> Result) throws -> Result {
  do { return try body() } catch let error as SQLiteError { throw StorageError(error) }
}
