import Replication
import SQLite

/// Writes entries as rows of `log` and `log_part`.
final class EntryInserter {
  private let insertEntry: SQLiteStatement
  private let insertPart: SQLiteStatement

  init(_ connection: SQLiteConnection) throws {
    insertEntry = try connection.prepare(
      """
      INSERT INTO log ("index", epoch_round, epoch_master, time, op, key, value, expires_at, member, checksum)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    insertPart = try connection.prepare(
      """
      INSERT INTO log_part ("index", part, op, key, value, expires_at, member) VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
  }

  /// Writes one entry; the checksum is the chain's value at it.
  func insert(_ entry: Entry, checksum: UInt64) throws {
    insertEntry.bind(bits: entry.index, at: 1)
    insertEntry.bind(bits: entry.epoch.round, at: 2)
    insertEntry.bind(bits: entry.epoch.master.rawValue, at: 3)
    insertEntry.bind(entry.time, at: 4)
    insertEntry.bind(bits: checksum, at: 10)
    switch entry.payload {
    case .noop: try insertRow(.noop)
    case .configuration(let configuration):
      try insertRow(.configuration, value: try ConfigurationCoding.encode(configuration))
    case .mutations(let mutations):
      if mutations.count == 1 {
        try Self.insert(mutations[0], with: insertEntry, from: 5)
      } else {
        try insertRow(.transaction)
        for (part, mutation) in mutations.enumerated() {
          insertPart.bind(bits: entry.index, at: 1)
          insertPart.bind(Int64(part), at: 2)
          try Self.insert(mutation, with: insertPart, from: 3)
        }
      }
    }
  }

  private func insertRow(_ operation: RowOperation, value: [UInt8]? = nil) throws {
    try operation.bind(to: insertEntry, at: 5)
    insertEntry.bindNull(at: 6)
    insertEntry.bindNull(at: 7)
    insertEntry.bindNull(at: 8)
    insertEntry.bindNull(at: 9)
    guard let value else { return try insertEntry.run() }
    try value.withUnsafeBytes {
      try insertEntry.bind($0, at: 7)
      try insertEntry.run()
    }
  }

  /// Binds operation, key, value, expiry and member to five parameters from `first` on, and runs the statement.
  private static func insert(
    _ mutation: Mutation, with statement: SQLiteStatement, from first: Int32
  ) throws {
    let operation = mutation.operation
    try RowOperation.mutation(operation).bind(to: statement, at: first)
    statement.bind(mutation.expiresAt, at: first + 3)
    try mutation.key.withUnsafeBytes { key in
      try statement.bind(key, at: first + 1)
      try mutation.value.withUnsafeBytes { value in
        try bind(value, where: operation.hasValue, to: statement, at: first + 2)
        try mutation.member.withUnsafeBytes { member in
          try bind(member, where: operation.container != nil, to: statement, at: first + 4)
          try statement.run()
        }
      }
    }
  }

  /// Binds NULL for what an operation does not have.
  private static func bind(
    _ bytes: UnsafeRawBufferPointer, where isMeant: Bool, to statement: SQLiteStatement, at parameter: Int32
  ) throws {
    if isMeant || !bytes.isEmpty {
      try statement.bind(bytes, at: parameter)
    } else {
      statement.bindNull(at: parameter)
    }
  }
}
