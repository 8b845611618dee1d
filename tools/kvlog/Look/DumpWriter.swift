import Foundation
import NIOCore
import RESP
import Replication

/// Prints entries in one of the formats.
struct DumpWriter {
  let format: DumpFormat
  /// Whether text lines begin with index, time and epoch.
  let isLong: Bool
  private let output: ExportOutput
  private var buffer = ByteBuffer()
  private var openStatements = 0
  private static let statementsAtOnce = 1_000

  init(_ format: DumpFormat, isLong: Bool, _ output: ExportOutput) {
    self.format = format
    self.isLong = isLong
    self.output = output
    guard format == .sql else { return }
    buffer.writeString(
      """
      CREATE TABLE IF NOT EXISTS kv (key PRIMARY KEY NOT NULL, value NOT NULL, version INTEGER NOT NULL,
        created_index INTEGER NOT NULL, modified_index INTEGER NOT NULL, expires_at INTEGER);

      """)
  }

  /// Prints an entry with those of its changes that are wanted.
  mutating func write(_ entry: Entry, _ mutations: [Mutation], isCommitted: Bool) throws {
    switch format {
    case .text: writeText(entry, mutations, isCommitted)
    case .json: writeJSON(entry, mutations, isCommitted)
    case .sql: writeSQL(entry, mutations)
    case .resp: writeCommands(mutations)
    }
    if buffer.readableBytes > 1 << 18 { try flush() }
  }

  /// Prints what is missing, where the format has room for it.
  mutating func write(problem: String) {
    switch format {
    case .text: buffer.writeString("# \(problem)\n")
    case .sql: buffer.writeString("-- \(problem)\n")
    case .json:
      buffer.writeString("{")
      buffer.writeJSONField("problem", Array(problem.utf8))
      buffer.writeString("}\n")
    case .resp: break
    }
  }

  mutating func finish() throws {
    if openStatements > 0 { buffer.writeString("COMMIT;\n") }
    try flush()
  }

  private mutating func flush() throws {
    try output.write(buffer)
    buffer.clear()
  }

  // MARK: Text

  private mutating func writeText(_ entry: Entry, _ mutations: [Mutation], _ isCommitted: Bool) {
    let head =
      isLong
      ? "\(entry.index) \(Moment(milliseconds: entry.time)) \(entry.epoch) \(isCommitted ? "" : "uncommitted ")"
      : ""
    switch entry.payload {
    case .noop: if isLong { buffer.writeString(head + "NOOP\n") }
    case .configuration(let configuration):
      guard isLong else { return }
      let set = configuration.incoming ?? configuration.current
      buffer.writeString(
        head + "MEMBERS masters \(set.masters.map(\.name).joined(separator: " ")) slaves "
          + "\(set.slaves.map(\.name).joined(separator: " "))\n")
    case .mutations:
      for mutation in mutations {
        switch mutation.operation {
        case .put:
          buffer.writeString("\(head)WRITE \(readable(mutation.key)) \(readableValue(mutation.value))")
          if isLong, let end = mutation.expiresAt {
            buffer.writeString(" until \(Moment(milliseconds: end))")
          }
        case .delete: buffer.writeString("\(head)DELETE \(readable(mutation.key))")
        default: fatalError("not yet")
        }
        buffer.writeString("\n")
      }
    }
  }

  // MARK: JSON

  private mutating func writeJSON(_ entry: Entry, _ mutations: [Mutation], _ isCommitted: Bool) {
    buffer.writeString(
      "{\"index\":\(entry.index),\"epoch\":\"\(entry.epoch)\",\"time\":\(entry.time),\"committed\":\(isCommitted),"
    )
    switch entry.payload {
    case .noop: buffer.writeString("\"op\":\"noop\"")
    case .configuration(let configuration):
      let set = configuration.incoming ?? configuration.current
      func names(_ members: [Member]) -> String { members.map { "\"\($0.id)\"" }.joined(separator: ",") }
      buffer.writeString(
        "\"op\":\"config\",\"masters\":[\(names(set.masters))],\"slaves\":[\(names(set.slaves))]")
    case .mutations(let all):
      if all.count == 1 {
        writeJSON(mutations[0])
      } else {
        buffer.writeString("\"op\":\"txn\",\"mutations\":[")
        for (position, mutation) in mutations.enumerated() {
          buffer.writeString(position > 0 ? ",{" : "{")
          writeJSON(mutation)
          buffer.writeString("}")
        }
        buffer.writeString("]")
      }
    }
    buffer.writeString("}\n")
  }

  private mutating func writeJSON(_ mutation: Mutation) {
    buffer.writeString("\"op\":\"\(mutation.operation)\",")
    buffer.writeJSONField("key", mutation.key)
    guard mutation.operation == .put else { return }
    buffer.writeString(",")
    buffer.writeJSONField("value", mutation.value)
    if let end = mutation.expiresAt { buffer.writeString(",\"expires_at\":\(end)") }
  }

  // MARK: SQL

  private mutating func writeSQL(_ entry: Entry, _ mutations: [Mutation]) {
    guard !mutations.isEmpty else { return }
    // An entry is seen whole or not at all; many share a transaction, which is many times as fast.
    if openStatements == 0 { buffer.writeString("BEGIN;\n") }
    for mutation in mutations {
      switch mutation.operation {
      case .put:
        buffer.writeString("INSERT INTO kv VALUES (")
        writeLiteral(mutation.key)
        buffer.writeString(", ")
        writeLiteral(mutation.value)
        buffer.writeString(
          ", 1, \(entry.index), \(entry.index), \(mutation.expiresAt.map(String.init) ?? "NULL")) ON CONFLICT (key) DO UPDATE SET "
            + "value = excluded.value, version = version + 1, modified_index = excluded.modified_index, "
            + "expires_at = excluded.expires_at;\n")
      case .delete:
        buffer.writeString("DELETE FROM kv WHERE key = ")
        writeLiteral(mutation.key)
        buffer.writeString(";\n")
      default: fatalError("not yet")
      }
    }
    openStatements += mutations.count
    guard openStatements >= Self.statementsAtOnce else { return }
    buffer.writeString("COMMIT;\n")
    openStatements = 0
  }

  /// As the replica has it: text if it can be, else a blob.
  private mutating func writeLiteral(_ bytes: [UInt8]) {
    guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else {
      buffer.writeString("X'")
      for byte in bytes { buffer.writeString((byte < 16 ? "0" : "") + String(byte, radix: 16)) }
      buffer.writeString("'")
      return
    }
    buffer.writeString("'")
    for part in bytes.split(separator: UInt8(ascii: "'"), omittingEmptySubsequences: false).enumerated() {
      if part.offset > 0 { buffer.writeString("''") }
      buffer.writeBytes(part.element)
    }
    buffer.writeString("'")
  }

  // MARK: RESP

  private mutating func writeCommands(_ mutations: [Mutation]) {
    let isTransaction = mutations.count > 1
    if isTransaction { buffer.writeRESPRequest(["MULTI"]) }
    for mutation in mutations { buffer.writeCommand(mutation) }
    if isTransaction { buffer.writeRESPRequest(["EXEC"]) }
  }
}
