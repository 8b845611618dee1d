import Foundation
import Storage

/// Prints the life of a key as it is read.
final class HistoryOutput {
  private let isJSON: Bool
  private var count = 0
  private var pending = ""
  private let encoder = JSONEncoder()

  init(isJSON: Bool) {
    self.isJSON = isJSON
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
  }

  func begin(_ history: KeyHistory) {
    guard isJSON else { return }
    pending = "{\n  \"key\": \(json(readable(history.key))),\n  \"begins\": \(history.begins),\n"
    if let held = history.held {
      pending += "  \"replica_version\": \(held.version),\n  \"replica_index\": \(held.modifiedIndex),\n"
    }
    pending += "  \"changes\": ["
  }

  func write(_ change: KeyHistory.Change) {
    count += 1
    if isJSON {
      pending += (count > 1 ? "," : "") + "\n    " + json(change)
    } else {
      pending += line(change) + "\n"
    }
    if pending.utf8.count > 1 << 16 { flush() }
  }

  func end(_ history: KeyHistory, _ problems: [String]) {
    if isJSON {
      pending += "\n  ],\n  \"problems\": \(json(problems))\n}\n"
      return flush()
    }
    if count == 0 { pending += "\(readable(history.key)) is not in the log\n" }
    if history.begins > 0 {
      pending += "note: the log begins after entry \(history.begins): nothing is known of what was before\n"
    }
    if let held = history.held {
      pending += "note: the replica holds version \(held.version), of entry \(held.modifiedIndex)\n"
    }
    pending += problems.map { "problem: \($0)\n" }.joined()
    flush()
  }

  private func flush() {
    Output.write(pending)
    pending = ""
  }

  private func json(_ value: some Encodable) -> String {
    (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
  }

  private func line(_ change: KeyHistory.Change) -> String {
    var line = "\(change.index)  \(Moment(milliseconds: change.time))  \(change.epoch)  "
    line += change.line
    if let end = change.expiresAt { line += "  until \(Moment(milliseconds: end))" }
    if let version = change.version { line += "  version \(version)" }
    return line + "  (\(change.state))"
  }
}
