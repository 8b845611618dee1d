import Replication
import SQLite

/// Makes a new log.db from entries, offline and in one go.
public final class LogBuilder {
  /// The entry after which the log begins.
  public let base: LogBase
  /// The last entry so far, and what the entries up to it leave behind.
  public private(set) var standing: LogBase
  private let path: String
  private let file: NewDatabase
  private var entries: EntryInserter?
  private var reigns: SQLiteStatement?

  /// Begins the log of a directory that has none.
  ///
  /// - Parameter base: The entry after which it begins.
  public init(directory: String, after base: LogBase) throws {
    self.base = base
    standing = base
    path = DataDirectory.log(in: directory)
    file = try wordingErrors { [path] in
      let file = try NewDatabase(path, .log, cacheKibibytes: 8 << 10)
      try BaseStatements.insert(base, into: file.connection)
      return file
    }
    try wordingErrors {
      entries = try EntryInserter(file.connection)
      reigns = try file.connection.prepare("INSERT INTO reigns VALUES (?, ?, ?)")
      // Every entry has a run to stand in, those before the base too, as far as it knows.
      if base.index > 0 { try insertReign(base.position) }
    }
  }

  /// Appends the next entry.
  public func append(_ entry: Entry) throws {
    try append(entry, checksum: EntryChecksum.next(after: standing.checksum, entry))
  }

  /// Appends the next entry, whose chain value is known.
  public func append(_ entry: Entry, checksum: UInt64) throws {
    guard entry.index == standing.index + 1, entry.epoch >= standing.position.epoch else {
      throw StorageError(
        .invalidWrite, path,
        "Entry \(entry.index) of epoch \(entry.epoch) does not follow entry \(standing.index) of epoch "
          + "\(standing.position.epoch).")
    }
    try wordingErrors {
      try entries?.insert(entry, checksum: checksum)
      if entry.epoch != standing.position.epoch || standing.index == 0 {
        try insertReign(LogPosition(epoch: entry.epoch, index: entry.index))
      }
    }
    standing.advance(by: entry, checksum: checksum)
  }

  /// Writes whose log it is and up to where it is committed, and makes it durable.
  public func complete(_ identity: NodeIdentity, _ hardState: HardState, commit: LogIndex) throws {
    (entries, reigns) = (nil, nil)
    try wordingErrors {
      try NodeRow.insert(
        NodeRow(identity: identity, hardState: hardState, commit: min(commit, standing.index)),
        into: file.connection)
      try file.complete()
    }
  }

  /// Makes a part of a log durable that belongs to no node: a segment of an archive.
  func completeSegment() throws {
    (entries, reigns) = (nil, nil)
    try wordingErrors { try file.complete(isWritable: false) }
  }

  private func insertReign(_ first: LogPosition) throws {
    guard let reigns else { return }
    reigns.bind(bits: first.index, at: 1)
    reigns.bind(bits: first.epoch.round, at: 2)
    reigns.bind(bits: first.epoch.master.rawValue, at: 3)
    try reigns.run()
  }
}
