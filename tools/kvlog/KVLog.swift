import ArgumentParser

@main
struct KVLog: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kvlog", abstract: "Reads, checks and rebuilds the files of Kvorum's nodes offline.",
    subcommands: [
      InspectCommand.self, DumpCommand.self, HistoryCommand.self, VerifyCommand.self, DiffCommand.self,
      ReplayCommand.self, RebuildCommand.self, RecoverCommand.self, ImportCommand.self, ExportCommand.self,
    ])
}
