import Replication
import SQLite

/// Reads the keyspace beside the connection that writes it, also from another process.
///
/// Used by one thread at a time; it may be handed from one thread to another. Each call sees the last
/// transaction that was complete when it began. Reads no disk beyond the pages it needs, and waits for no writer.
public final class ReplicaReader: @unchecked Sendable {
  /// The replica's path.
  public let path: String
  let connection: SQLiteConnection
  /// The version of the file's format; the rows have checksums since version 2.
  public let formatVersion: Int64
  var hasChecksums: Bool { formatVersion > 1 }
  /// The column `type`, or what stands for it in a file of the time when all keys were strings.
  let typeColumn: String
  /// Reads members; nil if the file is of that time.
  let members: MemberCursor?
  private var checksum = RowChecksum()
  private let point: SQLiteStatement
  private let meta: SQLiteStatement
  private let keysFromStart: SQLiteStatement
  private let keysAfter: SQLiteStatement
  private let keysEnding: SQLiteStatement
  private let keysEndingAfter: SQLiteStatement
  private let keysByRow: SQLiteStatement
  private let hold: SQLiteStatement
  /// Whether `holdSnapshot` was called and `releaseSnapshot` not yet.
  public private(set) var isHoldingSnapshot = false

  /// Opens the replica in a node's directory, which its `ReplicaWriter` must have made.
  public convenience init(directory: String, on files: any FileSystem = .real) throws {
    try self.init(path: DataDirectory.replica(in: directory), on: files)
  }

  /// Opens a replica.db.
  ///
  /// - Parameter isOffline: Whether the file is only looked at: in little memory, whatever its size, and without a trace
  ///   beside a file that no node has open.
  public init(path: String, on files: any FileSystem = .real, isOffline: Bool = false) throws {
    self.path = path
    (connection, formatVersion, typeColumn, members) = try wordingErrors {
      let connection =
        isOffline
        ? try DatabaseFile.openOffline(path, .replica, on: files)
        : try DatabaseFile.openReadable(path, .replica, on: files)
      let version = try connection.integer("PRAGMA user_version") ?? 0
      let hasMembers = version > 2
      return (
        connection, version, hasMembers ? "type" : "'string'",
        hasMembers ? try MemberCursor(connection) : nil
      )
    }
    (point, meta, keysFromStart, keysAfter, keysEnding, keysEndingAfter, keysByRow, hold) = try wordingErrors
    {
      [connection, typeColumn, formatVersion] in
      let keys = "SELECT key, expires_at, \(typeColumn) FROM kv"
      return (
        try connection.prepare(
          """
          SELECT value, version, created_index, modified_index, expires_at, \(typeColumn)
            \(formatVersion > 1 ? ", checksum" : "")
          FROM kv WHERE key = ?
          """),
        try connection.prepare("SELECT applied_index, key_count FROM meta"),
        try connection.prepare("\(keys) ORDER BY key LIMIT ?1"),
        try connection.prepare("\(keys) WHERE key > ?2 ORDER BY key LIMIT ?1"),
        try connection.prepare(
          "\(keys) WHERE expires_at >= ?2 AND expires_at < ?3 ORDER BY expires_at, key LIMIT ?1"),
        try connection.prepare(
          """
          \(keys) WHERE (expires_at, key) > (?2, ?4) AND expires_at < ?3 ORDER BY expires_at, key LIMIT ?1
          """),
        // In the order of the rows, which keeps the planner from sorting.
        try connection.prepare(
          "\(keys) WHERE rowid > ?2 % (SELECT max(rowid) FROM kv) ORDER BY rowid LIMIT ?1"),
        try connection.prepare("SELECT 1 FROM meta")
      )
    }
  }

  /// What a key holds; nil if it does not exist. Throws if the row has decayed: a wrong value is never returned.
  public func value(for key: [UInt8]) throws -> StoredValue? {
    try wordingErrors {
      defer { point.reset() }
      return try find(key)
    }
  }

  /// What a key holds, and the applied index of the same snapshot.
  public func valueAndAppliedIndex(for key: [UInt8]) throws -> (value: StoredValue?, applied: LogIndex) {
    try wordingErrors {
      // One statement's snapshot lasts until it is reset, and the other reads in it meanwhile.
      defer {
        meta.reset()
        point.reset()
      }
      guard try meta.step() else { throw noMeta }
      return (try find(key), meta.bits(0))
    }
  }

  /// Lets all reads until `releaseSnapshot` see the transaction that is the last complete one now.
  ///
  /// Beyond that it makes reads cheaper: each one on its own takes and gives back a lock on the file. To be held
  /// for moments only, since the -wal file cannot be reused meanwhile.
  public func holdSnapshot() throws {
    guard !isHoldingSnapshot else { return }
    // A statement that is not reset keeps its snapshot, and the others read in it.
    try wordingErrors { guard try hold.step() else { throw noMeta } }
    isHoldingSnapshot = true
  }

  /// Ends what `holdSnapshot` began.
  public func releaseSnapshot() {
    hold.reset()
    isHoldingSnapshot = false
  }

  /// Runs several reads that all see the same transaction.
  public func snapshot<Result>(_ body: (ReplicaReader) throws -> Result) throws -> Result {
    guard !isHoldingSnapshot else { return try body(self) }
    try holdSnapshot()
    defer { releaseSnapshot() }
    return try body(self)
  }

  /// Whose replica it is, as text.
  public func node() throws -> String {
    try wordingErrors {
      let row = try connection.prepare("SELECT node FROM meta")
      guard try row.step() else { throw noMeta }
      return row.text(0)
    }
  }

