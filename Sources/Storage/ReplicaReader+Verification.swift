import Replication
import SQLite

/// What was found when each row of a replica was held against its checksum, and all of them against their sum.
public struct ReplicaVerdict: Hashable, Sendable {
  /// Where in the log the replica stands.
  public var standing: LogBase
  /// How many rows there are.
  public var rows: Int64 = 0
  /// How many rows there should be, as the table `meta` says.
  public var expectedRows: Int64
  /// Keys whose rows do not fit their checksums: the first hundred of them.
  public var damagedKeys: [[UInt8]] = []
  /// How many such keys there are.
  public var damagedCount = 0
  /// The sum, modulo 2^64, of the checksums that the rows as they are should have.
  public var content: UInt64 = 0
  /// The sum of the rows' checksums as the table `meta` says.
  public var expectedContent: UInt64

  /// Whether every row is there and as it was written.
  public var isSound: Bool { damagedCount == 0 && rows == expectedRows && content == expectedContent }
}

extension ReplicaReader {
  private static let namedKeys = 100

  /// Where in the log the replica stands. Throws if the file is of format version 1, which does not say.
  public func standing() throws -> LogBase {
    try requireChecksums()
    return try wordingErrors { try ReplicaMeta(connection).read().standing }
  }

  /// What SQLite finds wrong with the file; each a sentence without a full stop that names a page or a table.
  public func integrityProblems() -> [String] { SQLiteCheck.problems(of: connection) }

  private func requireChecksums() throws {
    guard !hasChecksums else { return }
    throw StorageError(
      .foreign, path,
      "\(path) has format version 1, whose rows have no checksums: start the node once with this release.")
  }

  /// Holds every row against its checksum, and their number and sum against what the file says, in one snapshot.
  ///
  /// - Parameter onProgress: Called now and then with the number of rows read so far.
  /// - Throws: `StorageError` if the file cannot be read to its end, or is of format version 1, which has no checksums.
  public func verify(onProgress: (Int64) -> Void = { _ in }) throws -> ReplicaVerdict {
    try verify { _, number, _ in if number & 0xFFF == 0 { onProgress(number) } }
  }

  /// As above; hands out every row as it is, and whether it fits its checksum.
  public func verify(
    each body: (_ key: [UInt8], _ value: StoredValue, _ isSound: Bool) throws -> Void
  ) throws -> ReplicaVerdict {
    try verify { row, _, isSound in
      let value = StoredValue(
        value: row.bytes(1), version: row.integer(2), createdIndex: row.bits(3), modifiedIndex: row.bits(4),
        expiresAt: row.optionalInteger(5))
      try body(row.bytes(0), value, isSound)
    }
  }

  /// As above; hands each row, with the columns of `kv` in their order, and its number to `body`.
  func verify(_ body: (SQLiteStatement, Int64, Bool) throws -> Void) throws -> ReplicaVerdict {
    try requireChecksums()
    return try wordingErrors {
      let rows = try connection.prepare(
        "SELECT key, value, version, created_index, modified_index, expires_at, checksum FROM kv")
      // The rows and what is said of them must be of one snapshot, which lasts while this statement runs.
      defer { rows.reset() }
      var isRow = try rows.step()
      let meta = try ReplicaMeta(connection).read()
      var verdict = ReplicaVerdict(
        standing: meta.standing, expectedRows: meta.keyCount, expectedContent: meta.contentChecksum)
      var checksum = RowChecksum()
      while isRow {
        let actual = rows.withBytes(0) { key in
          rows.withBytes(1) { value in
            checksum.of(
              key: key, value: value, version: rows.integer(2), createdIndex: rows.bits(3),
              modifiedIndex: rows.bits(4), expiresAt: rows.optionalInteger(5))
          }
        }
        let isSound = actual == rows.bits(6) && rows.hasOneForm(0) && rows.hasOneForm(1)
        if !isSound {
          verdict.damagedCount += 1
          if verdict.damagedKeys.count < Self.namedKeys { verdict.damagedKeys.append(rows.bytes(0)) }
        }
        verdict.content &+= actual
        verdict.rows += 1
        try body(rows, verdict.rows, isSound)
        isRow = try rows.step()
      }
      return verdict
    }
  }
}
