import Replication
import SQLite

/// What was found when each row of a replica was held against its checksum, and all of them against their sum.
public struct ReplicaVerdict: Hashable, Sendable {
  /// Where in the log the replica stands.
  public var standing: LogBase
  /// How many keys there are.
  public var rows: Int64 = 0
  /// How many keys there should be, as the table `meta` says.
  public var expectedRows: Int64
  /// How many rows of members there are.
  public var members: Int64 = 0
  /// How many there should be, as the rows of their keys say.
  public var expectedMembers: Int64 = 0
  /// Keys whose rows, or those of their members, do not fit their checksums: the first hundred such rows.
  public var damagedKeys: [[UInt8]] = []
  /// How many such rows there are.
  public var damagedCount = 0
  /// Keys that have more or fewer members than their rows say: the first hundred of them.
  public var incompleteKeys: [[UInt8]] = []
  /// How many such keys there are.
  public var incompleteCount = 0
  /// The sum, modulo 2^64, of the checksums that the rows as they are should have.
  public var content: UInt64 = 0
  /// The sum of the rows' checksums as the table `meta` says.
  public var expectedContent: UInt64

  /// Whether every row is there and as it was written.
  public var isSound: Bool {
    damagedCount == 0 && incompleteCount == 0 && rows == expectedRows && members == expectedMembers
      && content == expectedContent
  }

  /// What is wrong, without a full stop.
  public var finding: String {
    var findings: [String] = []
    if damagedCount > 0 { findings.append("\(damagedCount) of its rows do not fit their checksums") }
    if rows != expectedRows { findings.append("it has \(rows) keys where it should have \(expectedRows)") }
    if incompleteCount > 0 { findings.append("\(incompleteCount) of its keys lack members or have too many") }
    if members != expectedMembers {
      findings.append("it has \(members) members where it should have \(expectedMembers)")
    }
    if findings.isEmpty, content != expectedContent {
      findings.append("its rows do not add up to what was written")
    }
    return findings.joined(separator: ", and ")
  }

  private static let named = 100

  mutating func addDamaged(_ key: [UInt8]) {
    damagedCount += 1
    if damagedKeys.count < Self.named { damagedKeys.append(key) }
  }

  mutating func addIncomplete(_ key: [UInt8]) {
    incompleteCount += 1
    if incompleteKeys.count < Self.named { incompleteKeys.append(key) }
  }
}

/// A row of a replica as it is, and whether it fits its checksum.
enum VerifiedRow {
  /// A row of `kv`, with its columns in their order.
  case key(SQLiteStatement, isSound: Bool)
  /// A row of `member`; those of a key come after its own row, in the order of their names' bytes.
  case member([UInt8], MemberCursor.Row)
}

extension ReplicaReader {
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
    try verify { _, number in if number & 0xFFF == 0 { onProgress(number) } }
  }

  /// As above; hands out every key and every member as they are, and whether each fits its checksum. Members come after
  /// their key, in the order of their names' bytes.
  public func verify(
    each body: (_ key: [UInt8], _ value: StoredValue, _ isSound: Bool) throws -> Void,
    member: (_ key: [UInt8], _ member: StoredKeyMember, _ isSound: Bool) throws -> Void
  ) throws -> ReplicaVerdict {
    try verify { row, _ in
      switch row {
      case .key(let row, let isSound):
        guard let value = StoredValue(row: row, from: 1, type: 7) else { return }
        try body(row.bytes(0), value, isSound)
      case .member(let key, let row): try member(key, row.member, row.isSound)
      }
    }
  }

  /// As above; hands each row and the number of those so far to `body`.
  func verify(_ body: (VerifiedRow, Int64) throws -> Void) throws -> ReplicaVerdict {
    try requireChecksums()
    return try snapshot { _ in try wordingErrors { try verifyRows(body) } }
  }

  private func verifyRows(_ body: (VerifiedRow, Int64) throws -> Void) throws -> ReplicaVerdict {
    let rows = try connection.prepare(
      """
      SELECT key, value, version, created_index, modified_index, expires_at, checksum, \(typeColumn) FROM kv
      """)
    let meta = try ReplicaMeta(connection).read()
    var verdict = ReplicaVerdict(
      standing: meta.standing, expectedRows: meta.totals.keys, expectedContent: meta.totals.checksum)
    if members != nil { verdict.members = try connection.integer("SELECT count(*) FROM member") ?? 0 }
    var checksum = RowChecksum()
    var number: Int64 = 0
    while try rows.step() {
      number += 1
      let type = rows.valueType(7)
      let actual = rows.withBytes(0) { checksum.of($0, rows, from: 1, type: 7) }
      let isSound =
        actual == rows.bits(6) && rows.hasOneForm(0)
        && (type == .string ? rows.hasOneForm(1) : rows.isInteger(1))
      if !isSound { verdict.addDamaged(rows.bytes(0)) }
      verdict.content &+= actual ?? 0
      verdict.rows += 1
      try body(.key(rows, isSound: isSound), number)
      if type != .string { try verifyMembers(of: rows, &verdict, &number, body) }
    }
    return verdict
  }

  private func verifyMembers(
    of row: SQLiteStatement, _ verdict: inout ReplicaVerdict, _ number: inout Int64,
    _ body: (VerifiedRow, Int64) throws -> Void
  ) throws {
    let key = row.bytes(0)
    var count: Int64 = 0
    try members?.forEach(of: key, after: nil) { row in
      count += 1
      number += 1
      verdict.content &+= row.checksum
      if !row.isSound { verdict.addDamaged(key) }
      try body(.member(key, row), number)
      return true
    }
    verdict.expectedMembers += row.integer(1)
    if count != row.integer(1) { verdict.addIncomplete(key) }
  }
}
