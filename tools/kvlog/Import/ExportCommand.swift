import ArgumentParser
import Foundation
import Replication
import Storage

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write all keys of a replica, or all changes of a log, in a format that other programs read.",
    discussion: """
      A directory or a replica.db gives the keys as they stand; a log.db gives the committed changes in their order. \
      `json` has one key or member a line, `resp` are Redis commands for `redis-cli --pipe`, `text` are lines of `WRITE key value`, \
      which cannot hold every key and value, and no member of a hash, set or list: what is left out is counted. So are \
      changes of lists in `resp` if the log does not begin at entry 1: only the whole log says where in a list they are.

        kvlog export data/slave1 --output keys.jsonl
        kvlog export data/slave1 --format resp | redis-cli --pipe
        kvlog export data/slave1/log.db --format text
      """)

  @Argument(help: ArgumentHelp("A node's directory, a replica.db or a log.db.", valueName: "path"))
  var path: String

  @Option(help: ArgumentHelp("json, resp or text.", valueName: "format"))
  var format = "json"

  @Option(help: ArgumentHelp("A new file instead of the standard output.", valueName: "file"))
  var output: String?

  @Flag(help: "Of a log, also entries that it does not prove to be committed.")
  var uncommitted = false

  @Flag(help: "Print what was done as JSON, on standard error.")
  var json = false

  func validate() throws {
    if ImportFormat(rawValue: format) == nil { throw ValidationError("--format must be json, resp or text") }
  }

  private struct Report: Encodable {
    var path: String
    var written: UInt64
    var leftOut: UInt64
    var withoutExpiry: UInt64
    /// The entry at which the replica stands, or the last one of the log that was written.
    var index: LogIndex
    var problems: [String]
  }

  func run() throws {
    try conclude {
      let place = try SourcePlace(path)
      let sink = try ExportOutput(output)
      let listsAreKnown = place.replica != nil || place.log?.base?.index == 0
      var writer = ExportWriter(
        ImportFormat(rawValue: format) ?? .json, listsAreKnown: listsAreKnown, sink)
      let progress = ProgressLine("exported", unit: "records")
      let (index, problems) =
        if let replica = place.replica { try write(replica, to: &writer, progress) } else {
          try write(place.log, to: &writer, progress)
        }
      try writer.flush()
      try sink.complete()
      progress.clear()
      let report = Report(
        path: path, written: writer.written, leftOut: writer.leftOut, withoutExpiry: writer.withoutExpiry,
        index: index,
        problems: problems)
      try say(report)
      return report.problems.isEmpty && report.leftOut == 0
    }
  }

  private func write(
    _ replica: Snapshot, to writer: inout ExportWriter, _ progress: ProgressLine
  ) throws -> (LogIndex, [String]) {
    var problems: [String] = []
    let total = UInt64(max(0, try replica.reader.count()))
    var keys: UInt64 = 0
    // A key that has members comes into being with the first, and can have an expiry only then.
    var container: (key: [UInt8], type: ValueType, expiresAt: Int64?)?
    func finishContainer(_ writer: inout ExportWriter) throws {
      if let container, container.expiresAt != nil {
        try writer.write([Mutation(operation: .expire, key: container.key, expiresAt: container.expiresAt)])
      }
      container = nil
      writer.forgetLists()
    }
    let verdict = try replica.reader.verify { key, value, isSound in
      try finishContainer(&writer)
      keys += 1
      if keys & 0xFFF == 0 { progress.show(keys, of: total) }
      guard isSound else { return }
      if value.type == .string {
        try writer.write([.put(key, value.value, expiresAt: value.expiresAt)])
      } else {
        container = (key, value.type, value.expiresAt)
      }
    } member: { key, member, isSound in
      guard isSound, let container, let operation = container.type.setting else { return }
      try writer.write([
        Mutation(operation: operation, key: key, member: member.name, value: member.value)
      ])
    }
    try finishContainer(&writer)
    for key in verdict.damagedKeys.prefix(20) {
      problems.append(
        "the row of the key '\(String(decoding: key.prefix(64), as: UTF8.self))' does not fit its checksum and was left out"
      )
    }
    if verdict.damagedCount > 20 { problems.append("\(verdict.damagedCount) such rows in all") }
    if !verdict.isSound, verdict.damagedCount == 0 {
      problems.append("\(replica.path) is damaged: \(verdict.finding): some were removed or added by hand")
    }
    return (verdict.standing.index, problems)
  }

  private func write(
    _ log: LogSource?, to writer: inout ExportWriter, _ progress: ProgressLine
  ) throws -> (LogIndex, [String]) {
    guard let log, let base = log.base else {
      throw Unusable("\(path) does not say after which entry it begins: its table 'base' is damaged.")
    }
    let merge = LogMerge([log], after: base)
    while uncommitted || merge.standing.index < log.commit, let (entry, _) = merge.next() {
      guard case .mutations(let mutations) = entry.payload else { continue }
      try writer.write(mutations)
      if entry.index & 0xFFF == 0 { progress.show(entry.index - base.index, of: log.lastIndex - base.index) }
    }
    var problems = log.problems
    if merge.standing.index < (uncommitted ? log.lastIndex : min(log.commit, log.lastIndex)) {
      let reason = merge.faults.last?.reason ?? "it is missing"
      problems.append(
        "\(log.path) is damaged at entry \(merge.standing.index + 1): \(reason); nothing after it was written"
      )
    }
    return (merge.standing.index, problems)
  }

  private func say(_ report: Report) throws {
    var text = ""
    if json {
      text = try Output.json(report)
    } else {
      text = "\(report.written) records written, up to entry \(report.index)\n"
      if report.leftOut > 0 {
        text += "\(report.leftOut) left out, which the format cannot hold; --format json can\n"
      }
      if report.withoutExpiry > 0 { text += "\(report.withoutExpiry) written without their expiry\n" }
      text += report.problems.map { $0 + "\n" }.joined()
    }
    FileHandle.standardError.write(Data(text.utf8))
  }
}

extension ValueType {
  /// The operation that sets a member of such a value; nil for a string.
  fileprivate var setting: Mutation.Operation? {
    Mutation.Operation.allCases.first { $0.container == self && !$0.isRemoval }
  }
}
