import ArgumentParser
import Foundation
import Replication
import Storage

struct DumpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Print the entries of a log, as far as they can be read.",
    discussion: """
      `text` reads as `WRITE foo bar`; what is no plain text stands between quotes with escapes as in C. `json` has an \
      entry a line. `sql` rebuilds the table of keys in any SQLite, and `resp` can be piped into any Redis. Damaged \
      rows are named on standard error, and in text, JSON and SQL where they stand; the exit code is then 1. Entries that \
      the file does not prove to be committed are left out unless --uncommitted is given.

        kvlog dump data/slave1 --prefix user: --long
        kvlog dump data/slave1 --format json --since 2026-03-01T00:00:00Z
        kvlog dump data/slave1 --format resp | redis-cli -p 6379 --pipe
        kvlog dump data/slave1 --format sql | sqlite3 keys.db
      """)

  @Argument(
    help: ArgumentHelp("A node's directory, a log.db, a segment or a discarded-*.db.", valueName: "path"))
  var path: String

  @OptionGroup var filter: EntryFilter

  @Option(help: "text, json, sql or resp.")
  var format = DumpFormat.text

  @Flag(help: "The same as --format json.")
  var json = false

  @Flag(
    help:
      "Begin each line of text with the entry's index, time and epoch, and show members and empty entries.")
  var long = false

  @Flag(help: "Also entries that the file does not prove to be committed.")
  var uncommitted = false

  func run() throws {
    try conclude {
      let place = try SourcePlace(path)
      guard let log = place.log else {
        throw Unusable("\(path) has no log that can be read; kvlog export prints the keys of a replica.")
      }
      let dump = Dump(log: log, commit: place.commit, filter: filter, includesUncommitted: uncommitted)
      return try dump.run(
        DumpWriter(
          json ? .json : format, isLong: long, listsAreKnown: dump.listsAreKnown, try ExportOutput(nil)))
    }
  }
}

/// A walk through a log that prints what is wanted.
struct Dump {
  let log: LogSource
  /// Up to here the log is proven committed.
  let commit: LogIndex
  let filter: EntryFilter
  let includesUncommitted: Bool

  /// Whether all that happened to the keys that are wanted is printed, from the first entry on.
  var listsAreKnown: Bool {
    log.base?.index == 0 && filter.from ?? 0 <= 1 && filter.since == nil && filter.epoch == nil
  }

  /// Returns whether all that was asked for could be read, and printed.
  func run(_ writer: DumpWriter) throws -> Bool {
    var writer = writer
    var isWhole = true
    var previous: (index: LogIndex, checksum: UInt64)?
    let last = min(filter.to ?? .max, includesUncommitted ? .max : commit)
    let first = max(filter.from ?? 0, (log.base?.index ?? 0) + 1)
    let progress = ProgressLine("read", unit: "entries")
    defer { progress.clear() }
    if let base = log.base { previous = (base.index, base.checksum) }
    if let chain = log.chain(at: first - 1) { previous = (first - 1, chain) }
    func complain(_ text: String) {
      isWhole = false
      FileHandle.standardError.write(Data("kvlog: \(log.path): \(text)\n".utf8))
      writer.write(problem: text)
    }
    for problem in log.problems { complain(problem) }
    if let from = filter.from, let base = log.base, from <= base.index {
      complain("it begins after entry \(base.index): what was asked for before that is trimmed")
    }
    try log.forEachRow(from: first) { row in
      switch row {
      case .entry(let entry, let checksum):
        guard entry.index <= last else { return false }
        if let before = previous {
          if before.index + 1 != entry.index {
            complain("entries \(before.index + 1) to \(entry.index - 1) are missing")
          } else if EntryChecksum.next(after: before.checksum, entry) != checksum {
            complain("entry \(entry.index) does not fit its checksum; it is printed as it stands")
          }
        }
        previous = (entry.index, checksum)
        try print(entry, &writer)
        if entry.index & 0xFFF == 0 {
          progress.show(entry.index - first, of: log.lastIndex - min(first, log.lastIndex))
        }
      case .unfit(let index, let reason, let checksum):
        guard index <= last else { return false }
        complain("entry \(index) cannot be read: \(reason)")
        previous = (index, checksum)
      case .unreadable(let range, let reason):
        guard range.lowerBound <= last else { return false }
        complain("entries \(range.lowerBound) to \(range.upperBound) cannot be read: \(reason)")
        previous = nil
      }
      return true
    }
    if let reached = previous?.index, reached < min(last, log.commit) {
      complain("it ends at entry \(reached), and entries up to \(log.commit) were committed in it")
    }
    if writer.leftOut > 0 {
      complain(
        "\(writer.leftOut) changes of lists were left out: which commands do them only the log from entry 1 on tells"
      )
    }
    try writer.finish()
    return isWhole
  }

  private func print(_ entry: Entry, _ writer: inout DumpWriter) throws {
    guard filter.takes(entry) else { return }
    var mutations: [Mutation] = []
    if case .mutations(let all) = entry.payload { mutations = all.filter(filter.takes) }
    guard !filter.choosesKeys || !mutations.isEmpty else { return }
    try writer.write(entry, mutations, isCommitted: entry.index <= commit)
  }
}
