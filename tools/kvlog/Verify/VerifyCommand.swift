import ArgumentParser

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check nodes' files against themselves and against each other.",
    discussion: """
      The checksum chain of a log, gaps, epochs, SQLite's own check, every row of a replica and their sum, and the replica \
      against the log's replay; of several places, whether they agree as far as they have the same entries. Nodes of \
      different length, or with entries that are not committed yet, are no problem. A replay needs room for a copy of \
      the replica; --scratch says where.

        kvlog verify data/slave1
        kvlog verify data/* --json
        kvlog verify backup/replica.db data/primary/log.db

      Exit code 0 if all is well, 1 if a problem was found, 2 if it could not look.
      """)

  @Argument(
    help: ArgumentHelp("Nodes' directories, log.db or replica.db files, or segments.", valueName: "path"))
  var paths: [String]

  @Option(help: ArgumentHelp("The directory for a temporary copy of a replica.", valueName: "dir"))
  var scratch: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try conclude {
      let report = try Verification(arguments: paths, scratch: scratch).run()
      try Output.write(report, json: json, lines: report.lines)
      return report.isSound
    }
  }
}

extension Verification.Report {
  fileprivate var lines: [String] {
    let count = places.reduce(0) { $0 + $1.problemCount } + (agreement?.problems.count ?? 0)
    let sum = count == 0 ? "ok" : count == 1 ? "1 problem" : "\(count) problems"
    return places.flatMap(\.lines) + (agreement?.lines ?? []) + [sum]
  }
}
