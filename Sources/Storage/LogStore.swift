import Replication
import SQLite

/// The log of one node and what it must never forget: the one connection that writes log.db, and the lock on
/// the directory.
///
/// Used by one thread at a time, which waits for the disk; it may be handed from one thread to another. Once a
/// write has thrown, the store is of no further use: what is on the disk is then only known by opening it again
/// (design 4.11). Only `StorageError.Kind.noRoom` leaves it as it was.
public final class LogStore: @unchecked Sendable {
  /// The node's directory.
  public let directory: String
  /// The log's path.
  public let path: String
  /// Who the node is, as it was stored when the directory was made.
  public private(set) var identity: NodeIdentity

  let connection: SQLiteConnection
  let reader: EntryReader
  var tail: LogTail
  /// The entry after which the log begins.
  public internal(set) var base: LogBase
  let files: any FileSystem
  private var lock: AnyObject?
  let statements: LogStatements
  private var failure: (any Error)?

  /// Opens the log in a directory; makes both if they are absent.
  ///
  /// - Parameter identity: Called only if there is no log yet: who the node will be.
  public static func open(
    directory: String, on files: any FileSystem = .real, creating identity: () throws -> NodeIdentity
  ) throws -> LogStore {
    try DataDirectory.create(directory, on: files)
    let lock = try files.lock(directory)
    return try wordingErrors { try LogStore(directory: directory, on: files, lock: lock, identity) }
  }

  private init(
    directory: String, on files: any FileSystem, lock: AnyObject, _ creating: () throws -> NodeIdentity
  ) throws {
    self.directory = directory
    self.files = files
    self.lock = lock
    path = DataDirectory.log(in: directory)
    try WriteAheadFile.check(of: path, on: files)
    connection = try DatabaseFile.openWritable(path, .log, .everyCommit, on: files) {
      try NodeRow.insert(try creating(), into: $0)
      try BaseStatements.insert(.zero, into: $0)
    }
    let node = try NodeRow.read(connection)
    identity = node.identity
    reader = try EntryReader(connection)
    statements = try LogStatements(connection)
    base = try reader.base()
    tail = try LogTail(connection, path: path, node, base: base)
  }

  /// The last index of the log; 0 if it is empty.
  public var lastIndex: LogIndex { tail.index }
  /// The hard state as stored.
  public var hardState: HardState { tail.hardState }
  /// The commit index as stored.
  public var commit: LogIndex { tail.commit }
  /// How big the files are.
  public var sizes: FileSizes { .of(path, on: files) }

  /// Remembers where the node listens, so that it comes back at the same place.
  public func setListenAddress(_ address: String) throws {
    try stoppingOnError {
      let statement = try connection.prepare("UPDATE node SET listen_address = ?")
      try statement.bind(address, at: 1)
      try statement.run()
      identity.listenAddress = address
    }
  }

  /// Decides, once, what a node is whose directory was made offline.
  public func decide(role: NodeRole, name: String) throws {
    try stoppingOnError {
      guard identity.role == nil else {
        throw StorageError(.invalidWrite, path, "\(path) holds the node \(identity.name) already.")
      }
      let statement = try connection.prepare("UPDATE node SET role = ?, name = ?")
      try statement.bind(role.rawValue, at: 1)
      try statement.bind(name, at: 2)
      try statement.run()
      (identity.role, identity.name) = (role, name)
    }
  }

  /// Writes a batch in one transaction, in the order given; all of it is durable when this returns.
  ///
  /// - Parameter trimming: What may go in the same transaction, so that it costs no fsync of its own.
  /// - Returns: What was cut from the log, and where it is kept now.
  @discardableResult
  public func write(_ batch: [LogWrite], trimming: LogTrim? = nil) throws -> [DiscardedTail] {
    var next = tail
    var nextBase = base
    var discarded: [DiscardedTail] = []
    try stoppingOnError {
      guard trimming != nil || batch.contains(where: { changes($0) }) else { return }
      try connection.transaction {
        for write in batch {
          if let snapshot = write.installed {
            discarded += try install(snapshot, over: &nextBase, &next)
          }
          if let first = write.truncateFrom, first <= next.index {
            discarded.append(try cut(from: first, &next))
          }
          for entry in write.entries { try append(entry, &next) }
          if let hardState = write.hardState { next.hardState = hardState }
          next.commit = max(next.commit, write.commit)
        }
        if let trimming { try trim(trimming, over: &nextBase, &next) }
        try statements.update(from: tail, to: next)
      }
      tail = next
      base = nextBase
      if trimming != nil { try giveBackPages() }
    }
    return discarded
  }

  /// Moves the -wal file's content into log.db, as far as readers allow. For moments without writes; a write
  /// does it by itself when the -wal file has grown.
  public func checkpoint() throws {
    try stoppingOnError { try connection.execute("PRAGMA wal_checkpoint(PASSIVE)") }
  }

  /// Writes nothing any more, and lets another process, or another store, have the directory.
  public func close() {
    failure = failure ?? StorageError(.stopped, path, "\(path) was closed.")
    lock = nil
  }

  private func changes(_ write: LogWrite) -> Bool {
    write.installed != nil || !write.entries.isEmpty || write.commit > tail.commit
      || write.truncateFrom.map { $0 <= tail.index } == true
      || write.hardState.map { $0 != tail.hardState } == true
  }

  private func append(_ entry: Entry, _ next: inout LogTail) throws {
    guard entry.index == next.index + 1, entry.epoch >= next.epoch else {
      throw StorageError(
        .invalidWrite, path,
        "Entry \(entry.index) of epoch \(entry.epoch) does not follow entry \(next.index) of epoch "
          + "\(next.epoch) in \(path).")
    }
    if case .mutations(let mutations) = entry.payload, mutations.isEmpty {
      throw StorageError(.invalidWrite, path, "Entry \(entry.index) for \(path) has no mutations.")
    }
    next.checksum = EntryChecksum.next(after: next.checksum, entry)
    try statements.entries.insert(entry, checksum: next.checksum)
    if entry.epoch != next.epoch || next.index == 0 {
      try statements.insertReign(LogPosition(epoch: entry.epoch, index: entry.index))
    }
    next.index = entry.index
    next.epoch = entry.epoch
  }

  private func cut(from first: LogIndex, _ next: inout LogTail) throws -> DiscardedTail {
    guard first > next.commit, first > 0 else {
      throw StorageError(
        .invalidWrite, path,
        "The log \(path) was asked to drop entry \(first), but everything up to \(next.commit) is committed.")
    }
    let before = try point(at: first - 1)
    let discarded = try DiscardedTail.keep(
      from: connection, in: directory, on: files, after: before, last: next.index)
    try statements.delete(from: first)
    next.index = before.index
    next.checksum = before.checksum
    next.epoch = before.position.epoch
    return discarded
  }

  /// What the entries up to an index leave behind.
  func point(at index: LogIndex) throws -> LogBase {
    guard let point = try reader.point(at: index) else {
      throw StorageError.damaged(path, at: index, "the entry is missing")
    }
    return point
  }

  func stoppingOnError<Result>(_ body: () throws -> Result) throws -> Result {
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
