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
  private let keys: SQLiteStatement
  private let members: SQLiteStatement
  private let sums: SQLiteStatement
  private let memberSums: SQLiteStatement
  private var checksum = RowChecksum()
  private var isAmongMembers = false
  private var position = Int64.min

  /// Opens the replica in a node's directory.
  public init(directory: String, on files: any FileSystem = .real) throws {
    // Without a mapping: a file that is cut short under it would end the process.
    reader = try ReplicaReader(path: DataDirectory.replica(in: directory), on: files, isOffline: true)
    (keys, members, sums, memberSums) = try wordingErrors { [reader] in
      (
        try reader.connection.prepare(
          """
          SELECT rowid, key, value, version, created_index, modified_index, expires_at, checksum, type FROM kv
          WHERE rowid > ? ORDER BY rowid LIMIT 256
          """),
        try reader.connection.prepare(
          """
          SELECT rowid, key, member, value, checksum FROM member WHERE rowid > ? ORDER BY rowid LIMIT 256
          """),
        try reader.connection.prepare(
          "SELECT checksum, CASE type WHEN 'string' THEN 0 ELSE value END FROM kv"),
        try reader.connection.prepare("SELECT checksum FROM member")
      )
    }
  }

  /// Reads the next few rows. Throws `StorageError.Kind.damaged` if one is not what was written.
  public func step() throws -> Step {
    try wordingErrors {
      let rows = isAmongMembers ? members : keys
      rows.bind(position, at: 1)
      defer { rows.reset() }
      var step = Step(bytes: 0, isAtEnd: false)
      var isEnd = true
      while try rows.step() {
        isEnd = false
        position = rows.integer(0)
        guard isAmongMembers ? memberIsSound(&step) : keyIsSound(&step) else {
          let name = String(decoding: rows.bytes(1).prefix(64), as: UTF8.self)
          throw damage(
            isAmongMembers
              ? "the row of a member of the key '\(name)' does not fit its checksum"
              : "the row of the key '\(name)' does not fit its checksum")
        }
      }
      if isEnd {
        position = .min
        step.isAtEnd = isAmongMembers
        isAmongMembers.toggle()
      }
      return step
    }
  }

  private func keyIsSound(_ step: inout Step) -> Bool {
    keys.withBytes(1) { key in
      step.bytes += key.count + keys.withBytes(2, \.count) + 64
      return checksum.of(key, keys, from: 2, type: 8) == keys.bits(7)
    }
  }

  private func memberIsSound(_ step: inout Step) -> Bool {
    members.withBytes(1) { key in
      members.withBytes(2) { member in
        members.withBytes(3) { value in
          step.bytes += key.count + member.count + value.count + 64
          return checksum.of(key: key, member: member, value: value) == members.bits(4)
        }
      }
    }
  }

  /// Holds the number of all rows and the sum of their checksums against what the file says, in one snapshot. Throws
  /// `StorageError.Kind.damaged` if rows were removed or added by another hand.
  public func checkSum() throws {
    try reader.snapshot { reader in
      try wordingErrors {
        defer {
          sums.reset()
          memberSums.reset()
        }
        let expected = try ReplicaMeta(reader.connection).read().totals
        var found = ReplicaTotals()
        var (members, expectedMembers): (Int64, Int64) = (0, 0)
        while try sums.step() {
          found.keys += 1
          found.checksum &+= sums.bits(0)
          expectedMembers &+= sums.integer(1)
        }
        while try memberSums.step() {
          members += 1
          found.checksum &+= memberSums.bits(0)
        }
        guard found.keys == expected.keys else {
          throw damage("it has \(found.keys) rows, and \(expected.keys) were written")
        }
        guard members == expectedMembers else {
          throw damage("it has \(members) rows of members, and \(expectedMembers) were written")
        }
        guard found.checksum == expected.checksum else {
          throw damage("its rows do not add up to what was written: one was changed, removed or added")
        }
      }
    }
  }

  private func damage(_ finding: String) -> StorageError {
    StorageError(.damaged, reader.path, "\(reader.path) is damaged: \(finding).")
  }
}
