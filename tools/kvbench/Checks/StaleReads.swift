import Synchronization

/// What nodes answered to stale reads, and what such answers must have in common however old they are.
final class StaleReads: Sendable {
  /// One answer of `KV.GET`.
  struct Observation: Hashable, Sendable {
    var node: String
    /// Counts the connections to that node.
    var connection: Int
    var key: String
    /// nil if the node had no such key.
    var value: String?
    /// The entry that wrote the value.
    var modified: UInt64
    var applied: UInt64
  }

  private let observations = Mutex<[Observation]>([])

  var count: Int { observations.withLock { $0.count } }

  func add(_ observation: Observation) { observations.withLock { $0.append(observation) } }

  /// Says what is wrong.
  ///
  /// A node's applied index never falls within a connection; nobody shows an entry that it has not applied; one
  /// entry wrote one value, whoever shows it; at one applied index all nodes show the same; and a replica that
  /// has applied more shows no older entry of a key.
  ///
  /// - Parameter written: Whether a client ever tried to write this value to this key.
  func check(written: (String, String) -> Bool) -> [String] {
    let all = observations.withLock { $0 }
    var faults: [String] = []
    var connections: [String: UInt64] = [:]
    for observation in all {
      let connection = "\(observation.node)#\(observation.connection)"
      if let before = connections[connection], before > observation.applied {
        faults.append("\(observation.node) went back from applied index \(before): \(observation)")
      }
      connections[connection] = observation.applied
      guard let value = observation.value else { continue }
      if observation.modified > observation.applied {
        faults.append("an entry is shown that was not applied: \(observation)")
      }
      if !written(observation.key, value) { faults.append("nobody wrote this value: \(observation)") }
    }
    for (_, ofKey) in Dictionary(grouping: all, by: \.key) {
      var values: [UInt64: Observation] = [:]
      var newest: Observation?
      for observation in ofKey.sorted(by: { $0.applied < $1.applied }) {
        if let newest, newest.applied == observation.applied,
          newest.value != observation.value || newest.modified != observation.modified
        {
          faults.append("two nodes differ at one applied index: \(newest) and \(observation)")
        }
        if observation.value != nil {
          if let other = values.updateValue(observation, forKey: observation.modified),
            other.value != observation.value
          {
            faults.append("one entry wrote two values: \(other) and \(observation)")
          }
          if let newest, newest.modified > observation.modified, newest.applied < observation.applied {
            faults.append(
              "a replica that has applied more shows an older entry: \(newest) and \(observation)")
          }
        }
        if observation.value != nil || newest?.applied != observation.applied { newest = observation }
      }
    }
    return faults.sorted()
  }
}
