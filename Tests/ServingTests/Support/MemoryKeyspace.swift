import Commands
import Replication
import Serving

/// A stored keyspace in memory.
final class MemoryKeyspace: StoredKeyspace {
  private(set) var keyspace = PlainKeyspace()
  private(set) var applied: LogIndex = 0
  /// Called at each lookup of a value.
  var onLookup: () -> Void = {}

  /// Puts a value there that no entry has written.
  func set(_ key: [UInt8], _ value: StoredValue) { keyspace.set(key, value) }

  func apply(_ entry: Entry) {
    applied = entry.index
    if case .mutations(let mutations) = entry.payload { keyspace.apply(mutations, at: entry.index) }
  }

  func value(for key: [UInt8]) -> StoredValue? {
    onLookup()
    return keyspace.value(for: key)
  }

  func member(_ name: [UInt8], of key: [UInt8]) -> [UInt8]? { keyspace.member(name, of: key) }
  func members(of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool) -> [KeyMember] {
    keyspace.members(of: key, after: name, limit: limit, descending: descending)
  }
  func count() -> Int { keyspace.count() }
  func keys(after key: [UInt8]?, limit: Int) -> [ScannedKey] { keyspace.keys(after: key, limit: limit) }
  func member(at place: Int, of key: [UInt8]) -> KeyMember? { keyspace.member(at: place, of: key) }
  func anyKey(_ random: UInt64) -> ScannedKey? { keyspace.anyKey(random) }
  func keys(endingFrom start: Int64, after key: [UInt8]?, before moment: Int64, limit: Int) -> [ScannedKey] {
    keyspace.keys(endingFrom: start, after: key, before: moment, limit: limit)
  }

  func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }
  func appliedIndex() -> LogIndex { applied }

  private(set) var isHoldingSnapshot = false
  func holdSnapshot() { isHoldingSnapshot = true }
  func releaseSnapshot() { isHoldingSnapshot = false }
  func shareSnapshot() {}
}
