import Replication

extension ReplicaWriter {
  /// Applies what the log holds after `applied`, in large batches, so that a replica that was lost or is far
  /// behind is built again without holding the log in memory. For a node that starts, before it recovers.
  ///
  /// - Parameter commit: The commit index; nothing above it is applied.
  public func catchUp(with log: LogReader, upTo commit: LogIndex) throws {
    let base = try log.base()
    guard applied >= base.index else {
      throw StorageError(
        .replicaBehind, path,
        """
        \(path) holds everything up to index \(applied) only, and \(log.path) begins after \(base.index): the replica \
        was lost or replaced, and the log cannot build it again.
        """)
    }
    while applied < commit {
      let missing = Int(clamping: commit - applied)
      let entries = try log.entries(
        from: applied + 1, limitBytes: 64 << 20, limitCount: min(missing, 65_536))
      guard !entries.isEmpty else {
        throw StorageError(
          .damaged, log.path, "\(log.path) ends at \(applied), but entries up to \(commit) are committed.")
      }
      try apply(entries)
    }
  }
}
