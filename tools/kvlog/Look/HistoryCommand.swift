import ArgumentParser
import Foundation
import Replication
import Storage

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Tell the life of one key: every put and delete.",
    discussion: """
      With a node's directory also what was cut from the log because it was never committed, and which version the \
      replica holds now.

        kvlog history data/slave1 user:1
        kvlog history data/slave1 user:1 --json
      """)

  @Argument(help: ArgumentHelp("A node's directory, a log.db or a segment.", valueName: "path"))
  var path: String

  @Argument(help: "The key.")
  var key: String

  @Flag(help: "KEY is written in base64, for keys that are no text.")
  var base64 = false

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try conclude {
      let bytes: [UInt8]
      if base64 {
        guard let data = Data(base64Encoded: key) else { throw Unusable("\(key) is no base64: check it.") }
        bytes = Array(data)
      } else {
        bytes = Array(key.utf8)
      }
      let history = try KeyHistory(path, key: bytes)
      let output = HistoryOutput(isJSON: json)
      output.begin(history)
      let problems = try history.forEach(output.write)
      output.end(history, problems)
      return problems.isEmpty
    }
  }
}
