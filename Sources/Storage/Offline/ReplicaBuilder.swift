import Replication
import SQLite

/// Makes a new replica.db from a snapshot, from entries, or from both, offline and in one go.
public final class ReplicaBuilder {
  /// Where in the log the replica stands.
  public private(set) var standing = LogBase.zero
  /// How many keys there are.
  public var keyCount: Int64 { totals.keys }
  /// The sum of the rows' checksums, modulo 2^64.
  public var contentChecksum: UInt64 { totals.checksum }
  /// The replica's path.
  public let path: String
  private var totals = ReplicaTotals()
  private let file: NewDatabase
  private var rows: ReplicaRows?
  private var members: MemberCursor?

  /// Begins the replica of a directory that has none.
  ///
  /// - Parameter node: Whose replica it will be.
  public init(directory: String, node: NodeID) throws {
    path = DataDirectory.replica(in: directory)
    file = try wordingErrors { [path] in
      let file = try NewDatabase(path, .replica, cacheKibibytes: 24 << 10)
      try ReplicaMeta.insert(node, into: file.connection)
      return file
    }
    (rows, members) = try wordingErrors {
      (try ReplicaRows(file.connection), try MemberCursor(file.connection))
    }
  }

  /// Applies the next entries, in any number; large batches are faster.
  public func apply(_ entries: [Entry]) throws {
    var checksum = standing.checksum
    let checksums = entries.map {
      checksum = EntryChecksum.next(after: checksum, $0)
      return checksum
    }
    try apply(PreparedEntries(entries, checksums: checksums))
  }

  /// As above, for entries that another thread has put in order.
  public func apply(_ batch: PreparedEntries) throws {
    var next = standing
    for (entry, checksum) in zip(batch.entries, batch.checksums) {
      guard entry.index == next.index + 1 else {
        throw StorageError(
          .invalidWrite, path, "Entry \(entry.index) cannot be applied to \(path) after \(next.index).")
      }
      next.advance(by: entry, checksum: checksum)
    }
    try wordingErrors { try rows?.write(batch.changes, to: &totals) }
    standing = next
  }

  /// Takes over the whole content of another replica, each row held against its checksum and all of them against what
  /// the file says of itself. Only for a builder that holds nothing yet.
  ///
  /// - Parameter onProgress: Called now and then with the number of rows so far.
  public func copy(_ snapshot: ReplicaReader, onProgress: (Int64) throws -> Void = { _ in }) throws {
    try wordingErrors {
      let insert = try file.connection.prepare("INSERT INTO kv VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      let members = try MemberRows(file.connection)
      let verdict = try snapshot.verify { row, number in
        switch row {
        case .key(let row, _):
          for column in 0..<8 as Range<Int32> { try insert.bind(column: column, of: row, at: column + 1) }
          try insert.run()
        case .member(let key, let row): try members.insert(row.member, of: key)
        }
        if number & 0xFFF == 0 { try onProgress(number) }
      }
      guard verdict.isSound else {
        throw StorageError(
          .damaged, snapshot.path, "\(snapshot.path) is damaged: \(verdict.finding).")
      }
      totals = ReplicaTotals(keys: verdict.rows, checksum: verdict.content)
      standing = verdict.standing
    }
  }

  /// The value of a key as it stands in the file so far.
  public func value(for key: [UInt8]) throws -> StoredValue? {
    try wordingErrors { try rows?.value(for: key) }
  }

  /// What stands beside a member of a key in the file so far; nil if there is no such member.
  public func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? {
    try wordingErrors { try members?.find(name, of: key)?.member.value }
  }

  /// Up to `limit` members of a key after a name, or from the first one, in the order of their names' bytes, as they
  /// stand in the file so far; before the name, or from the last one, if `descending`.
  public func members(
    of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool = false
  ) throws -> [StoredKeyMember] {
    try wordingErrors {
      try members?.members(of: key, after: name, limit: limit, descending: descending, \.member) ?? []
    }
  }

  /// Says where the replica stands in a log whose entries are the same up to there, but whose chain is another.
  public func stand(at point: LogBase) {
    precondition(point.index == standing.index)
    standing = point
  }

  /// Begins after an entry, without what the entries up to there have put. Only for a builder that holds nothing yet.
  public func begin(after base: LogBase) {
    precondition(standing.index == 0)
    standing = base
  }

  /// Writes where it stands, and makes it durable.
  public func complete() throws {
    (rows, members) = (nil, nil)
    try wordingErrors {
      let meta = try ReplicaMeta(file.connection)
      try meta.write(standing: standing, totals)
      try meta.write(durable: standing.index)
    }
    try wordingErrors { try file.complete() }
  }
}
