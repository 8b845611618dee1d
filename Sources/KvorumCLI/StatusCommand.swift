import ArgumentParser
import Kvorum

/// `kvorum status`: who is active and how every node stands.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show who is active, the quorums, and how every node stands.",
    discussion: """
      Examples:

        kvorum status
        kvorum status --masters 10.0.0.1:12345,10.0.0.2:12346
        kvorum status --json

      The active master is asked; if there is none, any master that answers, which may know less. Exit code
      1 if no master answers.
      """)

  @OptionGroup var options: MastersOptions

  @Flag(help: "Print the status as JSON.")
  var json = false

  func run() async throws {
    let client = try KvorumClient(try options.clientConfiguration())
    do throws(KvorumError) {
      let status = try await Self.status(client, patience: .milliseconds(Int64(options.timeout * 1_000)))
      if json {
        Output.write(status.json(pretty: true) + [UInt8(ascii: "\n")])
      } else {
        Output.line(StatusTable.text(status))
      }
      await client.close()
    } catch {
      Output.errorLine("No master answers:")
      for master in await client.masters() { Output.errorLine("  \(master.endpoint) \(master.condition)") }
      await client.close()
      throw ExitCode(1)
    }
  }

  /// The active master's word, else that of any master, after a time in which a failover would be done.
  private static func status(
    _ client: KvorumClient, patience: Duration
  ) async throws(KvorumError) -> ClusterStatus {
    if await client.servingMaster(within: min(patience, .milliseconds(1_500))) != nil {
      return try await client.status(anyMaster: true, timeout: patience)
    }
    return try await client.status(anyMaster: true, timeout: min(patience, .milliseconds(500)))
  }
}
