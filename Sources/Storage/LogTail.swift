import Replication
import SQLite

/// What the next write builds on. A copy is changed during a transaction and kept when that is durable.
struct LogTail {
  /// The last index of the log.
  var index: LogIndex
  /// The epoch of the last entry.
  var epoch: Epoch
  /// The chain's value at the last entry.
  var checksum: UInt64
  /// The hard state.
  var hardState: HardState
  /// The commit index.
  var commit: LogIndex

  init(_ connection: SQLiteConnection, path: String, _ node: NodeRow, base: LogBase) throws {
    hardState = node.hardState
    commit = node.commit
    let last = try connection.prepare(
      #"SELECT "index", epoch_round, epoch_master, checksum FROM log ORDER BY "index" DESC LIMIT 1"#)
    if try last.step() {
      index = last.bits(0)
      epoch = Epoch(round: last.bits(1), master: NodeID(last.bits(2)))
      checksum = last.bits(3)
    } else {
      index = base.index
      epoch = base.position.epoch
      checksum = base.checksum
    }
    guard commit <= index else {
      throw StorageError.damaged(
        path, at: index, "the log ends here, but entries up to \(commit) were committed in it")
    }
  }
}

/// The statements of the log's writer.
final class LogStatements {
  let entries: EntryInserter
  private let path: String
  private let insertReignStatement: SQLiteStatement
  private let deletions: [SQLiteStatement]
  private let trims: [SQLiteStatement]
  private let clearing: [SQLiteStatement]
  private let updateCommit: SQLiteStatement
  private let updateHardState: SQLiteStatement

  init(_ connection: SQLiteConnection) throws {
    path = connection.path
    entries = try EntryInserter(connection)
    insertReignStatement = try connection.prepare("INSERT INTO reigns VALUES (?, ?, ?)")
    deletions = [
      try connection.prepare(#"DELETE FROM log WHERE "index" >= ?"#),
      try connection.prepare(#"DELETE FROM log_part WHERE "index" >= ?"#),
      try connection.prepare("DELETE FROM reigns WHERE first >= ?"),
    ]
    trims = [
      try connection.prepare(#"DELETE FROM log WHERE "index" <= ?"#),
      try connection.prepare(#"DELETE FROM log_part WHERE "index" <= ?"#),
    ]
    clearing = [
      try connection.prepare("DELETE FROM log"), try connection.prepare("DELETE FROM log_part"),
      try connection.prepare("DELETE FROM reigns"),
    ]
    updateCommit = try connection.prepare("UPDATE node SET commit_index = ?")
    updateHardState = try connection.prepare(
      "UPDATE node SET cluster = ?, promised_round = ?, promised_master = ?, highest_round = ?")
  }

  func insertReign(_ position: LogPosition) throws {
    insertReignStatement.bind(bits: position.index, at: 1)
    insertReignStatement.bind(bits: position.epoch.round, at: 2)
    insertReignStatement.bind(bits: position.epoch.master.rawValue, at: 3)
    try insertReignStatement.run()
  }

  func delete(from first: LogIndex) throws {
    for statement in deletions {
      statement.bind(bits: first, at: 1)
      try statement.run()
    }
  }

  /// Deletes all rows.
  func deleteAll() throws { for statement in clearing { try statement.run() } }

  /// Deletes the rows up to an index.
  func delete(upTo index: LogIndex) throws {
    for statement in trims {
      statement.bind(bits: index, at: 1)
      try statement.run()
    }
  }

  func update(from old: LogTail, to new: LogTail) throws {
    guard new.commit <= new.index else {
      throw StorageError(
        .invalidWrite, path,
        "The commit index \(new.commit) is above the last index \(new.index) of \(path).")
    }
    if new.commit != old.commit {
      updateCommit.bind(bits: new.commit, at: 1)
      try updateCommit.run()
    }
    if new.hardState != old.hardState {
      if let cluster = new.hardState.cluster {
        try updateHardState.bind(cluster.description, at: 1)
      } else {
        updateHardState.bindNull(at: 1)
      }
      updateHardState.bind(bits: new.hardState.promised.round, at: 2)
      updateHardState.bind(bits: new.hardState.promised.master.rawValue, at: 3)
      updateHardState.bind(bits: new.hardState.highestRound, at: 4)
      try updateHardState.run()
    }
  }
}
