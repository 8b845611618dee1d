import ArgumentParser
import Foundation
import Kvorum
import Replication
import Storage

/// `kvorum admin snapshot`: a copy of the keyspace of a running node.
struct SnapshotCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot",
    abstract: "Copy the keyspace of a running node to a file, as it is at one moment.",
    discussion: """
      Examples:

        kvorum admin snapshot copy.db                       from the active master, over the network
        kvorum admin snapshot copy.db --from 127.0.0.1:41037
        kvorum admin snapshot copy.db --data data/slave1    from a directory on this machine, running or not

      The file is a replica.db: SQL reads it, and kvlog takes it wherever it takes a replica. Writes go on meanwhile. \
      Every row is held against its checksum before the file gets its name.
      """)

  @OptionGroup var options: MastersOptions

  @Option(help: ArgumentHelp("Any node, instead of the active master.", valueName: "host:port"))
  var from: String?

  @Option(
    help: ArgumentHelp("The directory of a node on this machine, instead of a master.", valueName: "dir"))
  var data: String?

  @Flag(help: "Print what was copied as JSON.")
  var json = false

  @Argument(help: ArgumentHelp("The file; it must not exist.", valueName: "file"))
  var file: String

  private struct Report: Encodable {
    var file: String
    var bytes: Int64
    var keys: Int64
    var index: UInt64
  }

  func run() async throws {
    let partial = file + ".partial"
    do {
      guard !SystemFiles.real.exists(file) else {
        throw CopyError("\(file) exists: choose another name, or move it away.")
      }
      try SystemFiles.real.remove(partial)
      if let data {
        try ReplicaReader(directory: data).copy(to: partial)
      } else {
        try await fetch(to: partial)
      }
      let verdict = try SnapshotFiles.complete(partial, as: file)
      let report = Report(
        file: file, bytes: SystemFiles.real.size(of: file), keys: verdict.rows, index: verdict.standing.index)
      if json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Output.write([UInt8](try encoder.encode(report)) + [UInt8(ascii: "\n")])
      } else {
        Output.line(
          "\(file): \(report.keys) keys as of entry \(report.index), \(report.bytes) bytes, verified")
      }
    } catch {
      try? SystemFiles.real.remove(partial)
      Output.errorLine("\(error)")
      throw ExitCode(1)
    }
  }

  private func fetch(to path: String) async throws {
    let access = try ClientAccess(try options.clientConfiguration())
    try await ReplicaCopy.fetch(from: try await source(), to: path, access: { access }, progress: show)
  }

  private func source() async throws -> Endpoint {
    if let from { return try Endpoint(from) }
    let client = try KvorumClient(try options.clientConfiguration())
    let active = await client.servingMaster(within: .milliseconds(Int64(options.timeout * 1_000)))
    await client.close()
    guard let active else {
      throw CopyError(
        "No active master was found: name one with --masters, a node with --from, or its --data.")
    }
    return try Endpoint(active.address)
  }

  private func show(_ done: Int64, _ size: Int64) {
    guard isatty(2) == 1 else { return }
    FileHandle.standardError.write(
      Data("\r\u{1B}[K\(done >> 20) of \(size >> 20) MiB\(done == size ? "\r\u{1B}[K" : "")".utf8))
  }
}
