import Replication
import SQLite

// How a log follows its replica when that has taken a snapshot (design 4.9).
//
// Three durable writes, of which each is whole or not at all: the log notes which snapshot is being installed, the
// replica takes it, the log begins after it. A node that ends between the second and the third finds a replica that is
// ahead of its log, and knows by the note that the third is to be done.

extension LogStore {
  /// Notes durably that the replica is about to take a snapshot that stands at an entry.
  public func willInstall(_ snapshot: LogBase) throws {
    try stoppingOnError {
      try connection.transaction { try BaseStatements.mark(installing: snapshot, in: connection) }
    }
  }

  /// For a node that starts: does what is left of an installation, or forgets one that has not got as far as the
  /// replica.
  ///
  /// - Parameter standing: Where the replica stands.
  /// - Returns: What was dropped from the log, and where it is kept now.
  @discardableResult
  public func finishInstallation(by standing: LogBase) throws -> [DiscardedTail] {
    let note = try stoppingOnError { try BaseStatements.installing(in: connection) }
    guard let note else { return [] }
    guard standing.index >= note.index else {
      try stoppingOnError {
        try connection.transaction { try BaseStatements.mark(installing: nil, in: connection) }
      }
      return []
    }
    guard standing.index > note.index || standing.checksum == note.checksum else {
      throw StorageError.damaged(
        DataDirectory.replica(in: directory), at: standing.index,
        "it is not the snapshot that \(path) says was being installed")
    }
    // A replica that has gone on from there was made of this log, which then holds all of it.
    let snapshot = standing.index == note.index ? standing : try point(at: max(note.index, base.index))
    return try write([LogWrite(ticket: 0, installed: snapshot)])
  }

  /// A log that holds the entry at which the snapshot stands keeps what it has, since what comes after it may have been
  /// acknowledged. Any other is dropped as a whole; what of it was never known to be committed is kept aside.
  func install(_ snapshot: LogBase, over base: inout LogBase, _ next: inout LogTail) throws -> [DiscardedTail]
  {
    if let note = try BaseStatements.installing(in: connection), note.index <= snapshot.index {
      try BaseStatements.mark(installing: nil, in: connection)
    }
    if try holds(snapshot.position, base: base) {
      next.commit = max(next.commit, snapshot.index)
      return []
    }
    var discarded: [DiscardedTail] = []
    if next.index > next.commit {
      discarded = [
        try DiscardedTail.keep(
          from: connection, in: directory, on: files, after: try point(at: next.commit), last: next.index)
      ]
    }
    try statements.deleteAll()
    try statements.insertReign(snapshot.position)
    try BaseStatements.update(snapshot, in: connection)
    base = snapshot
    next.index = snapshot.index
    next.epoch = snapshot.position.epoch
    next.checksum = snapshot.checksum
    next.commit = snapshot.index
    return discarded
  }

  private func holds(_ position: LogPosition, base: LogBase) throws -> Bool {
    if Mutant.isPlanted(.snapshotDropsLongerLog) { return false }
    if position.index < base.index { return true }
    guard let ours = try reader.point(at: position.index) else { return false }
    return ours.position.epoch == position.epoch || Mutant.isPlanted(.snapshotKeepsOtherLog)
  }
}
