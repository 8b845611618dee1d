import Replication
import SQLite

/// Applies entries to the keyspace: the one connection that writes replica.db.
///
/// Used by one thread at a time, which waits for the disk; it may be handed from one thread to another. The
/// directory must be locked by the `LogStore` of the same node. Once an apply has thrown, the writer is of no
/// further use, unless it was for `StorageError.Kind.noRoom`.
public final class ReplicaWriter: @unchecked Sendable {
  /// The replica's path.
  public let path: String
  /// The index of the last entry that was applied.
  public private(set) var applied: LogIndex
  /// The cluster whose configuration was applied last; nil until there is one.
  public private(set) var cluster: ClusterID?

  let connection: SQLiteConnection
  private let files: any FileSystem
  private let rows: ReplicaStatements
  private var keyCount: Int64
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
      let insert = try $0.prepare(
        "INSERT INTO meta (only, node, applied_index, key_count) VALUES (1, ?, 0, 0)")
      try insert.bind(node.description, at: 1)
      try insert.run()
    }
    let meta = try connection.prepare("SELECT node, cluster, applied_index, key_count FROM meta")
    guard try meta.step() else {
      throw StorageError(
        .damaged, path,
        "\(path) has no row in its table 'meta': move the file away, and it is built again from the log.")
    }
    guard meta.text(0) == node.description else {
      throw StorageError(
        .otherNode, path,
        """
        \(path) belongs to the node \(meta.text(0)), and this is the node \(node): move the file away, and it \
        is built again from the log.
        """)
    }
    cluster = meta.isNull(1) ? nil : ClusterID(text: meta.text(1))
    applied = meta.bits(2)
    keyCount = meta.integer(3)
    rows = try ReplicaStatements(connection)
  }

  /// How big the files are.
  public var sizes: FileSizes { .of(path, on: files) }

  /// Applies committed entries in one transaction; the same table comes out whatever the borders of the batches.
  ///
  /// - Parameters:
  ///   - entries: In the order of the log, all after `applied`; those without mutations may be left out.
  ///   - last: Becomes the applied index, in the same transaction.
  public func apply(_ entries: [Entry], upTo last: LogIndex) throws {
    try stoppingOnError {
      var previous = applied
      for entry in entries {
        guard entry.index > previous, entry.index <= last else {
          throw StorageError(
            .invalidWrite, path,
            "Entry \(entry.index) cannot be applied to \(path) after \(previous) and up to \(last).")
        }
        previous = entry.index
      }
      guard last > applied else { return }
      var cluster = cluster
      for case .configuration(let configuration) in entries.lazy.map(\.payload) {
        cluster = configuration.cluster
      }
      var count = keyCount
      let changes = KeyChanges(entries)
      try connection.transaction {
        try changes.forEachInTableOrder { change, form in count += try rows.write(change, form) }
        if !Mutant.isPlanted(.appliedIndexOutsideTransaction) {
          try rows.writeMeta(cluster: cluster, applied: last, keyCount: count)
        }
      }
      if Mutant.isPlanted(.appliedIndexOutsideTransaction) {
        try rows.writeMeta(cluster: cluster, applied: last, keyCount: count)
      }
      (self.cluster, applied, keyCount) = (cluster, last, count)
    }
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

/// The statements of the replica's writer.
private final class ReplicaStatements {
  private let connection: SQLiteConnection
  private let insert: SQLiteStatement
  private let update: SQLiteStatement
  private let delete: SQLiteStatement
  private let meta: SQLiteStatement

  init(_ connection: SQLiteConnection) throws {
    self.connection = connection
    // An update that may find nothing, then an insert, is as fast as one upsert, and tells which it was.
    update = try connection.prepare(
      """
      UPDATE kv SET version = version + ?3, modified_index = ?5, value = ?2, expires_at = ?6 WHERE key = ?1
      """)
    insert = try connection.prepare(
      """
      INSERT INTO kv (key, value, version, created_index, modified_index, expires_at)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6)
      """)
    delete = try connection.prepare("DELETE FROM kv WHERE key = ?1")
    meta = try connection.prepare("UPDATE meta SET cluster = ?, applied_index = ?, key_count = ?")
  }

  /// Writes a key's change; returns by how much the number of keys grew.
  func write(_ change: KeyChange, _ form: ByteStringForm) throws -> Int64 {
    try change.key.withUnsafeBytes { key in
      var growth: Int64 = 0
      if change.isReset {
        try delete.bind(key, as: form, at: 1)
        try delete.run()
        growth = -Int64(connection.changes)
        if change.puts == 0 { return growth }
      } else if try run(update, change, key, form) == 1 {
        return 0
      }
      return growth + (try run(insert, change, key, form))
    }
  }

  /// Runs an insert or update; returns the number of rows it changed.
  private func run(
    _ statement: SQLiteStatement, _ change: KeyChange, _ key: UnsafeRawBufferPointer, _ form: ByteStringForm
  ) throws -> Int64 {
    try change.value.withUnsafeBytes { value in
      try statement.bind(key, as: form, at: 1)
      try statement.bind(value, at: 2)
      statement.bind(change.puts, at: 3)
      statement.bind(bits: change.createdIndex, at: 4)
      statement.bind(bits: change.modifiedIndex, at: 5)
      statement.bind(change.expiresAt, at: 6)
      try statement.run()
      return Int64(connection.changes)
    }
  }

  func writeMeta(cluster: ClusterID?, applied: LogIndex, keyCount: Int64) throws {
    if let cluster { try meta.bind(cluster.description, at: 1) } else { meta.bindNull(at: 1) }
    meta.bind(bits: applied, at: 2)
    meta.bind(keyCount, at: 3)
    try meta.run()
  }
}
