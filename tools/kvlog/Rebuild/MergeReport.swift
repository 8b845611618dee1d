import Replication
import Storage

/// What came from which copy, and what was wrong with them.
struct MergeReport: Encodable {
  struct Source: Encodable {
    var path: String
    var node: String?
    var entries: UInt64 = 0
    /// Pairs of first and last index.
    var ranges: [[LogIndex]] = []
    var problems: [String] = []
    var problemCount = 0
  }

  var sources: [Source]
  var leftAside: [String]
  /// The first entry that no copy can give although later ones are there.
  var gap: Gap?

  struct Gap: Encodable {
    var index: LogIndex
    var laterIndex: LogIndex
    var laterPath: String
  }

  /// How many ranges and problems are named for each copy.
  private static let named = 20

  init(_ merge: LogMerge) {
    sources = merge.sources.map { source in
      Source(
        path: source.path, node: source.identity.map { "\($0.id)" }, problems: source.problems,
        problemCount: source.problems.count)
    }
    for run in merge.runs {
      sources[run.source].entries += run.last - run.first + 1
      if sources[run.source].ranges.count < Self.named {
        sources[run.source].ranges.append([run.first, run.last])
      }
    }
    for fault in merge.faults {
      sources[fault.source].problemCount += 1
      if sources[fault.source].problems.count < Self.named {
        sources[fault.source].problems.append("entry \(fault.index): \(fault.reason)")
      }
    }
    leftAside = merge.leftAside.map {
      "\(merge.sources[$0.source].path) holds another history at entry \($0.first), to \($0.last): it lost against one that is "
        + "committed or ends in a higher epoch or index"
    }
    gap = merge.laterEntry().map {
      Gap(index: merge.standing.index + 1, laterIndex: $0.index, laterPath: merge.sources[$0.source].path)
    }
  }

  /// Whether a copy was damaged, or something is missing in all of them.
  var hasProblem: Bool { gap != nil || sources.contains { $0.problemCount > 0 } }

  /// For people.
  var lines: [String] {
    var lines: [String] = []
    for source in sources {
      let shown = source.ranges.map { $0[0] == $0[1] ? "\($0[0])" : "\($0[0])-\($0[1])" }
      let more = source.ranges.count >= Self.named ? ", ..." : ""
      lines.append(
        "\(source.path): \(source.entries) entries"
          + (shown.isEmpty ? "" : " (\(shown.joined(separator: ", "))\(more))"))
      lines += source.problems.map { "  \($0)" }
      let unnamed = source.problemCount - source.problems.count
      if unnamed > 0 { lines.append("  and \(unnamed) more") }
    }
    lines += leftAside
    if let gap {
      lines.append(
        "No copy has an intact entry \(gap.index); \(gap.laterPath) goes on at entry \(gap.laterIndex). Add a copy that "
          + "has what lies between, or give a snapshot from behind it with --base.")
    }
    return lines
  }
}
