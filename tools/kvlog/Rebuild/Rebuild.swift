import Foundation
import Replication
import Storage

/// Makes a node's directory from those of other nodes.
struct Rebuild {
  /// What was made.
  struct Report: Encodable {
    var directory: String
    var node: String
    var cluster: String
    var baseIndex: LogIndex
    /// After this entry the oldest of the logs begins.
    var oldestBaseIndex: LogIndex
    var lastIndex: LogIndex
    var lastEpoch: String
    var commitIndex: LogIndex
    var keys: Int64
    var snapshot: String?
    var movedAside: String?
    var masters: [String]
    var slaves: [String]
    var seconds: Double
    var problems: [String]
    var merge: MergeReport
  }

  var places: [SourcePlace]

  func run(into target: String, progress: @escaping (UInt64, UInt64) -> Void) throws -> Report {
    let clock = ContinuousClock()
    let started = clock.now
    let survey = try Survey(places) { done, total in progress(done, 2 * total) }
    let directory = try NewDirectory(target)
    let identity = NodeIdentity(
      id: NodeID(.random(in: 1 ... .max)), name: "", role: nil,
      createdAt: Int64(Date().timeIntervalSince1970 * 1000))
    let log = try LogBuilder(directory: directory.path, after: survey.start)
    let replica = try ReplicaBuilder(directory: directory.path, node: identity.id)
    if let snapshot = survey.snapshot {
      try replica.copy(snapshot.reader)
    } else if survey.start.index > 0 {
      throw Unusable(
        "The log can begin after entry \(survey.start.index) only, and no intact replica.db stands there or later: name "
          + "another node's directory, or a snapshot, with --from.")
    }
    let merge = LogMerge(survey.logs, after: survey.start)
    try EntryBatches { merge.next() }.forEach { batch in
      for (entry, checksum) in zip(batch.entries, batch.checksums) {
        try log.append(entry, checksum: checksum)
      }
      try replica.apply(batch, from: replica.standing.index + 1, through: survey.commit)
      progress(survey.end.index + log.standing.index, 2 * survey.end.index)
    }
    guard log.standing == survey.end else {
      throw Unusable(
        "The files of \(places.map(\.argument).joined(separator: ", ")) were changed meanwhile: try again.")
    }
    try log.complete(identity, HardState(cluster: survey.cluster), commit: survey.commit)
    let keys = replica.keyCount
    try replica.complete()
    let aside = try directory.complete()
    let members = survey.end.configuration?.configuration.current
    return Report(
      directory: directory.target, node: "\(identity.id)", cluster: "\(survey.cluster)",
      baseIndex: survey.start.index,
      oldestBaseIndex: survey.logs.compactMap(\.base?.index).min() ?? survey.start.index,
      lastIndex: survey.end.index, lastEpoch: "\(survey.end.position.epoch)",
      commitIndex: survey.commit, keys: keys, snapshot: survey.snapshot?.path, movedAside: aside,
      masters: members?.masters.map { "\($0.name) at \($0.address)" } ?? [],
      slaves: members?.slaves.map(\.name) ?? [], seconds: (clock.now - started) / .seconds(1),
      problems: survey.problems, merge: survey.report)
  }
}

extension ReplicaBuilder {
  /// Applies those entries of a batch that lie between two indexes.
  func apply(_ batch: PreparedEntries, from first: LogIndex, through last: LogIndex) throws {
    guard let begin = batch.entries.first?.index, first <= last else { return }
    let skipped = Int(clamping: max(first, begin) - begin)
    let kept = Int(clamping: last >= begin ? last - begin + 1 : 0)
    guard skipped < kept, skipped < batch.entries.count else { return }
    let range = skipped..<min(kept, batch.entries.count)
    if range.count == batch.entries.count { return try apply(batch) }
    try apply(PreparedEntries(Array(batch.entries[range]), checksums: Array(batch.checksums[range])))
  }
}
