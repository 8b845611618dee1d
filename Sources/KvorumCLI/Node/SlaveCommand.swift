import ArgumentParser
import Node
import Replication

/// `kvorum slave`
struct SlaveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slave",
    abstract: "Run a slave: it stores the log and votes.",
    discussion: """
      It joins by itself, as many as you like. With --name, an empty slave takes the place of a dead one of the \
      same name.

        kvorum slave --data data/slave1 --name slave1
      """)

  @OptionGroup var options: NodeOptions

  @Option(help: ArgumentHelp("What people call it; by default made from its id.", valueName: "name"))
  var name: String?

  @Option(help: ArgumentHelp("The masters, with commas between them.", valueName: "addresses"))
  var masters = AddressList([
    HostAndPort(host: "127.0.0.1", port: 12_345), HostAndPort(host: "127.0.0.1", port: 12_346),
  ])

  @Option(
    help: ArgumentHelp(
      "Where to listen; port 0 takes a free one at the first start and keeps it.", valueName: "host:port"))
  var listen = HostAndPort(host: "127.0.0.1", port: 0)

  func run() async throws {
    let configuration = options.configuration(
      role: .slave, name: name, listen: listen, masters: masters.addresses)
    try await NodeService(configurations: [configuration], logLevel: options.logLevel).runUntilSignal()
  }
}
