import Foundation
import Replication
import Storage

/// Entries that one thread reads while another uses those before them.
final class EntryBatches: @unchecked Sendable {
  private static let batchBytes = 6 << 20
  private static let batchCount = 16_384
  private let condition = NSCondition()
  private var ready: PreparedEntries?
  private var isAtEnd = false
  private var isAbandoned = false
  private var failure: (any Error)?

  /// - Parameter next: Called on the reading thread until it returns nil.
  init(_ next: @escaping () throws -> (entry: Entry, checksum: UInt64)?) {
    let reading = Reading(next: next)
    let thread = Thread { [self] in read(reading) }
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// The next batch; nil at the end.
  func next() throws -> PreparedEntries? {
    condition.lock()
    defer { condition.unlock() }
    while ready == nil, !isAtEnd { condition.wait() }
    if let failure { throw failure }
    defer { ready = nil }
    condition.broadcast()
    return ready
  }

  /// Uses all batches in order.
  func forEach(_ body: (PreparedEntries) throws -> Void) throws {
    defer { abandon() }
    while let batch = try next() { try body(batch) }
  }

  /// Ends the reading, and waits for it.
  private func abandon() {
    condition.withLock {
      isAbandoned = true
      condition.broadcast()
      while !isAtEnd { condition.wait() }
    }
  }

  private struct Reading: @unchecked Sendable {
    var next: () throws -> (entry: Entry, checksum: UInt64)?
  }

  private func read(_ reading: Reading) {
    do {
      var entries: [Entry] = []
      var checksums: [UInt64] = []
      var bytes = 0
      while let (entry, checksum) = try reading.next() {
        entries.append(entry)
        checksums.append(checksum)
        bytes += entry.approximateSize
        if bytes > Self.batchBytes || entries.count >= Self.batchCount {
          guard hand(over: PreparedEntries(entries, checksums: checksums)) else { break }
          (entries, checksums, bytes) = ([], [], 0)
        }
      }
      if !entries.isEmpty { _ = hand(over: PreparedEntries(entries, checksums: checksums)) }
    } catch {
      condition.withLock { failure = error }
    }
    condition.withLock {
      isAtEnd = true
      condition.broadcast()
    }
  }

  private func hand(over batch: PreparedEntries) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while ready != nil, !isAbandoned { condition.wait() }
    if isAbandoned { return false }
    ready = batch
    condition.broadcast()
    return true
  }
}
