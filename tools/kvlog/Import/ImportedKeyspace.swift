import Commands
import Replication
import Storage

/// The keyspace as the records so far have left it: what is being built, and over it what is not yet applied.
final class ImportedKeyspace: KeyspaceView {
  private let replica: ReplicaBuilder
  private var overlay: [[UInt8]: Mutation] = [:]

  init(_ replica: ReplicaBuilder) { self.replica = replica }

  func add(_ mutations: [Mutation]) {
    for mutation in mutations { overlay[mutation.key] = mutation }
  }

  /// What was pending is applied now.
  func clear() { overlay.removeAll(keepingCapacity: true) }

  func value(for key: [UInt8]) throws -> Commands.StoredValue? {
    if let mutation = overlay[key] {
      guard mutation.operation == .put else { return nil }
      return StoredValue(
        value: mutation.value, version: 0, createdIndex: 0, modifiedIndex: 0, expiresAt: mutation.expiresAt)
    }
    guard let stored = try replica.value(for: key) else { return nil }
    return StoredValue(
      value: stored.value, version: UInt64(stored.version), createdIndex: stored.createdIndex,
      modifiedIndex: stored.modifiedIndex, expiresAt: stored.expiresAt)
  }

  /// Only commands that read ask for these, and those are passed over.
  func placeCount(of key: [UInt8]) -> Int { 0 }
  func member(at place: Int, of key: [UInt8]) -> KeyMember? { nil }
  func anyKey(_ random: UInt64) -> ScannedKey? { nil }
  func member(_ name: [UInt8], of key: [UInt8]) -> [UInt8]? { nil }
  func members(of key: [UInt8], after name: [UInt8]?, limit: Int) -> [KeyMember] { [] }
  func count() -> Int { Int(replica.keyCount) }
  func keys(after key: [UInt8]?, limit: Int) -> [ScannedKey] { [] }
}
