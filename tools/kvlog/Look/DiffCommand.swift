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

  @Flag(help: "Print the values too, and the first of the members that differ.")
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
    func text(_ value: StoredValue) -> String {
      let start =
        (value.type == .string ? "" : "\(value.type.rawValue) of \(value.memberCount), ")
        + "version \(value.version) of entry \(value.modifiedIndex)"
      return start + (values && value.type == .string ? ": \(readableValue(value.value))" : "")
    }
    return ([head(difference, text)] + (values ? memberLines(difference) : [])).joined(separator: "\n")
  }

  private func memberLines(_ difference: KeyspaceDifference) -> [String] {
    var lines = difference.members.map { member in
      let name = "    \(readable(member.name))"
      func text(_ value: [UInt8]) -> String { value.isEmpty ? "" : "  \(readableValue(value))" }
      return switch (member.first, member.second) {
      case (let one?, let other?): "  ~\(name)\(text(one))  ->\(text(other))"
      case (let one?, nil): "  -\(name)\(text(one))"
      case (nil, let other): "  +\(name)\(text(other ?? []))"
      }
    }
    if difference.memberCount > lines.count {
      lines.append("  and \(difference.memberCount - lines.count) members more")
    }
    return lines
  }

  private func head(_ difference: KeyspaceDifference, _ text: (StoredValue) -> String) -> String {
    let key = readable(difference.key)
    switch (difference.first, difference.second) {
    case (let one?, let other?): return "~ \(key)  \(text(one))  ->  \(text(other))"
    case (let one?, nil): return "- \(key)  \(text(one))"
    case (nil, let other?): return "+ \(key)  \(text(other))"
    case (nil, nil): return ""
    }
  }

  private struct Line: Encodable {
    struct Side: Encodable {
      var type: String
      var members: Int?
      var version: Int64
      var createdIndex: LogIndex
      var modifiedIndex: LogIndex
      var expiresAt: Int64?
      var value: String?
      var valueBase64: String?

      init(_ value: StoredValue) {
        type = value.type.rawValue
        members = value.type == .string ? nil : value.memberCount
        version = value.version
        createdIndex = value.createdIndex
        modifiedIndex = value.modifiedIndex
        expiresAt = value.expiresAt
        guard value.type == .string else { return }
        (self.value, valueBase64) = Line.text(value.value)
      }
    }
    struct Member: Encodable {
      var member: String?
      var memberBase64: String?
      var a: String?
      var aBase64: String?
      var b: String?
      var bBase64: String?

      init(_ difference: KeyspaceDifference.Member) {
        (member, memberBase64) = Line.text(difference.name)
        if let first = difference.first { (a, aBase64) = Line.text(first) }
        if let second = difference.second { (b, bBase64) = Line.text(second) }
      }
    }
    var key: String?
    var keyBase64: String?
    var a: Side?
    var b: Side?
    /// The first of the members that differ.
    var members: [Member]?
    var memberDifferences: Int?

    init(_ difference: KeyspaceDifference) {
      (key, keyBase64) = Self.text(difference.key)
      a = difference.first.map(Side.init)
      b = difference.second.map(Side.init)
      guard difference.memberCount > 0 else { return }
      members = difference.members.map(Member.init)
      memberDifferences = difference.memberCount
    }

    static func text(_ bytes: [UInt8]) -> (String?, base64: String?) {
      let text = String(validating: bytes, as: UTF8.self)
      return (text, text == nil ? Data(bytes).base64EncodedString() : nil)
    }
  }

  private func jsonLine(_ difference: KeyspaceDifference) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(Line(difference)), as: UTF8.self)
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
