import ArgumentParser
import Node

/// The command `kvorum`: each subcommand is one file.
@main
struct KvorumCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kvorum",
    abstract: "A replicated key-value store that speaks Redis; every replica is a SQLite file.",
    discussion: """
      A cluster is a primary master, a backup master and any number of slaves. To talk to one:

        kvorum client                      the prompt
        kvorum client write foo bar        one command
        kvorum status                      who is active, and how every node stands
      """,
    version: kvorumVersion,
    subcommands: [
      MasterCommand.self,
      BackupCommand.self,
      SlaveCommand.self,
      DevCommand.self,
      ClientCommand.self,
      StatusCommand.self,
      AdminCommand.self,
      CommandsCommand.self,
    ])
}
