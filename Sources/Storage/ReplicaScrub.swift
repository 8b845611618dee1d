import Replication
import SQLite

/// Reads a whole replica, a few rows at a time, and holds each against its checksum, while the node runs.
///
/// Used by one thread at a time.
public final class ReplicaScrub {
  /// What a few rows came to.
  public struct Step: Hashable, Sendable {
    /// The bytes that were read, about.
    public var bytes: Int
    /// Whether the end of the table was reached.
    public var isAtEnd: Bool
  }

  private let reader: ReplicaReader
  private let rows: SQLiteStatement
  private let sums: SQLiteStatement
  private var checksum = RowChecksum()
  private var position = Int64.min

  /// Opens the replica in a node's directory.
  public init(directory: String, on files: any FileSystem = .real) throws {
    // Without a mapping: a file that is cut short under it would end the process.
    reader = try ReplicaReader(path: DataDirectory.replica(in: directory), on: files, isOffline: true)
    (rows, sums) = try wordingErrors { [reader] in
      (
        try reader.connection.prepare(
          """
          SELECT rowid, key, value, version, created_index, modified_index, expires_at, checksum FROM kv
          WHERE rowid > ? ORDER BY rowid LIMIT 256
          """),
        try reader.connection.prepare("SELECT checksum FROM kv")
      )
    }
  }

  /// Reads the next few rows. Throws `StorageError.Kind.damaged` if one is not what was written.
  public func step() throws -> Step {
    try wordingErrors {
      rows.bind(position, at: 1)
      defer { rows.reset() }
      var step = Step(bytes: 0, isAtEnd: true)
      while try rows.step() {
        step.isAtEnd = false
        position = rows.integer(0)
        let isSound = rows.withBytes(1) { key in
          rows.withBytes(2) { value in
            step.bytes += key.count + value.count + 64
            return checksum.of(
              key: key, value: value, version: rows.integer(3), createdIndex: rows.bits(4),
              modifiedIndex: rows.bits(5), expiresAt: rows.optionalInteger(6)) == rows.bits(7)
          }
        }
        guard isSound else {
          let name = String(decoding: rows.bytes(1).prefix(64), as: UTF8.self)
          throw damage("the row of the key '\(name)' does not fit its checksum")
        }
      }
      if step.isAtEnd { position = .min }
      return step
    }
  }

  /// Holds the number of all rows and the sum of their checksums against what the file says, in one snapshot. Throws
  /// `StorageError.Kind.damaged` if rows were removed or added by another hand.
  public func checkSum() throws {
    try wordingErrors {
      var isRow = try sums.step()
      defer { sums.reset() }
      let meta = try ReplicaMeta(reader.connection).read()
      var (count, sum): (Int64, UInt64) = (0, 0)
      while isRow {
        count += 1
        sum &+= sums.bits(0)
        isRow = try sums.step()
      }
      guard count == meta.keyCount else {
        throw damage("it has \(count) rows, and \(meta.keyCount) were written")
      }
      guard sum == meta.contentChecksum else {
        throw damage("its rows do not add up to what was written: one was changed, removed or added")
      }
    }
  }

  private func damage(_ finding: String) -> StorageError {
    StorageError(.damaged, reader.path, "\(reader.path) is damaged: \(finding).")
  }
}
