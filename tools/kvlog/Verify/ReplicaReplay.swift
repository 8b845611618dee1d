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
    let touched = try isWhole ? nil : TouchedKeys(directory, after: base)
    if !isWhole { written.begin(after: base) }
    let merge = LogMerge([log], after: base)
    let last = replica.standing.index
    try EntryBatches {
      guard merge.standing.index < last else { return nil }
      return merge.next()
    }.forEach { batch in
      try written.apply(batch)
      try touched?.apply(batch)
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
    try written.complete()
    if isEqual { return findings }
    let expected = try ReplicaReader(path: written.path, isOffline: true)
    // Once the log says that every key is gone, what follows says all.
    let partly = try touched.flatMap { $0.isCleared ? nil : try $0.complete() }
    try compare(expected, partly, base.index, &findings)
    return findings
  }

  private func compare(
    _ expected: ReplicaReader, _ touched: TouchedKeys.Reader?, _ base: LogIndex, _ findings: inout Findings
  ) throws {
    try KeyspaceDifference.forEach(expected, replica.reader) { difference in
      let key = readable(difference.key, limit: 64)
      switch (difference.first, difference.second) {
      case (let wanted?, nil):
        findings.add("the key \(key), which the log puts, is not there", at: wanted.modifiedIndex)
      case (let wanted?, let found?):
        if let touched {
          let isFit =
            wanted.type == .string
            ? wanted.agrees(with: found)
            : try holds(difference.key, found, what: wanted, of: expected, touched)
          if isFit { return true }
        }
        findings.add("the key \(key) does not hold what the log puts", at: wanted.modifiedIndex)
      case (nil, let found?):
        if let touched {
          guard try found.modifiedIndex > base || touched.isDeleted(difference.key) else { return true }
          // What the log changes of a key from before it begins is not to be told from the log alone.
          if try !touched.isDeleted(difference.key), try touched.isChanged(difference.key),
            try hasLost(difference.key, touched, but: nil)
          {
            return true
          }
        }
        findings.add(
          "the key \(key) is there, and the log does not put it or deletes it", at: found.modifiedIndex)
      case (nil, nil): break
      }
      return true
    }
  }

  /// Whether a key with members that may be from before the log begins has all those that the log sets, and none that
  /// it removes.
  private func holds(
    _ key: [UInt8], _ found: StoredValue, what wanted: StoredValue, of expected: ReplicaReader,
    _ touched: TouchedKeys.Reader
  ) throws -> Bool {
    guard found.type == wanted.type, found.modifiedIndex >= wanted.modifiedIndex,
      found.memberCount >= wanted.memberCount
    else { return false }
    var last: [UInt8]?
    while true {
      let page = try expected.members(of: key, after: last, limit: 1_024)
      for member in page {
        guard held(member.name, of: key) == .some(member.value) else { return false }
      }
      guard page.count == 1_024 else { break }
      last = page.last?.name
    }
    return try hasLost(key, touched, but: expected)
  }

  /// Whether the replica has none of the members that the log removes, but those that it sets again.
  private func hasLost(
    _ key: [UInt8], _ touched: TouchedKeys.Reader, but expected: ReplicaReader?
  ) throws -> Bool {
    var last: [UInt8]?
    while true {
      let page = try touched.removed(from: key, after: last, limit: 1_024)
      for name in page where try expected?.member(name, of: key) == nil {
        guard held(name, of: key) == .some(nil) else { return false }
      }
      guard page.count == 1_024 else { return true }
      last = page.last
    }
  }

  /// What stands beside a member in the replica: nothing at all, as the outer nil, if it cannot be read.
  private func held(_ name: [UInt8], of key: [UInt8]) -> [UInt8]?? {
    do { return try replica.reader.member(name, of: key) } catch { return .none }
  }
}

extension StoredValue {
  /// Whether another is the same but for what only entries before the log's base can tell.
  fileprivate func agrees(with other: StoredValue) -> Bool {
    type == other.type && value == other.value && modifiedIndex == other.modifiedIndex
      && expiresAt == other.expiresAt
  }
}
