import Foundation
import Replication
import Storage

/// What is wrong with one place, and what it holds.
struct PlaceCheck: Encodable {
  struct Problem: Encodable {
    var file: String
    var entry: LogIndex?
    var text: String
  }

  struct Log: Encodable {
    var path: String
    var node: String?
    var name: String?
    var formatVersion: Int64
    var firstIndex: LogIndex
    var lastIndex: LogIndex
    var commitIndex: LogIndex
    var lastEpoch: String
    var checksum: String
  }

  struct Replica: Encodable {
    var path: String
    var keys: Int64
    var appliedIndex: LogIndex
    var contentChecksum: String
    /// `replay` if it was held against the whole log, `tail` if against the part that is not trimmed, `rows` if only
    /// against its own checksums, `nothing` if it has none and no log is there.
    var heldAgainst: String
  }

  var argument: String
  var log: Log?
  var replica: Replica?
  var problems: [Problem] = []
  var problemCount = 0
  /// What people should know, and is no problem.
  var notes: [String] = []

  /// How many problems are named.
  private static let named = 100

  mutating func add(_ file: String, _ text: String, at entry: LogIndex? = nil) {
    problemCount += 1
    if problems.count < Self.named { problems.append(Problem(file: file, entry: entry, text: text)) }
  }

  /// For people.
  var lines: [String] {
    var lines: [String] = []
    if let log {
      let entries =
        log.lastIndex < log.firstIndex ? "no entries" : "entries \(log.firstIndex) to \(log.lastIndex)"
      lines.append(
        "\(log.path): \(entries), committed up to \(log.commitIndex), epoch \(log.lastEpoch), checksum \(log.checksum)"
      )
    }
    if let replica {
      let way =
        switch replica.heldAgainst {
        case "replay": "held against the log's replay"
        case "tail": "held against its checksums, and against the log as far as it is there"
        case "rows": "held against its checksums"
        default: "held against nothing"
        }
      lines.append(
        "\(replica.path): \(replica.keys) keys at entry \(replica.appliedIndex), content \(replica.contentChecksum), \(way)"
      )
    }
    for problem in problems {
      lines.append(
        "problem: \(problem.file): " + (problem.entry.map { "entry \($0): " } ?? "") + problem.text)
    }
    if problemCount > problems.count { lines.append("problem: and \(problemCount - problems.count) more") }
    lines += notes.map { "note: \($0)" }
    return lines
  }
}
