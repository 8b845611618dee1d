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
      try Output.write(history, json: json, lines: history.lines)
      return history.problems.isEmpty
    }
  }
}

/// The life of one key.
struct KeyHistory: Encodable {
  struct Change: Encodable {
    var index: LogIndex
    var part: Int
    var time: Int64
    var epoch: String
    var op: String
    var value: String?
    var valueBase64: String?
    var expiresAt: Int64?
    /// How many puts the key has had since it was created; nil if the log does not reach back so far.
    var version: Int64?
    /// `current`, `replaced`, `uncommitted` or `never committed`.
    var state: String
    var file: String
  }

  var key: String
  var changes: [Change] = []
  /// The entry after which the log begins: nothing is known of the key before that.
  var begins: LogIndex
  /// What the replica holds, if there is one.
  var replicaVersion: Int64?
  var replicaIndex: LogIndex?
  var problems: [String] = []

  private let bytes: [UInt8]

  private enum CodingKeys: CodingKey {
    case key, changes, begins, replicaVersion, replicaIndex, problems
  }

  init(_ path: String, key: [UInt8]) throws {
    bytes = key
    self.key = readable(key)
    let place = try SourcePlace(path)
    guard let log = place.log else {
      throw Unusable("\(path) has no log that can be read: \(place.problems.joined(separator: "; "))")
    }
    begins = log.base?.index ?? 0
    problems = log.problems
    try read(log, commit: place.commit)
    if let replica = place.replica, let held = try? replica.reader.value(for: key) {
      replicaVersion = held.version
      replicaIndex = held.modifiedIndex
    }
    number()
    if SystemFiles().isDirectory(path) { try readDiscarded(in: path) }
  }

  private mutating func read(_ log: LogSource, commit: LogIndex, state: String? = nil) throws {
    let progress = ProgressLine("read", unit: "entries")
    defer { progress.clear() }
    var found: [Change] = []
    var damage: [String] = []
    try log.forEachRow { row in
      switch row {
      case .entry(let entry, _):
        if entry.index & 0xFFF == 0 { progress.show(entry.index, of: log.lastIndex) }
        guard case .mutations(let mutations) = entry.payload else { return true }
        for (part, mutation) in mutations.enumerated() where mutation.key == bytes {
          let text = String(validating: mutation.value, as: UTF8.self)
          let isPut = mutation.operation == .put
          found.append(
            Change(
              index: entry.index, part: part, time: entry.time, epoch: "\(entry.epoch)",
              op: "\(mutation.operation)", value: isPut ? text : nil,
              valueBase64: isPut && text == nil ? Data(mutation.value).base64EncodedString() : nil,
              expiresAt: mutation.expiresAt, version: nil,
              state: state ?? (entry.index <= commit ? "replaced" : "uncommitted"), file: log.path))
        }
      case .unfit(let index, let reason, _): damage.append("\(log.path): entry \(index): \(reason)")
      case .unreadable(let range, let reason):
        damage.append(
          "\(log.path): entries \(range.lowerBound) to \(range.upperBound) cannot be read: \(reason)")
      }
      if damage.count > 100 { damage.removeLast() }
      return true
    }
    changes += found
    problems += damage
  }

  /// Versions follow from the first put after a delete, or after the beginning of the log if that is that of all.
  private mutating func number() {
    var version: Int64? = begins == 0 ? 0 : nil
    for position in changes.indices {
      if changes[position].op == "put" {
        version = version.map { $0 + 1 }
        changes[position].version = version
      } else {
        version = 0
      }
    }
    guard let last = changes.lastIndex(where: { $0.state == "replaced" }) else { return }
    changes[last].state = "current"
    // The replica knows how many puts there were before the log begins.
    guard changes[last].version == nil, changes[last].index == replicaIndex, var known = replicaVersion else {
      return
    }
    for position in changes.indices.reversed() where position <= last {
      guard changes[position].op == "put" else { return }
      changes[position].version = known
      known -= 1
    }
  }

  private mutating func readDiscarded(in directory: String) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    for name in names where name.hasPrefix("discarded-") && name.hasSuffix(".db") {
      do {
        try read(try LogSource(path: directory + "/" + name), commit: 0, state: "never committed")
      } catch {
        problems.append("\(error)")
      }
    }
  }

  var lines: [String] {
    var lines = changes.map { change in
      var line = "\(change.index)  \(Moment(milliseconds: change.time))  \(change.epoch)  "
      line += change.op == "put" ? "WRITE" : "DELETE"
      if change.op == "put" {
        line +=
          " "
          + (change.value.map { readableValue(Array($0.utf8), limit: 200) }
            ?? "base64 \(change.valueBase64 ?? "")")
        if let end = change.expiresAt { line += "  until \(Moment(milliseconds: end))" }
        if let version = change.version { line += "  version \(version)" }
      }
      return line + "  (\(change.state))"
    }
    if changes.isEmpty { lines.append("\(key) is not in the log") }
    if begins > 0 {
      lines.append("note: the log begins after entry \(begins): nothing is known of what was before")
    }
    if let replicaVersion, let replicaIndex {
      lines.append("note: the replica holds version \(replicaVersion), of entry \(replicaIndex)")
    }
    return lines + problems.map { "problem: \($0)" }
  }
}
