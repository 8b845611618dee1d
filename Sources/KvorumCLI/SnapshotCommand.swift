import ArgumentParser
import Foundation
import Kvorum
import RESP
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
        kvorum admin snapshot copy.db --data data/slave1    from a directory on this machine, running or not

      The file is a replica.db: SQL reads it, and kvlog takes it wherever it takes a replica. Writes go on meanwhile. \
      Every row is held against its checksum before the file gets its name.
      """)

  @OptionGroup var options: MastersOptions

  @Option(help: ArgumentHelp("The directory of a node on this machine, instead of a master.", valueName: "dir"))
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
        throw ValidationError("\(file) exists: choose another name, or move it away.")
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
        Output.line("\(file): \(report.keys) keys as of entry \(report.index), \(report.bytes) bytes, verified")
      }
    } catch {
      try? SystemFiles.real.remove(partial)
      Output.errorLine("\(error)")
      throw ExitCode(1)
    }
  }

  private static let part = 1 << 20

  private func fetch(to path: String) async throws {
    let client = try KvorumClient(try options.clientConfiguration())
    do {
      let found = Duration.milliseconds(Int64(options.timeout * 1_000))
      guard await client.servingMaster(within: found) != nil else {
        throw KvorumError.noActiveMaster(message: "No active master was found. Name one with --masters, or --data.")
      }
      func ask(_ words: [String]) async throws -> RESPValue {
        // A large keyspace takes a while to copy.
        try await client.command((["KV.ADMIN", "SNAPSHOT"] + words).map { Array($0.utf8) }, timeout: .seconds(600))
      }
      guard case .array(let head) = try await ask([]), head.count == 3, case .bulk(let id) = head[0],
        case .integer(let size) = head[1]
      else { throw ValidationError("The master did not understand the request: is it of an older release?") }
      var offset: Int64 = 0
      while offset < size {
        let words = ["READ", String(decoding: id, as: UTF8.self), "\(offset)", "\(min(Int64(Self.part), size - offset))"]
        guard case .bulk(let bytes) = try await ask(words), !bytes.isEmpty else {
          throw ValidationError("The copy on the master is gone: try again.")
        }
        try SystemFiles.real.write([UInt8](bytes), to: path, at: offset)
        offset += Int64(bytes.count)
        show(offset, of: size)
      }
      _ = try await ask(["END"])
      await client.close()
    } catch {
      await client.close()
      throw error
    }
  }

  private func show(_ done: Int64, of size: Int64) {
    guard isatty(2) == 1 else { return }
    FileHandle.standardError.write(
      Data("\r\u{1B}[K\(done >> 20) of \(size >> 20) MiB\(done == size ? "\r\u{1B}[K" : "")".utf8))
  }
}
