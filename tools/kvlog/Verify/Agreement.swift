import Replication
import Storage

/// Whether several nodes hold one history.
struct Agreement: Encodable {
  /// The last entry that all logs have; nil if they have none in common.
  var commonIndex: LogIndex?
  var problems: [String] = []
  var notes: [String] = []

  init(_ places: [CheckedPlace]) throws {
    let logs = places.compactMap { place in place.log.map { (log: $0, place: place) } }
    compareClusters(places)
    if logs.count > 1 { try compareLogs(logs.map(\.log)) }
    comparePlaces(places)
    try compareReplicas(places.compactMap(\.replica))
  }

  private mutating func compareClusters(_ places: [CheckedPlace]) {
    var known: (cluster: ClusterID, path: String)?
    for place in places {
      let found =
        place.log?.cluster.map { ($0, place.check.argument) }
        ?? place.replica?.standing.configuration.map { ($0.configuration.cluster, place.check.argument) }
      guard let found else { continue }
      if let known, known.cluster != found.0 {
        problems.append(
          "\(known.path) belongs to cluster \(known.cluster), and \(found.1) to cluster \(found.0)")
      }
      if known == nil { known = (found.0, found.1) }
    }
  }

  /// Two chains that are equal at one entry are equal at all before it.
  private mutating func compareLogs(_ logs: [LogSource]) throws {
    let first = logs.compactMap(\.base?.index).max() ?? 0
    let last = logs.map(\.lastIndex).min() ?? 0
    guard last >= first, last > 0 else {
      notes.append(
        "the logs have no entry in common: one begins after entry \(first), and one ends at \(last)")
      return
    }
    commonIndex = last
    for (position, log) in logs.enumerated().dropFirst() {
      compare(logs[0], log, from: first, through: last)
      if position == logs.count - 1 { break }
    }
    let ends = Set(logs.map(\.lastIndex))
    if ends.count > 1 {
      notes.append(
        "the logs are of different length: they end at entries \(ends.sorted().map(String.init).joined(separator: ", "))"
      )
    }
  }

  private mutating func compare(_ a: LogSource, _ b: LogSource, from first: LogIndex, through last: LogIndex)
  {
    func differ(_ index: LogIndex) -> Bool {
      guard let one = a.chain(at: index), let other = b.chain(at: index) else { return false }
      return one != other
    }
    guard differ(last) else { return }
    // The first entry at which they part: all after it differ too, as far as each chain is whole.
    var (low, high) = (first, last)
    while low < high {
      let middle = low + (high - low) / 2
      if differ(middle) { high = middle } else { low = middle + 1 }
    }
    let text = "\(a.path) and \(b.path) part at entry \(high)"
    let committed = [a, b].filter { $0.commit >= high }
    if committed.count == 2 {
      problems.append("\(text), which both had noted as committed")
    } else {
      let loser = a.commit >= high ? b : a
      notes.append("\(text): it was not committed in \(loser.path), and is cut when that node joins")
    }
  }

  /// Where a replica stands, every log must have the same chain.
  private mutating func comparePlaces(_ places: [CheckedPlace]) {
    for place in places {
      guard let replica = place.replica, replica.standing.index > 0, !replica.isOfFirstFormat else {
        continue
      }
      for other in places {
        guard let log = other.log, replica.standing.index <= other.sound.index,
          let chain = log.chain(at: replica.standing.index), chain != replica.standing.checksum
        else { continue }
        if other.check.argument == place.check.argument { continue }
        guard log.commit >= replica.standing.index else { continue }
        problems.append(
          "\(replica.path) stands at entry \(replica.standing.index) of another history than \(log.path)")
      }
    }
  }

  private mutating func compareReplicas(_ replicas: [Snapshot]) throws {
    var first: [LogIndex: Snapshot] = [:]
    for replica in replicas {
      guard let other = first[replica.standing.index] else {
        first[replica.standing.index] = replica
        continue
      }
      do {
        try KeyspaceDifference.forEach(other.reader, replica.reader) { difference in
          problems.append(
            "\(other.path) and \(replica.path) stand at entry \(replica.standing.index), and part at the key \(readable(difference.key, limit: 64))"
          )
          return false
        }
      } catch {
        notes.append("\(other.path) and \(replica.path) could not be compared: \(error)")
      }
    }
  }

  var lines: [String] {
    (commonIndex.map { problems.isEmpty ? ["all logs agree up to entry \($0)"] : [] } ?? [])
      + problems.map { "problem: \($0)" } + notes.map { "note: \($0)" }
  }
}
