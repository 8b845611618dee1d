import Replication
import SQLite

extension LogStore {
  /// Free pages that stay in the file, for the entries to come.
  private static let keptFreePages: Int64 = 2_048
  /// Pages given back to the file system at a time: a page moves for each.
  private static let vacuumedPages = 512

  /// Drops the oldest entries, up to an index or the limit, in one transaction; the log then begins after them.
  ///
  /// Nothing goes that the replica does not have *on disk*: what neither file has is lost (design 4.9). To be called
  /// again until `base` is at the index, so that writes need not wait for all of it.
  ///
  /// - Parameters:
  ///   - replica: What the replica beside it has on disk.
  ///   - limit: How many entries at most.
  public func trim(upTo index: LogIndex, within replica: DurableReplica, limit: LogIndex) throws {
    try stoppingOnError {
      let last = min(replica.applied, tail.commit)
      guard index <= last else {
        throw StorageError(
          .invalidWrite, path,
          "The log \(path) was asked to drop entry \(index), but only those up to \(last) are applied on disk."
        )
      }
      guard index > base.index else { return }
      let next = try point(at: min(index, base.index + limit))
      try connection.transaction {
        try statements.delete(upTo: next.index)
        try BaseStatements.insert(next, into: connection)
      }
      base = next
      try giveBackPages()
    }
  }

  /// What a burst of writes has left goes back to the file system; what the log needs all the time stays in the file.
  private func giveBackPages() throws {
    let free = try connection.integer("PRAGMA freelist_count") ?? 0
    let pages = try connection.integer("PRAGMA page_count") ?? 0
    guard free > Self.keptFreePages, free > pages / 4 else { return }
    try connection.execute("PRAGMA incremental_vacuum(\(Self.vacuumedPages))")
  }
}
