import ArgumentParser
import Node
import Replication

/// `kvorum backup`
struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Run a backup master: it follows the log, takes over, and hands back.",
    discussion: """
      There may be several; give each its own address and name the other masters.

        kvorum backup --data data/backup
        kvorum backup --data data/backup2 --listen 127.0.0.1:12347 --peers 127.0.0.1:12345,127.0.0.1:12346
      """)

  @OptionGroup var options: NodeOptions

  @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
  var listen = HostAndPort(host: "127.0.0.1", port: 12_346)

  @Option(help: ArgumentHelp("The other masters, with commas between them.", valueName: "addresses"))
  var peers = AddressList([HostAndPort(host: "127.0.0.1", port: 12_345)])

  @Option(help: ArgumentHelp("What people call it.", valueName: "name"))
  var name: String?

  func run() async throws {
    let configuration = options.configuration(
      role: .backup, name: name, listen: listen, masters: peers.addresses)
    try await NodeService(configurations: [configuration], logLevel: options.logLevel).runUntilSignal()
  }
}
