import Replication
import SQLite
import Schema

/// Applies entries to the keyspace: the one connection that writes replica.db.
///
/// Used by one thread at a time, which waits for the disk; it may be handed from one thread to another. The
/// directory must be locked by the `LogStore` of the same node. Once an apply has thrown, the writer is of no
/// further use, unless it was for `StorageError.Kind.noRoom`.
public final class ReplicaWriter: @unchecked Sendable {
  /// The replica's path.
  public let path: String
  /// Where in the log the replica stands: what the entries that were applied leave behind.
  public private(set) var standing: LogBase
  /// The sum of the rows' checksums, modulo 2^64: equal on all nodes at equal index.
  public var contentChecksum: UInt64 { totals.checksum }

  let connection: SQLiteConnection
  let files: any FileSystem
  private let rows: ReplicaRows
  private let meta: ReplicaMeta
  private var totals: ReplicaTotals
  private var durable = DurableReplica(applied: 0)
  private var failure: (any Error)?

  /// Opens the replica in a node's directory; makes it, empty, if it is absent.
  public static func open(
    directory: String, node: NodeID, on files: any FileSystem = .real
  ) throws -> ReplicaWriter {
    try DataDirectory.create(directory, on: files)
    return try wordingErrors {
      try ReplicaWriter(path: DataDirectory.replica(in: directory), on: files, node: node)
    }
  }

  private init(path: String, on files: any FileSystem, node: NodeID) throws {
    self.path = path
    self.files = files
    connection = try DatabaseFile.openWritable(path, .replica, .checkpoints, on: files) {
      try ReplicaMeta.insert(node, into: $0)
    }
    meta = try ReplicaMeta(connection)
    let found = try meta.read()
    guard found.node == node.description else {
      throw StorageError(
        .otherNode, path,
        """
        \(path) belongs to the node \(found.node), and this is the node \(node): move the file away, and it \
        is built again from the log.
        """)
    }
    standing = found.standing
    totals = found.totals
    rows = try ReplicaRows(connection)
  }

  /// The index of the last entry that was applied.
  public var applied: LogIndex { standing.index }

  /// How big the files are.
  public var sizes: FileSizes { .of(path, on: files) }

  /// Applies committed entries in one transaction; the same rows come out whatever the borders of the batches.
  ///
  /// - Parameter entries: Without gaps, from the one after `applied` on; those before it are skipped, for they were
  ///   in a snapshot that was installed meanwhile.
  public func apply(_ entries: [Entry]) throws {
    try stoppingOnError {
      let entries = entries.drop { $0.index <= standing.index }
      guard !entries.isEmpty else { return }
      var next = standing
      for entry in entries {
        guard entry.index == next.index + 1 else {
          throw StorageError(
            .invalidWrite, path, "Entry \(entry.index) cannot be applied to \(path) after \(next.index).")
        }
        next.advance(by: entry)
      }
      var after = totals
      let changes = KeyChanges(entries).inTableOrder()
      try connection.transaction {
        try rows.write(changes, to: &after)
        if !Mutant.isPlanted(.appliedIndexOutsideTransaction) {
          try meta.write(standing: next, after)
        }
      }
      if Mutant.isPlanted(.appliedIndexOutsideTransaction) {
        try meta.write(standing: next, after)
      }
      (standing, totals) = (next, after)
    }
  }

  /// Fsyncs all that was applied, whatever readers are in the way of a checkpoint: after it the log may be trimmed up
  /// to there (design 4.9).
  public func makeDurable() throws -> DurableReplica {
    try stoppingOnError {
      if Mutant.isPlanted(.trimBeforeReplicaFsync) { return DurableReplica(applied: applied) }
      guard durable.applied != applied else { return durable }
      // A commit at this level fsyncs the -wal file, and with it every commit before. It must change something:
      // SQLite writes no page, and so fsyncs nothing, where a row stays as it was.
      try connection.execute("PRAGMA synchronous = FULL")
      defer { try? connection.execute("PRAGMA synchronous = NORMAL") }
      try meta.write(durable: applied)
      durable = DurableReplica(applied: applied)
      return durable
    }
  }

  /// Takes the content of a snapshot in place of its own, in one transaction, so that readers see the one or the other;
  /// unless it holds as much already. Durable when this returns.
  ///
  /// - Parameters:
  ///   - snapshot: The path of a whole replica that was verified.
  ///   - base: Where it stands.
  public func install(_ snapshot: String, standingAt base: LogBase) throws -> DurableReplica {
    guard standing.index < base.index else { return try makeDurable() }
    try stoppingOnError {
      let attach = try connection.prepare("ATTACH ? AS incoming")
      try attach.bind(snapshot, at: 1)
      try attach.run()
      defer { try? connection.execute("DETACH incoming") }
      let found = try ReplicaMeta(connection, schema: "incoming").read()
      guard found.standing == base else {
        throw StorageError(
          .invalidWrite, path,
          "The snapshot \(snapshot) stands at \(found.standing.index), not at \(base.index).")
      }
      try connection.execute("PRAGMA main.synchronous = FULL")
      defer { try? connection.execute("PRAGMA main.synchronous = NORMAL") }
      try connection.transaction {
        try takeRows(ofVersion: try connection.integer("PRAGMA incoming.user_version") ?? 0)
        try meta.write(standing: base, found.totals)
        try meta.write(durable: base.index)
      }
      (standing, totals) = (base, found.totals)
      durable = DurableReplica(applied: base.index)
    }
    return durable
  }

  private func takeRows(ofVersion version: Int64) throws {
    try connection.execute("DELETE FROM main.kv; DELETE FROM main.member")
    guard version >= Schema.replicaVersion else {
      // The copy was made by an older release, which knew strings alone.
      let columns = "key, value, version, created_index, modified_index, expires_at, checksum"
      return try connection.execute(
        "INSERT INTO main.kv (\(columns)) SELECT \(columns) FROM incoming.kv")
    }
    // Whole pages are copied: the tables are the same, and these are empty.
    try connection.execute(
      """
      INSERT INTO main.kv SELECT * FROM incoming.kv;
      INSERT INTO main.member SELECT * FROM incoming.member;
      """)
  }

  /// Moves the -wal file's content into replica.db and fsyncs both, as far as readers allow. For moments
  /// without load; an apply does it by itself when the -wal file has grown.
  public func checkpoint() throws {
    try stoppingOnError { try connection.execute("PRAGMA wal_checkpoint(PASSIVE)") }
  }

  private func stoppingOnError<Result>(_ body: () throws -> Result) throws -> Result {
    if let failure {
      throw StorageError(
        .stopped, path, "\(path) is not written any more, because an earlier write failed: \(failure)")
    }
    do {
      return try wordingErrors(body)
    } catch let error as StorageError where error.kind == .noRoom {
      throw error
    } catch {
      failure = error
      throw error
    }
  }
}
