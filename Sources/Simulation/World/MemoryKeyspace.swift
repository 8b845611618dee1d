import Commands
import Replication
import Serving

/// What a simulated node has applied, as its server reads it. Nothing is applied within a step of the node, so that
/// every step sees one state.
final class MemoryKeyspace: StoredKeyspace {
  var replica: Replica

  init(_ replica: Replica) { self.replica = replica }

  func value(for key: [UInt8]) -> StoredValue? { replica.keyspace.value(for: key) }
  func member(_ name: [UInt8], of key: [UInt8]) -> [UInt8]? { replica.keyspace.member(name, of: key) }
  func members(of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool) -> [KeyMember] {
    replica.keyspace.members(of: key, after: name, limit: limit, descending: descending)
  }
  func count() -> Int { replica.keyspace.count() }
  func keys(after key: [UInt8]?, limit: Int) -> [ScannedKey] {
    replica.keyspace.keys(after: key, limit: limit)
  }
  func member(at place: Int, of key: [UInt8]) -> KeyMember? { replica.keyspace.member(at: place, of: key) }
  func anyKey(_ random: UInt64) -> ScannedKey? { replica.keyspace.anyKey(random) }
  func keys(endingFrom start: Int64, after key: [UInt8]?, before moment: Int64, limit: Int) -> [ScannedKey] {
    replica.keyspace.keys(endingFrom: start, after: key, before: moment, limit: limit)
  }

  func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }
  func appliedIndex() -> LogIndex { replica.applied }

  let isHoldingSnapshot = true
  func holdSnapshot() {}
  func releaseSnapshot() {}
  func shareSnapshot() {}
}
