import ArgumentParser
import Foundation
import Replication
import Storage

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Build a replica from logs, to the end or to any point in time.",
    discussion: """
      The logs may be those of any nodes, archived segments, and damaged copies: an entry is taken from whichever has one \
      that continues the checksum chain. They are put in order by themselves. Only what is proven to be committed \
      is applied, unless --uncommitted is given.

        kvlog replay data/slave1 data/slave2/log.db --into restored
        kvlog replay archive/segment-*.db data/primary --into restored --until 2026-03-01T12:00:00Z
        kvlog replay data/primary --base backup/replica.db --into restored --to-index 90000
      """)

  @Argument(help: ArgumentHelp("Nodes' directories, log.db files or segments.", valueName: "log"))
  var logs: [String]

  @Option(help: ArgumentHelp("The directory that will hold replica.db; must not exist.", valueName: "dir"))
  var into: String

  @Option(
    help: ArgumentHelp(
      "Begin with this replica.db, or node's directory, instead of with nothing.", valueName: "snapshot"))
  var base: String?

  @Option(help: ArgumentHelp("The last entry to apply.", valueName: "index"))
  var toIndex: LogIndex?

  @Option(
    help: ArgumentHelp(
      "Stop before the first entry that is later: as 2026-03-01T12:00:00Z, or milliseconds of Unix time.",
      valueName: "time"))
  var until: Moment?

  @Flag(help: "Apply also entries that no log proves to be committed.")
  var uncommitted = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if logs.isEmpty { throw ValidationError("Name at least one log.") }
    if toIndex != nil, until != nil { throw ValidationError("Give --to-index or --until, not both.") }
  }

  func run() throws {
    try conclude {
      let places = try logs.map { try SourcePlace($0) }
      let sources = places.compactMap(\.log)
      guard !sources.isEmpty else {
        throw Unusable("None of \(logs.joined(separator: ", ")) is a log that can be read.")
      }
      let snapshot = try base.map { path in
        guard let replica = try SourcePlace(path).replica else {
          throw Unusable("\(path) holds no replica.db that can be read.")
        }
        return replica
      }
      var replay = Replay(logs: sources, problems: places.compactMap(\.logProblem), base: snapshot)
      if let toIndex { replay.end = .index(toIndex) }
      if let until { replay.end = .time(until.milliseconds) }
      replay.includesUncommitted = uncommitted
      replay.proven = places.filter { $0.log != nil }.map(\.commit).max() ?? 0
      let progress = ProgressLine("applied", unit: "entries")
      let report = try replay.run(into: into) { progress.show($0, of: $1) }
      progress.clear()
      try Output.write(report, json: json, lines: report.lines)
      return !report.merge.hasProblem && report.problems.isEmpty
        && toIndex.map { report.appliedIndex == $0 } ?? true
    }
  }
}

extension Replay.Report {
  var lines: [String] {
    var lines = [
      "\(into)/replica.db stands at entry \(appliedIndex) of epoch \(appliedEpoch) "
        + "(\(Moment(milliseconds: appliedTime))), with \(keys) keys",
      "\(entries) entries applied in \(formatted(seconds)) s, "
        + "\(Int(Double(entries) / max(seconds, 0.001))) a second\(base.map { ", over \($0)" } ?? "")",
    ]
    lines += problems + merge.lines
    if uncommitted > 0 {
      lines.append(
        "\(uncommitted) later entries are not proven to be committed and were left out; --uncommitted takes them too"
      )
    }
    return lines
  }
}
