import Replication
import Storage

/// Holds a replica against what its log gives when it is replayed.
///
/// A log that begins at entry 1 gives every row. Of one that was trimmed the rest is replayed: it says what every key
/// must hold that it touches, and that no other row was written since.
struct ReplicaReplay {
  struct Findings {
    /// Whether the whole log was replayed.
    var isWhole: Bool
    var faults: [FileFault] = []
    var faultCount = 0

    private static let named = 100

    mutating func add(_ text: String, at index: LogIndex? = nil) {
      faultCount += 1
      if faults.count < Self.named { faults.append(FileFault(index: index, text)) }
    }
  }

  let log: LogSource
  let replica: Snapshot
  /// The sum of the replica's rows, if every one of them fits its checksum.
  let content: UInt64?

  func run(scratch: String?, progress: @escaping (UInt64, UInt64) -> Void) throws -> Findings {
    let base = log.base ?? .zero
    let isWhole = base.index == 0
    var findings = Findings(isWhole: isWhole)
    let directory = try TemporaryDirectory(in: scratch)
    let written = try ReplicaBuilder(directory: try directory.directory("written"), node: NodeID(0))
    let deleted =
      try isWhole ? nil : ReplicaBuilder(directory: try directory.directory("deleted"), node: NodeID(0))
    if !isWhole {
      written.begin(after: base)
      deleted?.begin(after: base)
    }
    let merge = LogMerge([log], after: base)
    let last = replica.standing.index
    try EntryBatches {
      guard merge.standing.index < last else { return nil }
      return merge.next()
    }.forEach { batch in
      try written.apply(batch)
      try deleted?.apply(deletions(of: batch))
      progress(written.standing.index - base.index, last - base.index)
    }
    guard written.standing.index == last else {
      findings.add("the log could not be replayed beyond entry \(written.standing.index)")
      return findings
    }
    if !replica.isOfFirstFormat,
      written.standing.checksum != replica.standing.checksum
        || written.standing.position != replica.standing.position
    {
      findings.add(
        "it says that the chain has \(hexadecimal(replica.standing.checksum)) at entry \(last), and the log has \(hexadecimal(written.standing.checksum))",
        at: last)
    }
    let isEqual = isWhole && written.contentChecksum == content
    let paths = (written.path, deleted?.path)
    try written.complete()
    try deleted?.complete()
    if isEqual { return findings }
    try compare(paths.0, paths.1, base.index, &findings)
    return findings
  }

  /// The keys that a batch deletes, as keys that are there.
  private func deletions(of batch: PreparedEntries) -> PreparedEntries {
    let entries = batch.entries.map { entry in
      guard case .mutations(let mutations) = entry.payload else { return entry }
      let deleted = mutations.filter { $0.operation == .delete }.map { Mutation.put($0.key, []) }
      return Entry(
        index: entry.index, epoch: entry.epoch, time: entry.time,
        payload: deleted.isEmpty ? .noop : .mutations(deleted))
    }
    return PreparedEntries(entries, checksums: batch.checksums)
  }

  private func compare(
    _ written: String, _ deleted: String?, _ base: LogIndex, _ findings: inout Findings
  ) throws {
    let expected = try ReplicaReader(path: written, isOffline: true)
    let gone = try deleted.map { try ReplicaReader(path: $0, isOffline: true) }
    try KeyspaceDifference.forEach(expected, replica.reader) { difference in
      let key = readable(difference.key, limit: 64)
      switch (difference.first, difference.second) {
      case (let wanted?, nil):
        findings.add("the key \(key), which the log puts, is not there", at: wanted.modifiedIndex)
      case (let wanted?, let found?):
        guard gone == nil || !wanted.agrees(with: found) else { return true }
        findings.add("the key \(key) does not hold what the log puts", at: wanted.modifiedIndex)
      case (nil, let found?):
        if let gone {
          guard try found.modifiedIndex > base || gone.value(for: difference.key) != nil else { return true }
        }
        findings.add(
          "the key \(key) is there, and the log does not put it or deletes it", at: found.modifiedIndex)
      case (nil, nil): break
      }
      return true
    }
  }
}

extension StoredValue {
  /// Whether another is the same but for what only entries before the log's base can tell.
  fileprivate func agrees(with other: StoredValue) -> Bool {
    value == other.value && modifiedIndex == other.modifiedIndex && expiresAt == other.expiresAt
  }
}
