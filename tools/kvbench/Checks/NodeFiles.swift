import Commands
import Foundation
import Replication
import SQLite
import Storage

/// The files of a node that has ended.
struct NodeFiles: Sendable {
  /// A key with all that must be equal everywhere.
  struct Row: Hashable, Sendable {
    var type: String
    /// Empty for a key that has members.
    var value: [UInt8]
    var members: [[UInt8]: [UInt8]]
    var version: Int64
    var created: UInt64
    var modified: UInt64
    var expiresAt: Int64?
  }

  /// What was found in them.
  struct Contents: Sendable {
    var lastIndex: LogIndex
    var applied: LogIndex
    var rows: [[UInt8]: Row]
    /// What the log makes of the keyspace at the applied index; nil if the log does not begin with entry 1.
    var replayed: [[UInt8]: Row]?
  }

  let name: String
  let directory: String

  /// Reads all, and holds every entry against the checksum chain.
  ///
  /// - Throws: What is damaged, as a sentence.
  func read() throws -> Contents {
    for file in [DataDirectory.log(in: directory), DataDirectory.replica(in: directory)] {
      let verdict = try SQLiteConnection(path: file, mode: .readOnly).prepare("PRAGMA quick_check")
      guard try verdict.step(), verdict.text(0) == "ok" else { throw BenchError("\(file) is damaged") }
    }
    let replica = try SQLiteConnection(path: DataDirectory.replica(in: directory), mode: .readOnly)
    let applied = LogIndex(bitPattern: try replica.integer("SELECT applied_index FROM meta") ?? 0)
    let log = try LogReader(directory: directory)
    let last = try log.lastIndex()
    return Contents(
      lastIndex: last, applied: applied, rows: try rows(replica), replayed: try replay(log, to: last, applied)
    )
  }

  /// The chain's value at an index: equal exactly if the logs are equal up to there.
  func checksum(at index: LogIndex) throws -> UInt64? {
    try LogReader(directory: directory).checksum(at: index)
  }

  private func rows(_ replica: SQLiteConnection) throws -> [[UInt8]: Row] {
    var members: [[UInt8]: [[UInt8]: [UInt8]]] = [:]
    let all = try replica.prepare("SELECT key, member, value FROM member")
    while try all.step() { members[all.bytes(0), default: [:]][all.bytes(1)] = all.bytes(2) }
    let statement = try replica.prepare(
      """
      SELECT key, CASE type WHEN 'string' THEN value ELSE '' END, version, created_index, modified_index, expires_at,
        type
      FROM kv
      """)
    var rows: [[UInt8]: Row] = [:]
    while try statement.step() {
      let key = statement.bytes(0)
      rows[key] = Row(
        type: statement.text(6), value: statement.bytes(1), members: members[key] ?? [:],
        version: statement.integer(2), created: statement.bits(3), modified: statement.bits(4),
        expiresAt: statement.optionalInteger(5))
    }
    return rows
  }

  private func replay(_ log: LogReader, to last: LogIndex, _ applied: LogIndex) throws -> [[UInt8]: Row]? {
    guard last > 0 else { return [:] }
    guard try log.checksum(at: 1) != nil else { return nil }
    var keyspace = PlainKeyspace()
    var next: LogIndex = 1
    while next <= last {
      let entries = try log.entries(from: next, limitBytes: 8 << 20, limitCount: 8_192)
      guard let newest = entries.last else { throw BenchError("\(log.path) ends before entry \(next)") }
      for entry in entries where entry.index <= applied {
        if case .mutations(let mutations) = entry.payload { keyspace.apply(mutations, at: entry.index) }
      }
      next = newest.index + 1
    }
    return keyspace.contents.mapValues { content in
      let value = content.value
      return Row(
        type: value.type.rawValue, value: value.value, members: content.members,
        version: Int64(value.version), created: value.createdIndex, modified: value.modifiedIndex,
        expiresAt: value.expiresAt)
    }
  }
}
