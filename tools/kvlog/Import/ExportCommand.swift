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
      `json` has one key a line, `resp` are Redis commands for `redis-cli --pipe`, `text` are lines of `WRITE key value`, \
      which cannot hold every key and value: what is left out is counted.

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
      var writer = ExportWriter(ImportFormat(rawValue: format) ?? .json, sink)
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
    let verdict = try replica.reader.verify { key, value, isSound in
      guard isSound else { return }
      try writer.write([.put(key, value.value, expiresAt: value.expiresAt)])
      if writer.written & 0xFFF == 0 { progress.show(writer.written, of: total) }
    }
    for key in verdict.damagedKeys.prefix(20) {
      problems.append(
        "the row of the key '\(String(decoding: key.prefix(64), as: UTF8.self))' does not fit its checksum and was left out"
      )
    }
    if verdict.damagedCount > 20 { problems.append("\(verdict.damagedCount) such rows in all") }
    if !verdict.isSound, verdict.damagedCount == 0 {
      problems.append(
        "\(replica.path) has \(verdict.rows) rows and should have \(verdict.expectedRows): some were removed or added by hand"
      )
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
