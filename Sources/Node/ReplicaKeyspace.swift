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
        value: $0.value, version: UInt64($0.version), createdIndex: $0.createdIndex,
        modifiedIndex: $0.modifiedIndex, expiresAt: $0.expiresAt)
    }
  }

  func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]? { fatalError("not yet") }
  func members(of key: [UInt8], after name: [UInt8]?, limit: Int) throws -> [KeyMember] {
    fatalError("not yet")
  }
  func keys(endingFrom start: Int64, before moment: Int64, limit: Int) throws -> [ScannedKey] { [] }

  func count() throws -> Int { try reader.count() }
  func expiringKeys() throws -> (count: Int, averageEnd: Int64) { try reader.expiringKeys() }

  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey] {
    try reader.keys(after: key, limit: limit).map { ScannedKey(key: $0.key, expiresAt: $0.expiresAt) }
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
