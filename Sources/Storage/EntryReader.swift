import Replication
import SQLite

/// Reads entries from `log` and `log_part`, and holds each against the checksum chain.
final class EntryReader {
  private let path: String
  private let entries: SQLiteStatement
  private let parts: SQLiteStatement
  private let checksums: SQLiteStatement

  init(_ connection: SQLiteConnection) throws {
    path = connection.path
    entries = try connection.prepare(
      """
      SELECT "index", epoch_round, epoch_master, time, op, key, value, expires_at, checksum
      FROM log WHERE "index" >= ? ORDER BY "index"
      """)
    parts = try connection.prepare(
      """
      SELECT op, key, value, expires_at, part FROM log_part WHERE "index" = ? ORDER BY part
      """)
    checksums = try connection.prepare(#"SELECT checksum FROM log WHERE "index" = ?"#)
  }

  /// The chain's value at an index; nil if the log does not hold it.
  func checksum(at index: LogIndex) throws -> UInt64? {
    if index == 0 { return EntryChecksum.initial }
    checksums.bind(bits: index, at: 1)
    defer { checksums.reset() }
    return try checksums.step() ? checksums.bits(0) : nil
  }

  /// Hands the entries from `first` on to `body`, in order, each verified, until it returns false or the log
  /// ends. All are of one snapshot.
  func read(from first: LogIndex, _ body: (Entry) throws -> Bool) throws {
    // The row before is read by the same statement, because the chain must be of the same snapshot.
    entries.bind(bits: max(1, first) - 1, at: 1)
    defer { entries.reset() }
    var previous = EntryChecksum.initial
    var expected = max(1, first)
    if expected > 1 {
      guard try entries.step() else { return }
      guard entries.bits(0) == expected - 1 else { throw missing(expected - 1) }
      previous = entries.bits(8)
    }
    while try entries.step() {
      let entry = try current(expected)
      let checksum = entries.bits(8)
      guard EntryChecksum.next(after: previous, entry) == checksum else {
        throw StorageError.damaged(path, at: expected, "the checksum does not fit the entry")
      }
      guard try body(entry) else { return }
      previous = checksum
      expected += 1
    }
  }

  private func current(_ index: LogIndex) throws -> Entry {
    guard entries.bits(0) == index else { throw missing(index) }
    guard let operation = entries.withBytes(4, RowOperation.init) else {
      throw StorageError.damaged(path, at: index, "the operation '\(entries.text(4))' is unknown")
    }
    let payload: Entry.Payload
    switch operation {
    case .noop: payload = .noop
    case .configuration:
      guard let configuration = ConfigurationCoding.decode(entries.bytes(6)) else {
        throw StorageError.damaged(path, at: index, "the value is no configuration")
      }
      payload = .configuration(configuration)
    case .put: payload = .mutations([Self.mutation(.put, entries, from: 5)])
    case .delete: payload = .mutations([Self.mutation(.delete, entries, from: 5)])
    case .transaction: payload = .mutations(try transaction(index))
    }
    let epoch = Epoch(round: entries.bits(1), master: NodeID(entries.bits(2)))
    return Entry(index: index, epoch: epoch, time: entries.integer(3), payload: payload)
  }

  private func transaction(_ index: LogIndex) throws -> [Mutation] {
    parts.bind(bits: index, at: 1)
    defer { parts.reset() }
    var mutations: [Mutation] = []
    while try parts.step() {
      guard let operation = parts.withBytes(0, RowOperation.init)?.mutation,
        parts.integer(4) == mutations.count
      else {
        throw StorageError.damaged(path, at: index, "part \(mutations.count) of the transaction is unknown")
      }
      mutations.append(Self.mutation(operation, parts, from: 1))
    }
    return mutations
  }

  private static func mutation(
    _ operation: Mutation.Operation, _ row: SQLiteStatement, from column: Int32
  ) -> Mutation {
    Mutation(
      operation: operation, key: row.bytes(column), value: row.bytes(column + 1),
      expiresAt: row.optionalInteger(column + 2))
  }

  private func missing(_ index: LogIndex) -> StorageError {
    StorageError.damaged(path, at: index, "the entry is missing")
  }
}
