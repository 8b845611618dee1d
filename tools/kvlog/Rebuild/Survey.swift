import Replication
import Storage

/// What several nodes' directories hold together: read first, so that all is known before anything is made.
struct Survey {
  /// The cluster that all of them belong to.
  let cluster: ClusterID
  /// The logs that could be opened.
  let logs: [LogSource]
  /// The entry after which the longest history that reaches the end begins.
  private(set) var start = LogBase.zero
  /// The last entry of it.
  private(set) var end = LogBase.zero
  /// Up to here it is proven to be committed.
  private(set) var commit: LogIndex = 0
  /// The highest round that any of them has seen.
  private(set) var highestRound: UInt64 = 0
  /// A sound replica that stands in it, at a committed entry; nil if there is none.
  private(set) var snapshot: Snapshot?
  /// What came from where.
  private(set) var report: MergeReport
  /// Every part of the history that had to be given up, and what is wrong with the places; each a sentence.
  private(set) var problems: [String]
  /// The keys that entries above `commit` touch, the first of them.
  private(set) var uncommittedKeys: [[UInt8]] = []
  /// How many mutations these entries have.
  private(set) var uncommittedMutations = 0

  /// How many of the keys are kept.
  static let namedKeys = 1_000

  init(_ places: [SourcePlace], progress: (UInt64, UInt64) -> Void) throws {
    logs = places.compactMap(\.log)
    problems = places.flatMap(\.problems)
    var clusters: [(ClusterID, String)] = []
    for place in places {
      if let cluster = place.log?.cluster { clusters.append((cluster, place.argument)) }
    }
    // An older one cannot be held against its checksums; its log has every entry.
    let replicas = places.compactMap(\.replica).filter { $0.standing.index > 0 && !$0.isOfFirstFormat }
    clusters += replicas.compactMap { replica in
      replica.standing.configuration.map { ($0.configuration.cluster, replica.path) }
    }
    guard let first = clusters.first else {
      throw Unusable(
        "None of \(places.map(\.argument).joined(separator: ", ")) has ever belonged to a cluster: there is nothing to "
          + "build from.")
    }
    if let other = clusters.first(where: { $0.0 != first.0 }) {
      throw Unusable(
        "\(first.1) belongs to cluster \(first.0), and \(other.1) to cluster \(other.0): name directories of one cluster."
      )
    }
    cluster = first.0
    report = MergeReport(LogMerge([], after: .zero))
    walk(replicas, progress)
  }

  private mutating func walk(_ replicas: [Snapshot], _ progress: (UInt64, UInt64) -> Void) {
    var unread = replicas
    let bases = logs.compactMap(\.base)
    let claimed = max(logs.map(\.commit).max() ?? 0, replicas.map(\.standing.index).max() ?? 0)
    let last = max(logs.map(\.lastIndex).max() ?? 0, claimed)
    let merge = LogMerge(logs, after: bases.min { $0.index < $1.index } ?? .zero)
    start = merge.standing
    note(rounds: merge.standing.position.epoch)
    // Where replicas stand, the chain must have their value.
    let wanted = Set(replicas.map(\.standing.index))
    var chain = [merge.standing.index: merge.standing.checksum]
    while true {
      while let (entry, checksum) = merge.next() {
        if wanted.contains(entry.index) { chain[entry.index] = checksum }
        if entry.index > claimed { note(uncommitted: entry) }
        if entry.index & 0xFFF == 0 { progress(entry.index, last) }
      }
      guard let next = nextStart(after: merge.standing.index, bases, &unread) else { break }
      problems.append(
        "no copy has entry \(merge.standing.index + 1): the log can begin after entry \(next.index) only")
      merge.jump(to: next)
      start = next
      chain[next.index] = next.checksum
    }
    end = merge.standing
    note(rounds: end.position.epoch)
    for log in logs {
      highestRound = max(highestRound, log.hardState.promised.round, log.hardState.highestRound)
    }
    commit = min(claimed, end.index)
    report = MergeReport(merge)
    let usable = replicas.filter {
      $0.standing.index >= start.index && chain[$0.standing.index] == $0.standing.checksum
    }
    snapshot = usable.sorted { $0.standing.index > $1.standing.index }.first { isSound($0) }
  }

  /// The lowest place behind a gap at which the log can go on: another log's base, or where a sound replica stands.
  private mutating func nextStart(
    after index: LogIndex, _ bases: [LogBase], _ replicas: inout [Snapshot]
  ) -> LogBase? {
    let base = bases.filter { $0.index > index }.min { $0.index < $1.index }
    replicas = replicas.filter { $0.standing.index > index }.sorted { $0.standing.index < $1.standing.index }
    while let replica = replicas.first, replica.standing.index < base?.index ?? .max {
      replicas.removeFirst()
      if isSound(replica) { return replica.standing }
    }
    return base
  }

  private mutating func isSound(_ replica: Snapshot) -> Bool {
    do {
      let verdict = try replica.reader.verify()
      if verdict.isSound { return true }
      problems.append("\(replica.path) is damaged: \(verdict.finding)")
    } catch {
      problems.append("\(error)")
    }
    return false
  }

  private mutating func note(rounds epoch: Epoch) { highestRound = max(highestRound, epoch.round) }

  private mutating func note(uncommitted entry: Entry) {
    guard case .mutations(let mutations) = entry.payload else { return }
    uncommittedMutations += mutations.count
    for mutation in mutations where uncommittedKeys.count < Self.namedKeys {
      if !uncommittedKeys.contains(mutation.key) { uncommittedKeys.append(mutation.key) }
    }
  }
}
