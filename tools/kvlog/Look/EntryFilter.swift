import ArgumentParser
import Foundation
import Replication

/// Which entries, and which of their changes.
struct EntryFilter: ParsableArguments {
  @Option(help: ArgumentHelp("The first entry.", valueName: "index"))
  var from: LogIndex?

  @Option(help: ArgumentHelp("The last entry.", valueName: "index"))
  var to: LogIndex?

  @Option(
    help: ArgumentHelp(
      "Entries of this time or later: as 2026-03-01T12:00:00Z, or milliseconds of Unix time.",
      valueName: "time"))
  var since: Moment?

  @Option(help: ArgumentHelp("Entries of this time or earlier.", valueName: "time"))
  var until: Moment?

  @Option(help: ArgumentHelp("Changes of this key alone.", valueName: "key"))
  var key: String?

  @Option(help: ArgumentHelp("Changes of keys that begin so.", valueName: "text"))
  var prefix: String?

  @Option(
    help: ArgumentHelp("Entries of this epoch: as kvlog inspect shows it, or its round.", valueName: "epoch"))
  var epoch: String?

  func validate() throws {
    if key != nil, prefix != nil { throw ValidationError("Give --key or --prefix, not both.") }
    if let from, let to, from > to { throw ValidationError("--from \(from) is above --to \(to).") }
  }

  /// Whether changes are chosen by their key.
  var choosesKeys: Bool { key != nil || prefix != nil }

  func takes(_ entry: Entry) -> Bool {
    if let since, entry.time < since.milliseconds { return false }
    if let until, entry.time > until.milliseconds { return false }
    if let epoch, "\(entry.epoch)" != epoch, "\(entry.epoch.round)" != epoch { return false }
    return true
  }

  func takes(_ mutation: Mutation) -> Bool {
    // Every key is among those that are gone.
    if mutation.operation == .clear { return true }
    if let key { return mutation.key == Array(key.utf8) }
    if let prefix { return mutation.key.starts(with: prefix.utf8) }
    return true
  }
}
