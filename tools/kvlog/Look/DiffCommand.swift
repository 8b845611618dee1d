import ArgumentParser
import Foundation
import Replication
import Storage

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Print the keys that differ between two replicas, logs or points in time.",
    discussion: """
      Each side is a node's directory, a replica.db, or a log; with @ and an index or a time behind it, as it was there, \
      built from the log. A log that was trimmed needs --base, a replica.db that stands before that point.

        kvlog diff data/slave1 data/slave2
        kvlog diff data/slave1@90000 data/slave1
        kvlog diff data/slave1@2026-03-01T12:00:00Z data/slave1@2026-03-01T13:00:00Z --values

      Exit code 0 if they hold the same, 1 if not, 2 if it could not look.
      """)

  @Argument(help: ArgumentHelp("One side, as path, path@index or path@time.", valueName: "a"))
  var a: String

  @Argument(help: ArgumentHelp("The other side.", valueName: "b"))
  var b: String

  @Option(
    help: ArgumentHelp("Begin a replay with this replica.db instead of with nothing.", valueName: "snapshot"))
  var base: String?

  @Option(help: ArgumentHelp("The directory for replicas that are built on the way.", valueName: "dir"))
  var scratch: String?

  @Flag(help: "Print the values too.")
  var values = false

  @Flag(help: "Print JSON, a key a line.")
  var json = false

  func run() throws {
    try conclude {
      let directory = try TemporaryDirectory(in: scratch)
      let first = try DiffSide(a, base: base, in: directory, "first")
      let second = try DiffSide(b, base: base, in: directory, "second")
      var count = 0
      let total = UInt64(max(0, try first.reader.count(), try second.reader.count()))
      let progress = ProgressLine("compared", unit: "keys")
      defer { progress.clear() }
      try KeyspaceDifference.forEach(
        first.reader, second.reader, progress: { progress.show(UInt64($0), of: total) }
      ) {
        count += 1
        Output.write(try (json ? jsonLine($0) : line($0)) + "\n")
        return true
      }
      progress.clear()
      if !json {
        Output.write(
          (count == 0 ? "no key differs" : count == 1 ? "1 key differs" : "\(count) keys differ")
            + ": \(first.text), \(second.text)\n")
      }
      return count == 0
    }
  }

  private func line(_ difference: KeyspaceDifference) -> String {
    let key = readable(difference.key)
    func text(_ value: StoredValue) -> String {
      "version \(value.version) of entry \(value.modifiedIndex)"
        + (values ? ": \(readableValue(value.value))" : "")
    }
    switch (difference.first, difference.second) {
    case (let one?, let other?): return "~ \(key)  \(text(one))  ->  \(text(other))"
    case (let one?, nil): return "- \(key)  \(text(one))"
    case (nil, let other?): return "+ \(key)  \(text(other))"
    case (nil, nil): return ""
    }
  }

  private struct Line: Encodable {
    struct Side: Encodable {
      var version: Int64
      var createdIndex: LogIndex
      var modifiedIndex: LogIndex
      var expiresAt: Int64?
      var value: String?
      var valueBase64: String?

      init(_ value: StoredValue) {
        version = value.version
        createdIndex = value.createdIndex
        modifiedIndex = value.modifiedIndex
        expiresAt = value.expiresAt
        self.value = String(validating: value.value, as: UTF8.self)
        valueBase64 = self.value == nil ? Data(value.value).base64EncodedString() : nil
      }
    }
    var key: String?
    var keyBase64: String?
    var a: Side?
    var b: Side?
  }

  private func jsonLine(_ difference: KeyspaceDifference) throws -> String {
    let key = String(validating: difference.key, as: UTF8.self)
    let line = Line(
      key: key, keyBase64: key == nil ? Data(difference.key).base64EncodedString() : nil,
      a: difference.first.map(Line.Side.init), b: difference.second.map(Line.Side.init))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(line), as: UTF8.self)
  }
}

/// One side of a comparison: a replica as it is, or one that was built for it.
struct DiffSide {
  let reader: ReplicaReader
  let text: String

  init(_ argument: String, base: String?, in directory: TemporaryDirectory, _ name: String) throws {
    var path = argument
    var end: Replay.End?
    if !SystemFiles().exists(argument), let at = argument.lastIndex(of: "@") {
      path = String(argument[..<at])
      let point = String(argument[argument.index(after: at)...])
      if let index = LogIndex(point) {
        end = .index(index)
      } else if let moment = Moment(argument: point) {
        end = .time(moment.milliseconds)
      } else {
        throw Unusable("\(point) in \(argument) is no index and no time such as 2026-03-01T12:00:00Z.")
      }
    }
    let place = try SourcePlace(path)
    if end == nil, let replica = place.replica {
      reader = replica.reader
      text = "\(replica.path) at entry \(replica.standing.index)"
      return
    }
    guard let log = place.log else { throw Unusable("\(path) has no log to build an earlier state from.") }
    let snapshot = try base.map { base in
      guard let replica = try SourcePlace(base).replica else {
        throw Unusable("\(base) holds no replica.db that can be read.")
      }
      return replica
    }
    var replay = Replay(logs: [log], base: snapshot)
    replay.proven = place.commit
    if let end { replay.end = end }
    let progress = ProgressLine("applied", unit: "entries")
    let report = try replay.run(into: directory.path + "/" + name) { progress.show($0, of: $1) }
    progress.clear()
    if case .index(let wanted)? = end, report.appliedIndex < wanted {
      throw Unusable("\(log.path) proves no entry \(wanted): it was replayed to \(report.appliedIndex).")
    }
    reader = try ReplicaReader(path: DataDirectory.replica(in: directory.path + "/" + name), isOffline: true)
    text = "\(log.path) replayed to entry \(report.appliedIndex)"
  }
}
