import Commands
import Replication
import Serving

/// What a simulated node has applied, as its server reads it. Nothing is applied within a step of the node, so that
/// every step sees one state.
final class MemoryKeyspace: StoredKeyspace {
  var replica: Replica

  init(_ replica: Replica) { self.replica = replica }

  func value(for key: [UInt8]) -> StoredValue? { replica.values[key] }
  func count() -> Int { replica.values.count }

  func keys(after key: [UInt8]?, limit: Int) -> [ScannedKey] {
    replica.values.keys.filter { candidate in key.map { precedes($0, candidate) } ?? true }
      .sorted(by: precedes).prefix(limit)
      .map { ScannedKey(key: $0, expiresAt: replica.values[$0]?.expiresAt) }
  }

  func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }
  func appliedIndex() -> LogIndex { replica.applied }

  let isHoldingSnapshot = true
  func holdSnapshot() {}
  func releaseSnapshot() {}
  func shareSnapshot() {}
}
