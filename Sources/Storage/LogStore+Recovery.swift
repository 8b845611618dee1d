import Replication
import SQLite

extension LogStore {
  /// How many entries at the end of the log are verified at least.
  private static let verifiedTail: LogIndex = 64

  /// What a node finds on its disk when it starts.
  ///
  /// Reads the entries after `applied`, the last few entries, the configurations and the reigns, but never the
  /// whole log. Everything that is read is verified against the checksum chain.
  ///
  /// - Parameter applied: The applied index of the replica beside it.
  public func recover(applied: LogIndex) throws -> RecoveredState {
    try stoppingOnError {
      guard applied <= tail.index else {
        throw StorageError(
          .replicaAhead, path,
          """
          \(DataDirectory.replica(in: directory)) holds everything up to index \(applied), but \(path) ends at \
          \(tail.index): the log was lost or replaced. Move replica.db away, and it is built again from the log.
          """)
      }
      guard applied >= base.index else {
        throw StorageError(
          .replicaBehind, path,
          """
          \(DataDirectory.replica(in: directory)) holds everything up to index \(applied) only, and \(path) begins \
          after \(base.index): the replica was lost or replaced, and the log cannot build it again. \
          Copy one from another node with `kvorum admin snapshot`, or start the node: it does that by itself.
          """)
      }
      var unapplied: [Entry] = []
      let first = max(base.index, min(applied, tail.index - min(tail.index, Self.verifiedTail))) + 1
      try reader.read(from: first) { entry in
        if entry.index > applied { unapplied.append(entry) }
        return true
      }
      return RecoveredState(
        hardState: tail.hardState, base: base.position, lastIndex: tail.index, reigns: try reigns(),
        configurations: try configurations(), commit: max(tail.commit, applied), applied: applied,
        unapplied: unapplied)
    }
  }

  private func reigns() throws -> [Reign] {
    let rows = try connection.prepare(
      """
      SELECT first, reigns.epoch_round, reigns.epoch_master,
        log.epoch_round IS reigns.epoch_round AND log.epoch_master IS reigns.epoch_master
      FROM reigns LEFT JOIN log ON log."index" = first ORDER BY first
      """)
    var reigns: [Reign] = []
    while try rows.step() {
      let reign = Reign(first: rows.bits(0), epoch: Epoch(round: rows.bits(1), master: NodeID(rows.bits(2))))
      // Those that began in a part of the log that is gone have no entry to be held against but the base.
      guard rows.integer(3) != 0 || reign.first <= base.index,
        reigns.last.map({ $0.epoch < reign.epoch }) ?? (reign.first <= max(1, base.index))
      else {
        throw StorageError.damaged(path, at: reign.first, "the table 'reigns' contradicts the log")
      }
      reigns.append(reign)
    }
    guard reigns.last?.epoch ?? .zero == tail.epoch,
      reigns.last(where: { $0.first <= base.index })?.epoch ?? .zero == base.position.epoch
    else {
      throw StorageError.damaged(path, at: tail.index, "the table 'reigns' contradicts the log")
    }
    return reigns
  }

  private func configurations() throws -> [IndexedConfiguration] {
    let rows = try connection.prepare(#"SELECT "index" FROM log WHERE op = 'config' ORDER BY "index""#)
    var configurations = base.configuration.map { [$0] } ?? []
    while try rows.step() {
      let index = rows.bits(0)
      try reader.read(from: index) { entry in
        guard case .configuration(let configuration) = entry.payload, entry.index == index else {
          throw StorageError.damaged(path, at: index, "the index 'log_configurations' contradicts the log")
        }
        configurations.append(IndexedConfiguration(index: index, configuration: configuration))
        return false
      }
    }
    return configurations
  }
}
