import Foundation
import Replication
import Storage
import Transport

/// Applies committed entries to replica.db on a thread of its own, behind the commit path.
///
/// The thread owns the `ReplicaWriter`; `submit`, `urge` and `stop` may be called from any thread.
final class Applier: @unchecked Sendable {
  // Guarded by `condition`: everything but `writer`, which only the thread touches.
  private let condition = NSCondition()
  private var pending: [Entry] = []
  private var pendingBytes = 0
  private var lastArrival: Instant = .distantPast
  private var jobs: [Job] = []
  private var urgent = false
  private var stopping = false
  private var stopped = false

  /// Something else that is to be done with the replica, between two batches; what it throws ends the node. It is given
  /// nil if it will not be done.
  typealias Job = @Sendable (ReplicaWriter?) throws -> Void

  private let writer: ReplicaWriter
  private let onApplied: @Sendable (LogIndex, ContentPoint) -> Void
  private let onNoRoom: @Sendable () -> Void
  private let onFailure: @Sendable (any Error) -> Void

  /// Calls `onNoRoom` whenever the disk has no room; then the entries wait, and nothing is lost by that.
  init(
    writer: ReplicaWriter, onApplied: @escaping @Sendable (LogIndex, ContentPoint) -> Void,
    onNoRoom: @escaping @Sendable () -> Void, onFailure: @escaping @Sendable (any Error) -> Void
  ) {
    self.writer = writer
    self.onApplied = onApplied
    self.onNoRoom = onNoRoom
    self.onFailure = onFailure
  }

  func start() {
    let thread = Thread { [self] in run() }
    thread.name = "kvorum-applier"
    thread.start()
  }

  /// Takes committed entries, in order of their index.
  func submit(_ entries: [Entry], at now: Instant) {
    let bytes = entries.reduce(0) { $0 + $1.approximateSize }
    condition.lock()
    pending += entries
    pendingBytes += bytes
    lastArrival = now
    condition.unlock()
    condition.signal()
  }

  /// Applies what is pending without waiting for more, because somebody waits for it.
  func urge() {
    condition.lock()
    urgent = true
    condition.unlock()
    condition.signal()
  }

  /// Does something with the replica before the next batch.
  func perform(_ job: @escaping Job) {
    condition.lock()
    let isTaken = !stopping
    if isTaken { jobs.append(job) }
    condition.unlock()
    if isTaken { condition.signal() } else { try? job(nil) }
  }

  /// Applies what is pending and ends the thread; call it off the event loop.
  func stop() {
    condition.lock()
    stopping = true
    condition.broadcast()
    while !stopped { condition.wait() }
    condition.unlock()
  }

  /// Added to the thread's niceness: it uses what the commit path leaves, and catches up when that has to wait.
  static let niceness: Int32 = 12
  private static let roomInterval: TimeInterval = 0.2

  private func run() {
    // 0 is the calling thread on Linux.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
    var pacer = ApplyPacer()
    while let (jobs, batch) = next(pacer) {
      do {
        for job in jobs { try job(writer) }
        guard !batch.isEmpty else { continue }
        guard try apply(batch) else { break }
      } catch {
        onFailure(error)
        break
      }
      pacer.finished(entries: batch.count, at: BootClock.now())
      // After an installation the replica may stand above a batch that it has skipped.
      let content = ContentPoint(index: writer.applied, checksum: writer.contentChecksum)
      onApplied(batch[batch.count - 1].index, content)
    }
    condition.lock()
    stopping = true
    let undone = jobs
    jobs = []
    condition.unlock()
    for job in undone { try? job(nil) }
    condition.lock()
    stopped = true
    condition.broadcast()
    condition.unlock()
  }

  /// Applies a batch, however long that waits for room; false if the node ends before there is any.
  private func apply(_ batch: [Entry]) throws -> Bool {
    while true {
      do {
        try writer.apply(batch)
        return true
      } catch let error as StorageError where error.kind == .noRoom {
        onNoRoom()
        condition.lock()
        defer { condition.unlock() }
        if !stopping { _ = condition.wait(until: Date(timeIntervalSinceNow: Self.roomInterval)) }
        // What the log holds is applied at the next start.
        if stopping { return false }
      }
    }
  }

  private func next(_ pacer: ApplyPacer) -> (jobs: [Job], batch: [Entry])? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if !jobs.isEmpty {
        defer { jobs = [] }
        return (jobs, [])
      }
      if pending.isEmpty {
        if stopping { return nil }
        urgent = false
        condition.wait()
        continue
      }
      let wait = pacer.wait(
        pending: pending.count, bytes: pendingBytes, lastArrival: lastArrival,
        urgent: urgent || stopping, at: BootClock.now())
      if wait <= 0 { break }
      _ = condition.wait(until: Date(timeIntervalSinceNow: Double(wait) / 1e9))
    }
    urgent = false
    let batch = takeBatch()
    return ([], batch)
  }

  /// What is pending, up to the next entry at which all nodes compare what they hold.
  private func takeBatch() -> [Entry] {
    guard let first = pending.first?.index, let last = pending.last?.index else { return [] }
    let border = (first + ContentCheck.interval - 1) / ContentCheck.interval * ContentCheck.interval
    guard border < last else {
      defer { (pending, pendingBytes) = ([], 0) }
      return pending
    }
    let count = Int(border - first) + 1
    let batch = Array(pending[..<count])
    pending.removeFirst(count)
    pendingBytes = pending.reduce(0) { $0 + $1.approximateSize }
    return batch
  }
}
