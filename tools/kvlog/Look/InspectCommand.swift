import ArgumentParser

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what a node's directory or one of its files is.",
    discussion: """
      Whose it is, which entries it holds, who reigned, who the members were, and how large it is. It reads what the \
      files say of themselves; `kvlog verify` says whether that is true.

        kvlog inspect data/slave1
        kvlog inspect data/primary/log.db --json
      """)

  @Argument(help: ArgumentHelp("A node's directory, a log.db, a replica.db or a segment.", valueName: "path"))
  var path: String

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try conclude {
      let inspection = try Inspection(path)
      try Output.write(inspection, json: json, lines: inspection.lines)
      return inspection.problems.isEmpty
    }
  }
}
