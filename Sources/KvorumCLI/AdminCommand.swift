import ArgumentParser
import Kvorum

/// `kvorum admin`: changes to the cluster itself.
struct AdminCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "admin",
    abstract: "Remove a node, hand over to another master, copy the keyspace, or make certificates.",
    discussion: """
      Examples:

        kvorum admin remove-slave slave-3
        kvorum admin remove-master backup-2
        kvorum admin transfer backup
        kvorum admin snapshot copy.db
        kvorum admin make-certs certs --hosts db1,db2
      """,
    subcommands: [
      RemoveSlave.self, RemoveMaster.self, Transfer.self, SnapshotCommand.self, MakeCertificatesCommand.self,
    ])

  /// Sends one administrative command to the active master and prints its answer.
  static func run(_ arguments: [String], _ options: MastersOptions) async throws {
    let client = try KvorumClient(try options.clientConfiguration())
    do throws(KvorumError) {
      let found = Duration.milliseconds(Int64(options.timeout * 1_000))
      guard await client.servingMaster(within: found) != nil else {
        throw KvorumError.noActiveMaster(message: "No active master was found. Nothing was changed.")
      }
      // A change of membership takes as long as the nodes need for it.
      let patience = max(Duration.seconds(30), found)
      let words = (["KV.ADMIN"] + arguments).map { Array($0.utf8) }
      Output.write(ReplyText.plain(try await client.command(words, timeout: patience)) + [UInt8(ascii: "\n")])
      await client.close()
    } catch {
      Output.errorLine(error.description)
      await client.close()
      throw ExitCode(1)
    }
  }

  /// `kvorum admin remove-slave`.
  struct RemoveSlave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove-slave", abstract: "Take a slave out of the cluster for good.",
      discussion: """
        Example:

          kvorum admin remove-slave slave-3

        The quorums shrink with it. The last slave cannot be removed. A removed node can only return with an
        empty directory, under a new id.
        """)

    @OptionGroup var options: MastersOptions
    @Argument(help: "The slave's name or id, as kvorum status shows it.")
    var slave: String

    func run() async throws { try await AdminCommand.run(["REMOVE-SLAVE", slave], options) }
  }

  /// `kvorum admin remove-master`.
  struct RemoveMaster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove-master", abstract: "Take a master that does not lead out of the cluster for good.",
      discussion: """
        Example:

          kvorum admin remove-master backup-2
        """)

    @OptionGroup var options: MastersOptions
    @Argument(help: "The master's name or id, as kvorum status shows it.")
    var master: String

    func run() async throws { try await AdminCommand.run(["REMOVE-MASTER", master], options) }
  }

  /// `kvorum admin transfer`.
  struct Transfer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "transfer", abstract: "Hand over to another master; clients see a short pause.",
      discussion: """
        Examples:

          kvorum admin transfer              to the other master
          kvorum admin transfer backup       to the one with this name or id

        A primary that handed over so does not take the lead back by itself until it is started anew.
        """)

    @OptionGroup var options: MastersOptions
    @Argument(help: "The name or id of the master that is to lead.")
    var master: String?

    func run() async throws {
      try await AdminCommand.run(["TRANSFER"] + [master].compactMap { $0 }, options)
    }
  }
}