  /// The index of the last entry that was applied.
  public func appliedIndex() throws -> LogIndex {
    try wordingErrors {
      defer { meta.reset() }
      guard try meta.step() else { throw noMeta }
      return meta.bits(0)
    }
  }

  /// Writes the last complete transaction as a database of its own, which need not exist, while others write on.
  ///
  /// The -wal file cannot be used again meanwhile. The copy is not durable yet.
  public func copy(to path: String) throws {
    try wordingErrors {
      let vacuum = try connection.prepare("VACUUM INTO ?")
      try vacuum.bind(path, at: 1)
      try vacuum.run()
    }
  }

  /// The number of keys, without counting them.
  public func count() throws -> Int {
    try wordingErrors {
      defer { meta.reset() }
      guard try meta.step() else { throw noMeta }
      return Int(meta.integer(1))
    }
  }

  /// Up to `limit` keys after a key, or from the start, in the order of the table: valid UTF-8 without NUL
  /// first, then all other keys, each by their bytes. The key itself need not exist.
  public func keys(after key: [UInt8]?, limit: Int) throws -> [StoredKey] {
    try wordingErrors {
      guard let key else { return try keys(keysFromStart, limit: limit) }
      return try key.withUnsafeBytes {
        try keysAfter.bind($0, at: 2)
        return try keys(keysAfter, limit: limit)
      }
    }
  }

  /// Up to `limit` keys that end at or after `start` and before `moment`, in milliseconds of Unix time, the earliest
  /// first and then in the order of the table; of those that end at `start` only those after `key`, if there is one.
  public func keys(
    endingFrom start: Int64, after key: [UInt8]? = nil, before moment: Int64, limit: Int
  ) throws -> [StoredKey] {
    try wordingErrors {
      let statement = key == nil ? keysEnding : keysEndingAfter
      statement.bind(start, at: 2)
      statement.bind(moment, at: 3)
      guard let key else { return try keys(statement, limit: limit) }
      return try key.withUnsafeBytes {
        try statement.bind($0, at: 4)
        return try keys(statement, limit: limit)
      }
    }
  }

  /// One of the keys, chosen by a random number; nil if there is none. Keys after a gap in the rows are likelier.
  public func anyKey(_ random: UInt64) throws -> StoredKey? {
    try wordingErrors {
      keysByRow.bind(Int64(random >> 1), at: 2)
      return try keys(keysByRow, limit: 1).first
    }
  }

  /// What stands beside a member of a key; nil if there is no such member. Throws if the row has decayed.
  public func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? {
    try wordingErrors {
      guard let row = try members?.find(name, of: key) else { return nil }
      return try sound(row, of: key).value
    }
  }

  /// Up to `limit` members of a key after a name, or from the first one, in the order of their names' bytes; before the
  /// name, or from the last one, if `descending`. Throws if the row of one has decayed.
  public func members(
    of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool = false
  ) throws -> [StoredKeyMember] {
    try wordingErrors {
      try members?.members(of: key, after: name, limit: limit, descending: descending) {
        try sound($0, of: key)
      } ?? []
    }
  }

  /// As above, whether a row has decayed or not.
  func anyMembers(of key: [UInt8], after name: [UInt8]?, limit: Int) throws -> [StoredKeyMember] {
    try wordingErrors { try members?.members(of: key, after: name, limit: limit, \.member) ?? [] }
  }

  /// The member of a key at a place from 0 on, in an order that stays while the key does; nil if there are no more.
  public func member(at position: Int, of key: [UInt8]) throws -> StoredKeyMember? {
    try wordingErrors {
      guard let row = try members?.find(at: position, of: key) else { return nil }
      return try sound(row, of: key)
    }
  }

  private func sound(_ row: MemberCursor.Row, of key: [UInt8]) throws -> StoredKeyMember {
    guard row.isSound else {
      throw StorageError.damagedRow(
        path,
        "the row of the member '\(String(decoding: row.member.name.prefix(64), as: UTF8.self))' of the key "
          + "'\(String(decoding: key.prefix(64), as: UTF8.self))' does not fit its checksum")
    }
    return row.member
  }

  /// Whether one key stands before another in that order.
  public static func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    let forms = (a.withUnsafeBytes(ByteStringForm.init), b.withUnsafeBytes(ByteStringForm.init))
    return forms.0 == forms.1 ? a.lexicographicallyPrecedes(b) : forms.0 == .text
  }

  private func keys(_ statement: SQLiteStatement, limit: Int) throws -> [StoredKey] {
    statement.bind(Int64(max(0, limit)), at: 1)
    defer { statement.reset() }
    var keys: [StoredKey] = []
    while try statement.step() {
      let key = statement.bytes(0)
      guard let type = statement.valueType(2) else {
        throw key.withUnsafeBytes { StorageError.unknownType(path, $0) }
      }
      keys.append(StoredKey(key: key, type: type, expiresAt: statement.optionalInteger(1)))
    }
    return keys
  }

  private func find(_ key: [UInt8]) throws -> StoredValue? {
    try key.withUnsafeBytes { key -> StoredValue? in
      try point.bind(key, at: 1)
      guard try point.step() else { return nil }
      guard !hasChecksums || checksum.of(key, point, from: 0, type: 5) == point.bits(6) else {
        throw damage(of: key)
      }
      guard let value = StoredValue(row: point, from: 0, type: 5) else {
        throw StorageError.unknownType(path, key)
      }
      return value
    }
  }

  private func damage(of key: UnsafeRawBufferPointer) -> StorageError {
    let name = String(decoding: key.prefix(64), as: UTF8.self)
    return .damagedRow(path, "the row of the key '\(name)' does not fit its checksum")
  }

  private var noMeta: StorageError { ReplicaMeta.damage(path) }
}
