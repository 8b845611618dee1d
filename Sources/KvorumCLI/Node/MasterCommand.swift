import ArgumentParser
import Node
import Replication

/// `kvorum master`
struct MasterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "master",
    abstract: "Run the primary master.",
    discussion: """
      On an empty directory it waits until every peer has said that it belongs to no cluster, and for a first \
      slave; then a cluster is born.

        kvorum master --data data/primary
        kvorum master --data data/primary --peers none
      """)

  @OptionGroup var options: NodeOptions

  @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
  var listen = HostAndPort(host: "127.0.0.1", port: 12_345)

  @Option(help: ArgumentHelp("The other masters, with commas between them, or none.", valueName: "addresses"))
  var peers = AddressList([HostAndPort(host: "127.0.0.1", port: 12_346)])

  func run() async throws {
    let configuration = options.configuration(
      role: .primary, name: nil, listen: listen, masters: peers.addresses)
    try await NodeService(configurations: [configuration], logLevel: options.logLevel).runUntilSignal()
  }
}
