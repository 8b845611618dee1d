import Replication

/// Puts one log together from several copies, of which each may have what another lacks.
///
/// An entry is taken from whichever copy has a row that continues the checksum chain, so that nothing comes in that
/// is not what the masters wrote. Where copies hold different histories, which can only be above what is committed,
/// the one wins that ends in the highest (epoch, index): the rule by which a new master chooses (design 4.2).
public final class LogMerge {
  /// A run of entries that came from one copy.
  public struct Run: Hashable, Sendable {
    /// The number of the copy, in the order given.
    public var source: Int
    /// The first entry.
    public var first: LogIndex
    /// The last entry.
    public var last: LogIndex
  }

  /// An entry that one copy could not give.
  public struct Fault: Hashable, Sendable {
    /// The number of the copy, in the order given.
    public var source: Int
    /// The entry.
    public var index: LogIndex
    /// What is wrong with it.
    public var reason: String
  }

  /// How many faults are kept.
  public static let namedFaults = 100

  /// The copies.
  public let sources: [LogSource]
  /// The last entry that was taken, and what the entries up to it leave behind.
  public private(set) var standing: LogBase
  /// Which entries came from where, in order.
  public private(set) var runs: [Run] = []
  /// What some copies could not give; the first hundred.
  public private(set) var faults: [Fault] = []
  /// How many faults there were.
  public private(set) var faultCount = 0
  /// Where another history than the one that was taken was left aside: its copy, and its first and last entry.
  public private(set) var leftAside: [Run] = []

  private typealias Candidate = (source: Int, entry: Entry, checksum: UInt64)
  private var preferred = 0
  private var chosen: Candidate?
  private let isTrial: Bool

  /// Begins after an entry.
  public init(_ sources: [LogSource], after base: LogBase) {
    self.sources = sources
    standing = base
    isTrial = false
  }

  private init(_ sources: [LogSource], trying candidate: Candidate, after base: LogBase) {
    self.sources = sources
    standing = base
    isTrial = true
    preferred = candidate.source
    standing.advance(by: candidate.entry, checksum: candidate.checksum)
  }

  /// Goes on behind a gap, where what the entries up to it leave behind is known from elsewhere.
  public func jump(to base: LogBase) {
    standing = base
    chosen = nil
  }

  /// The highest index up to which any copy proves its history committed.
  public var commit: LogIndex { sources.lazy.map(\.commit).max() ?? 0 }

  /// The next entry with its chain value; nil if no copy has one that fits.
  public func next() -> (entry: Entry, checksum: UInt64)? {
    guard let entry = peek() else { return nil }
    take()
    return entry
  }

  /// As `next`, but does not go on to it.
  public func peek() -> (entry: Entry, checksum: UInt64)? {
    if chosen == nil { chosen = choose() }
    return chosen.map { ($0.entry, $0.checksum) }
  }

  /// Goes on to the entry that `peek` has shown.
  public func take() {
    guard let chosen else { return }
    self.chosen = nil
    standing.advance(by: chosen.entry, checksum: chosen.checksum)
    preferred = chosen.source
    if let last = runs.last, last.source == chosen.source, last.last + 1 == chosen.entry.index {
      runs[runs.count - 1].last += 1
    } else {
      runs.append(Run(source: chosen.source, first: chosen.entry.index, last: chosen.entry.index))
    }
  }

  /// The first entry that some copy still has behind the place at which the merge has ended; nil if there is none.
  public func laterEntry() -> (source: Int, index: LogIndex)? {
    sources.indices.filter { !isLeftAside($0) }.compactMap { source in
      sources[source].firstRow(after: standing.index + 1).map { (source, $0) }
    }.min { $0.1 < $1.1 }
  }

  private func choose() -> Candidate? {
    let index = standing.index + 1
    // What a copy's own node knew as committed can have no rival.
    if sources.indices.contains(preferred), sources[preferred].commit >= index,
      let candidate = candidate(preferred, index)
    {
      return candidate
    }
    var candidates: [Candidate] = []
    for source in sources.indices {
      guard let candidate = candidate(source, index) else { continue }
      if sources[source].commit >= index { return candidate }
      candidates.append(candidate)
    }
    guard let first = candidates.first else { return nil }
    if candidates.allSatisfy({ $0.checksum == first.checksum }) {
      return candidates.first { $0.source == preferred } ?? first
    }
    return better(of: candidates)
  }

  private func better(of candidates: [Candidate]) -> Candidate? {
    var ends: [UInt64: LogPosition] = [:]
    for candidate in candidates where ends[candidate.checksum] == nil {
      let trial = LogMerge(sources, trying: candidate, after: standing)
      while trial.next() != nil {}
      ends[candidate.checksum] = trial.standing.position
    }
    let best = candidates.max { (ends[$0.checksum] ?? .zero) < (ends[$1.checksum] ?? .zero) }
    for loser in candidates where loser.checksum != best?.checksum && !isLeftAside(loser.source) {
      let last = ends[loser.checksum]?.index ?? loser.entry.index
      leftAside.append(Run(source: loser.source, first: loser.entry.index, last: last))
    }
    return best
  }

  private func candidate(_ source: Int, _ index: LogIndex) -> Candidate? {
    switch sources[source].find(index, after: standing.checksum) {
    case .entry(let entry, let checksum) where entry.epoch >= standing.position.epoch:
      return (source, entry, checksum)
    case .entry: note(source, index, "its epoch is lower than that of the entry before it")
    case .other:
      if !isLeftAside(source) {
        leftAside.append(Run(source: source, first: index, last: sources[source].lastIndex))
      }
    case .unfit(let reason): note(source, index, reason)
    case .absent:
      if let base = sources[source].base, index > base.index, index <= sources[source].lastIndex {
        note(source, index, "the entry is missing")
      }
    }
    return nil
  }

  private func isLeftAside(_ source: Int) -> Bool { leftAside.contains { $0.source == source } }

  private func note(_ source: Int, _ index: LogIndex, _ reason: String) {
    guard !isTrial else { return }
    faultCount += 1
    if faults.count < Self.namedFaults { faults.append(Fault(source: source, index: index, reason: reason)) }
  }
}
