import Commands
import NIOCore
import Replication
import Serving
import Storage

/// The replica, as what clients are served from.
final class ReplicaKeyspace: StoredKeyspace {
  private let reader: ReplicaReader
  private let eventLoop: any EventLoop
  private var isShared = false

  init(reader: ReplicaReader, eventLoop: any EventLoop) {
    self.reader = reader
    self.eventLoop = eventLoop
  }

  func value(for key: [UInt8]) throws -> Commands.StoredValue? {
    try reader.value(for: key).map {
      Commands.StoredValue(
        type: $0.type, value: $0.value, memberCount: $0.memberCount, version: UInt64($0.version),
        createdIndex: $0.createdIndex, modifiedIndex: $0.modifiedIndex, expiresAt: $0.expiresAt)
    }
  }

  func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? { try reader.member(name, of: key) }

  func members(
    of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool
  ) throws -> [KeyMember] {
    try reader.members(of: key, after: name, limit: limit, descending: descending)
      .map { KeyMember(name: $0.name, value: $0.value) }
  }

  func keys(
    endingFrom start: Int64, after key: [UInt8]?, before moment: Int64, limit: Int
  ) throws -> [ScannedKey] {
    try reader.keys(endingFrom: start, after: key, before: moment, limit: limit).map(ScannedKey.init)
  }

  func member(at place: Int, of key: [UInt8]) throws -> KeyMember? {
    try reader.member(at: place, of: key).map { KeyMember(name: $0.name, value: $0.value) }
  }
  func anyKey(_ random: UInt64) throws -> ScannedKey? {
    try reader.anyKey(random).map(ScannedKey.init)
  }

  func count() throws -> Int { try reader.count() }
  func expiringKeys() throws -> (count: Int, averageEnd: Int64) { try reader.expiringKeys() }

  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] {
    try reader.keys(after: key, limit: limit).map(ScannedKey.init)
  }

  func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool { ReplicaReader.precedes(a, b) }
  func appliedIndex() throws -> LogIndex { try reader.appliedIndex() }

  var isHoldingSnapshot: Bool { reader.isHoldingSnapshot }
  func holdSnapshot() throws { try reader.holdSnapshot() }
  func releaseSnapshot() { reader.releaseSnapshot() }

  /// The reads of one turn of the event loop share a snapshot.
  func shareSnapshot() throws {
    try reader.holdSnapshot()
    guard !isShared else { return }
    isShared = true
    eventLoop.assumeIsolated().execute { [self] in
      isShared = false
      reader.releaseSnapshot()
    }
  }
}

extension ScannedKey {
  fileprivate init(_ found: StoredKey) {
    self.init(key: found.key, type: found.type, expiresAt: found.expiresAt)
  }
}
