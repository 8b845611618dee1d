import Replication
import SQLite

/// Reads entries from `log` and `log_part`, and holds each against the checksum chain.
final class EntryReader {
  private let path: String
  let entries: SQLiteStatement
  private let parts: SQLiteStatement
  private let points: SQLiteStatement
  private let newestConfiguration: SQLiteStatement
  private let bases: BaseStatements
  /// Whether a row that holds more than its entry, or holds it in another form, is damaged too.
  var isStrict = false

  init(_ connection: SQLiteConnection) throws {
    path = connection.path
    // Files of the time before there were members are read as they are.
    let member = try connection.integer("PRAGMA user_version") ?? 0 > 2 ? "member" : "NULL"
    entries = try connection.prepare(
      """
      SELECT "index", epoch_round, epoch_master, time, op, key, value, expires_at, checksum, \(member)
      FROM log WHERE "index" >= ? ORDER BY "index"
      """)
    parts = try connection.prepare(
      """
      SELECT op, key, value, expires_at, part, \(member) FROM log_part WHERE "index" = ? ORDER BY part
      """)
    points = try connection.prepare(
      #"SELECT epoch_round, epoch_master, time, checksum FROM log WHERE "index" = ?"#)
    newestConfiguration = try connection.prepare(
      #"SELECT "index", value FROM log WHERE op = 'config' AND "index" <= ? ORDER BY "index" DESC LIMIT 1"#)
    bases = try BaseStatements(connection)
  }

  /// The entry after which the log begins.
  func base() throws -> LogBase { try bases.read() }

  /// What the entries up to an index leave behind; nil if the log neither holds it nor begins after it.
  func point(at index: LogIndex) throws -> LogBase? {
    points.bind(bits: index, at: 1)
    newestConfiguration.bind(bits: index, at: 1)
    defer {
      points.reset()
      newestConfiguration.reset()
    }
    let isThere = try points.step()
    let base = try base()
    guard isThere else { return base.index == index ? base : nil }
    var configuration = base.configuration
    if try newestConfiguration.step() {
      guard let decoded = ConfigurationCoding.decode(newestConfiguration.bytes(1)) else {
        throw StorageError.damaged(path, at: newestConfiguration.bits(0), "the value is no configuration")
      }
      configuration = IndexedConfiguration(index: newestConfiguration.bits(0), configuration: decoded)
    }
    let epoch = Epoch(round: points.bits(0), master: NodeID(points.bits(1)))
    return LogBase(
      position: LogPosition(epoch: epoch, index: index), time: points.integer(2), checksum: points.bits(3),
      configuration: configuration)
  }

  /// Hands the entries from `first` on to `body`, in order, each verified, until it returns false or the log
  /// ends. All are of one snapshot. Throws `StorageError.Kind.trimmed` if the log begins later.
  func read(from first: LogIndex, _ body: (Entry) throws -> Bool) throws {
    var expected = max(1, first)
    entries.bind(bits: expected - 1, at: 1)
    defer { entries.reset() }
    // What chains the first entry must be of the same snapshot, which lasts while this statement runs.
    var isRow = try entries.step()
    var previous: UInt64
    if isRow, entries.bits(0) == expected - 1 {
      previous = entries.bits(8)
      isRow = try entries.step()
    } else {
      let base = try base()
      guard base.index < expected else { throw StorageError.trimmed(path, upTo: base.index) }
      guard base.index == expected - 1 else {
        guard isRow else { return }
        throw missing(expected - 1)
      }
      previous = base.checksum
    }
    while isRow {
      let entry = try current(expected)
      let checksum = entries.bits(8)
      guard EntryChecksum.next(after: previous, entry) == checksum else {
        throw StorageError.damaged(path, at: expected, "the checksum does not fit the entry")
      }
      guard try body(entry) else { return }
      previous = checksum
      expected += 1
      isRow = try entries.step()
    }
  }

  func current(_ index: LogIndex) throws -> Entry {
    guard entries.bits(0) == index else { throw missing(index) }
    guard let operation = entries.withBytes(4, RowOperation.init) else {
      throw StorageError.damaged(path, at: index, "the operation '\(entries.text(4))' is unknown")
    }
    if isStrict { try checkForm(operation, index) }
    let payload: Entry.Payload
    switch operation {
    case .noop: payload = .noop
    case .configuration:
      guard let configuration = ConfigurationCoding.decode(entries.bytes(6)) else {
        throw StorageError.damaged(path, at: index, "the value is no configuration")
      }
      payload = .configuration(configuration)
    case .mutation(let operation):
      payload = .mutations([Self.mutation(operation, entries, from: 5, member: 9)])
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
      if isStrict { try checkForm(operation, parts, from: 1, member: 5, index) }
      mutations.append(Self.mutation(operation, parts, from: 1, member: 5))
    }
    return mutations
  }

  /// What the checksum does not cover: columns that an operation does not have, and the types of the others.
  private func checkForm(
    _ operation: Mutation.Operation, _ row: SQLiteStatement, from column: Int32, member: Int32,
    _ index: LogIndex
  ) throws {
    func isFit(_ column: Int32, _ isMeant: Bool) -> Bool {
      isMeant ? row.hasOneForm(column) : row.isNull(column)
    }
    guard row.isText(column - 1), row.hasOneForm(column), isFit(column + 1, operation.hasValue),
      isFit(member, operation.container != nil), operation.hasExpiry || row.isNull(column + 2)
    else { throw otherForm(index) }
  }

  private func checkForm(_ operation: RowOperation, _ index: LogIndex) throws {
    let isFit =
      switch operation {
      case .mutation: true
      case .noop, .transaction: [5, 6, 7, 9].allSatisfy(entries.isNull)
      case .configuration: [5, 7, 9].allSatisfy(entries.isNull) && entries.hasOneForm(6)
      }
    if !isFit || !entries.isText(4) { throw otherForm(index) }
    if let mutation = operation.mutation {
      try checkForm(mutation, entries, from: 5, member: 9, index)
    }
  }

  private func otherForm(_ index: LogIndex) -> StorageError {
    StorageError.damaged(
      path, at: index, "its key, member, value or expiry stands in a form that no node writes")
  }

  private static func mutation(
    _ operation: Mutation.Operation, _ row: SQLiteStatement, from column: Int32, member: Int32
  ) -> Mutation {
    Mutation(
      operation: operation, key: row.bytes(column),
      member: operation.container == nil ? [] : row.bytes(member), value: row.bytes(column + 1),
      expiresAt: row.optionalInteger(column + 2))
  }

  private func missing(_ index: LogIndex) -> StorageError {
    StorageError.damaged(path, at: index, "the entry is missing")
  }
}

extension SQLiteStatement {
  /// Whether a column holds a byte string in its one form: text if it can be text.
  func hasOneForm(_ column: Int32) -> Bool {
    switch withBytes(column, ByteStringForm.init) {
    case .text: isText(column)
    case .blob: isBlob(column)
    }
  }
}
