import Replication
import SQLite

/// The oldest entries of a log, to be dropped.
public struct LogTrim: Hashable, Sendable {
  /// The last one that goes.
  public var index: LogIndex
  /// What the replica beside the log has on disk: nothing goes that it does not have there, since what neither file has
  /// is lost (design 4.9).
  public var replica: DurableReplica
  /// How many go at most in one transaction.
  public var limit: LogIndex

  /// Names the entries.
  public init(upTo index: LogIndex, within replica: DurableReplica, limit: LogIndex) {
    self.index = index
    self.replica = replica
    self.limit = limit
  }
}

extension LogStore {
  /// Free pages that stay in the file, for the entries to come.
  private static let keptFreePages: Int64 = 2_048
  /// Pages given back to the file system at a time: a page moves for each.
  private static let vacuumedPages = 512

  /// Drops the oldest entries, up to an index or the limit, in one transaction; the log then begins after them.
  ///
  /// To be called again until `base` is at the index, so that writes need not wait for all of it.
  public func trim(upTo index: LogIndex, within replica: DurableReplica, limit: LogIndex) throws {
    try write([], trimming: LogTrim(upTo: index, within: replica, limit: limit))
  }

  func trim(_ trim: LogTrim, over base: inout LogBase, _ tail: inout LogTail) throws {
    guard trim.index <= min(trim.replica.applied, tail.index) else {
      throw StorageError(
        .invalidWrite, path,
        """
        The log \(path) was asked to drop entry \(trim.index), but only those up to \(trim.replica.applied) are \
        applied on disk.
        """)
    }
    guard trim.index > base.index else { return }
    base = try point(at: min(trim.index, base.index + trim.limit))
    // What is applied is committed, whether a write has said so or not.
    tail.commit = max(tail.commit, base.index)
    try statements.delete(upTo: base.index)
    try BaseStatements.update(base, in: connection)
  }

  /// What a burst of writes has left goes back to the file system; what the log needs all the time stays in the file.
  func giveBackPages() throws {
    let free = try connection.integer("PRAGMA freelist_count") ?? 0
    let pages = try connection.integer("PRAGMA page_count") ?? 0
    guard free > Self.keptFreePages, free > pages / 4 else { return }
    try connection.execute("PRAGMA incremental_vacuum(\(Self.vacuumedPages))")
  }
}
