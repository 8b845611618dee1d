import Foundation
import NIOCore
import RESP
import Replication
import Storage

/// Prints entries in one of the formats.
struct DumpWriter {
  let format: DumpFormat
  /// Whether text lines begin with index, time and epoch.
  let isLong: Bool
  private let output: ExportOutput
  private var buffer = ByteBuffer()
  private var commands: CommandWriter
  private var openStatements = 0
  private static let statementsAtOnce = 1_000

  /// - Parameter listsAreKnown: Whether all that happened to the lists is written, from the log's first entry on.
  init(_ format: DumpFormat, isLong: Bool, listsAreKnown: Bool = false, _ output: ExportOutput) {
    self.format = format
    self.isLong = isLong
    self.output = output
    commands = CommandWriter(listsAreKnown: listsAreKnown)
    if format == .sql { buffer.writeString(MutationSQL.tables) }
  }

  /// How many changes of lists the format could not express.
  var leftOut: UInt64 { commands.leftOut }

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
        buffer.writeString(head + mutation.line())
        if mutation.operation == .expire || isLong, let end = mutation.expiresAt {
          buffer.writeString(" until \(Moment(milliseconds: end))")
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
    let operation = mutation.operation
    buffer.writeString("\"op\":\"\(operation.word)\"")
    func write(_ name: String, _ bytes: [UInt8]) {
      buffer.writeString(",")
      buffer.writeJSONField(name, bytes)
    }
    if operation != .clear { write("key", mutation.key) }
    if operation.container != nil { write("member", mutation.member) }
    if operation.hasValue { write("value", mutation.value) }
    if let end = mutation.expiresAt { buffer.writeString(",\"expires_at\":\(end)") }
  }

  // MARK: SQL

  private mutating func writeSQL(_ entry: Entry, _ mutations: [Mutation]) {
    guard !mutations.isEmpty else { return }
    // An entry is seen whole or not at all; many share a transaction, which is many times as fast.
    if openStatements == 0 { buffer.writeString("BEGIN;\n") }
    for mutation in mutations { buffer.writeBytes(mutation.sql(at: entry.index).bytes) }
    openStatements += mutations.count
    guard openStatements >= Self.statementsAtOnce else { return }
    buffer.writeString("COMMIT;\n")
    openStatements = 0
  }

  // MARK: RESP

  private mutating func writeCommands(_ mutations: [Mutation]) { commands.write(mutations, to: &buffer) }
}
