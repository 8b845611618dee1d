import Foundation

/// What a run did and found.
struct ChaosReport: Codable, Sendable {
  var seed: UInt64
  var seconds: Double
  var slaves: Int
  /// Faults done, by their sort.
  var faults: [String: Int]
  var killsOfActive: Int
  /// Faults that were skipped, and why.
  var skipped: [String: String]
  /// Faults that were tried and could not be done.
  var troubles: [String]
  var operations: [String: Tally.Counts]
  var staleReadsCompared: Int
  /// The highest index that all logs hold, and their checksum there in hexadecimal digits.
  var commonIndex: UInt64
  var checksum: String
  var keys: Int
  var gaps: [String: Distribution.Summary]
  /// The machine's one-minute load average at the end: gaps suffer when others use the cores.
  var load: Double
  var violationCount: Int
  var violations: [String]
  /// Where the nodes' files and words are; nil if they were removed.
  var folder: String?

  private enum CodingKeys: String, CodingKey {
    case seed, seconds, slaves, faults, skipped, troubles, operations, checksum, keys, gaps, load, violations,
      folder
    case killsOfActive = "kills_of_active"
    case staleReadsCompared = "stale_reads_compared"
    case commonIndex = "common_index"
    case violationCount = "violation_count"
  }

  /// 0: no violation; 1: a violation; 2: something that was asked for could not be done.
  var exitCode: Int32 { violationCount > 0 ? 1 : troubles.isEmpty ? 0 : 2 }

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// For people.
  var text: String {
    var lines: [String] = []
    let total = operations.values.reduce(0) { $0 + $1.total }
    let done = FaultKind.allCases.compactMap { kind in faults[kind.rawValue].map { "\(kind.rawValue) \($0)" }
    }
    lines.append(
      "seed \(seed), \(String(format: "%.1f", seconds)) s, 2 masters and \(slaves) slaves, load \(String(format: "%.1f", load))"
    )
    lines.append(
      "faults: \(done.isEmpty ? "none" : done.joined(separator: ", ")); kills of the active master: \(killsOfActive)"
    )
    for (kind, reason) in skipped.sorted(by: { $0.key < $1.key }) {
      lines.append("skipped: \(kind): \(reason)")
    }
    for trouble in troubles { lines.append("trouble: \(trouble)") }
    lines.append("operations: \(total)")
    for (name, counts) in operations.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "  \(name): \(counts.acknowledged) acknowledged, \(counts.refused) refused, \(counts.inDoubt) in doubt"
      )
    }
    lines.append(
      "compared: \(keys) keys, \(commonIndex) entries with checksum \(checksum), \(staleReadsCompared) stale reads"
    )
    for (name, gap) in gaps.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "\(name): p50 \(gap.p50Milliseconds) ms, p99 \(gap.p99Milliseconds) ms, max \(gap.maxMilliseconds) ms "
          + "(\(gap.count) times)")
    }
    for violation in violations { lines.append("VIOLATION: \(violation)") }
    lines.append("violations: \(violationCount)")
    if let folder { lines.append("the nodes' files and words are in \(folder)") }
    return lines.joined(separator: "\n")
  }
}
