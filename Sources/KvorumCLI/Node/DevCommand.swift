import ArgumentParser
import Foundation
import Logging
import Node
import Replication
import Storage

/// `kvorum dev`
struct DevCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dev",
    abstract: "Run a whole cluster in one process, to try it or to embed it.",
    discussion: """
      The same code, sockets and files as separate processes: a primary master, a backup on the next port and \
      the slaves on free ports.

        kvorum dev
        kvorum dev --slaves 5 --data data --listen 127.0.0.1:7000
      """)

  @Option(help: "How many slaves.")
  var slaves = 3

  @Option(
    help: ArgumentHelp(
      "The directory of the nodes' directories; by default a temporary one that is removed at the end.",
      valueName: "dir"))
  var data: String?

  @Option(help: ArgumentHelp("Where the primary listens.", valueName: "host:port"))
  var listen = HostAndPort(host: "127.0.0.1", port: 12_345)

  @OptionGroup(title: "Security")
  var security: NodeSecurityOptions

  @Option(
    name: .customLong("log-level"), help: "trace, debug (shows every operation), info, warning or error.")
  var logLevel: Logger.Level = .info

  func validate() throws {
    if slaves < 1 || slaves > 64 { throw ValidationError("--slaves must be from 1 to 64") }
    if listen.port == 0 || listen.port == 65_535 {
      throw ValidationError("--listen needs a port from 1 to 65534; the backup takes the next one")
    }
  }

  func run() async throws {
    let directory = data ?? NSTemporaryDirectory() + "kvorum-dev-\(UUID().uuidString.prefix(8))"
    defer { if data == nil { try? FileManager.default.removeItem(atPath: directory) } }
    try await NodeService(
      configurations: configurations(in: directory), logLevel: logLevel,
      onStart: { nodes in
        let lines = nodes.map { "\($0.identity.name) \($0.address) \($0.configuration.dataDirectory)" }
        print((lines + ["Stop it with Ctrl-C."]).joined(separator: "\n"))
        fflush(nil)
      }
    ).runUntilSignal()
  }

  private func configurations(in directory: String) -> [NodeConfiguration] {
    let backup = HostAndPort(host: listen.host, port: listen.port + 1)
    let masters = [
      NodeConfiguration(
        role: .primary, name: "primary", dataDirectory: directory + "/primary", listen: listen,
        security: security.options, masters: [backup]),
      NodeConfiguration(
        role: .backup, name: "backup", dataDirectory: directory + "/backup", listen: backup,
        security: security.options, masters: [listen]),
    ]
    return masters
      + (1...slaves).map { number in
        NodeConfiguration(
          role: .slave, name: "slave\(number)", dataDirectory: directory + "/slave\(number)",
          listen: HostAndPort(host: listen.host, port: 0), security: security.options,
          masters: [listen, backup])
      }
  }
}
