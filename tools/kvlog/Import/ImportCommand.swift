import ArgumentParser
import Foundation
import Storage

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a new cluster from a file of another program.",
    discussion: """
      The formats: `text`, the kv_store.log of the older system (lines of `WRITE key value`, whose value is the rest of \
      the line; `READ` lines are counted); `json`, lines of {"key": "a", "value": "1", "expires_at": 1700000000000}, with \
      key_base64 and value_base64 for bytes that are no text; `resp`, Redis commands as an append-only file or \
      `redis-cli --pipe` has them, also the directory appendonlydir of Redis 7. Whatever cannot be imported is \
      counted, and the first of it is named.

        kvlog import kv_store.log --into data
        kvorum master --data data/primary --peers none
        kvorum slave --data data/slave1 --name slave1
      """)

  @Argument(help: ArgumentHelp("The file, or - for the standard input.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("Where the new nodes' directories are made; must not exist.", valueName: "dir"))
  var into: String

  @Option(
    help: ArgumentHelp("text, json, resp, or auto, which looks at the first bytes.", valueName: "format"))
  var format = "auto"

  @OptionGroup var cluster: NewClusterOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard format == "auto" || ImportFormat(rawValue: format) != nil else {
      throw ValidationError("--format must be auto, text, json or resp")
    }
  }

  func run() throws {
    try conclude {
      let clock = ContinuousClock()
      let started = clock.now
      let now = Int64(Date().timeIntervalSince1970 * 1000)
      let files = try AppendOnlyDirectory.files(at: file) ?? [file]
      let inputs = try files.map { try ImportInput($0, ImportFormat(rawValue: format)) }
      let importer = try Importer(into: into, cluster.options, now: now)
      let progress = ProgressLine("imported", unit: "MB", scale: 1_048_576)
      let total = inputs.reduce(0) { $0 + $1.size }
      var before: UInt64 = 0
      for input in inputs {
        try input.read(into: importer, now: now) { progress.show(before + $0, of: total) }
        before += input.size
      }
      let report = try importer.complete { (clock.now - started) / .seconds(1) }
      progress.clear()
      try Output.write(report, json: json, lines: report.lines(cluster.options.primaryAddress))
      return report.damaged == 0
    }
  }
}

/// A file that is imported.
private struct ImportInput {
  let handle: FileHandle
  let format: ImportFormat
  let size: UInt64

  init(_ path: String, _ wanted: ImportFormat?) throws {
    if path == "-" {
      handle = .standardInput
      size = 0
      guard let wanted else { throw Unusable("Give --format text, json or resp for the standard input.") }
      format = wanted
      return
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw Unusable(
        "\(path) cannot be read (\(String(cString: strerror(errno)))): check its name and its permissions.")
    }
    self.handle = handle
    size = try handle.seekToEnd()
    try handle.seek(toOffset: 0)
    let detected = try ImportFormat.detect(try handle.read(upToCount: 64) ?? Data(), in: path)
    try handle.seek(toOffset: 0)
    format = wanted ?? detected
  }

  func read(into importer: Importer, now: Int64, progress: (UInt64) -> Void) throws {
    switch format {
    case .text:
      var reader = TextReader(handle)
      try importer.add(&reader, progress: progress)
    case .json:
      var reader = JSONLinesReader(handle, now: now)
      try importer.add(&reader, progress: progress)
    case .resp:
      var reader = CommandReader(handle)
      try importer.add(&reader, progress: progress)
    }
  }
}

extension Importer.Report {
  func lines(_ address: String) -> [String] {
    var lines = [
      "\(entries) entries, \(keys) keys, imported into \(into) in \(formatted(seconds)) s as cluster \(cluster)"
    ]
    lines += passedOver.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key) passed over" }
    if damaged > 0 { lines.append("\(damaged) not imported:") }
    lines += problems.map { "  \($0.place): \($0.reason)" }
    if damaged > UInt64(problems.count) { lines.append("  and \(damaged - UInt64(problems.count)) more") }
    if unknownCommands.count > 1 {
      let names = unknownCommands.sorted { $0.value > $1.value }.prefix(20).map { "\($0.key) \($0.value)" }
      lines.append("unknown commands: \(names.joined(separator: ", "))")
    }
    return lines + notes + startLines(directories, address)
  }
}
