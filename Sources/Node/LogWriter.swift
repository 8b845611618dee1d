import Foundation
import Replication
import Storage
import Synchronization

/// Puts the core's writes on disk on a thread of its own: one transaction and one fsync for all that wait.
///
/// The thread owns the `LogStore` from `start` to `stop`. A write that fails is reported once, and nothing is
/// written after it: what a failed fsync left behind is known only after a restart (design 4.11). One that finds no
/// room has changed nothing: it takes the reserve, or waits for room. A master that waits for long steps down.
final class LogWriter: Sendable {
  private static let roomInterval: TimeInterval = 0.05
  /// Entries that go with one write at most: dropping them takes a small part of the time of its fsync.
  private static let trimmedAtOnce: LogIndex = 512

  private enum Item: Sendable {
    case write(LogWrite)
    /// The replica is about to take a snapshot; tells whether that is noted.
    case note(LogBase, @Sendable (Bool) -> Void)
    /// Something may have to be trimmed.
    case trim
  }

  private let worker = WorkerThread<Item>(name: "kvorum-log", patience: 0.01)
  private let trimming = Mutex<LogTrim?>(nil)

  /// What happens on the writer's thread; each closure runs there.
  struct Handlers: Sendable {
    /// These writes are durable, in order.
    var persisted: @Sendable ([LogWrite]) -> Void
    /// The log begins after this entry, as it was asked.
    var trimmed: @Sendable (LogBase) -> Void
    /// The disk has no room.
    var noRoom: @Sendable () -> Void
    /// Nothing is written any more.
    var failed: @Sendable (any Error) -> Void
  }

  func start(store: LogStore, reserve: DiskReserve, _ handlers: Handlers) {
    let state = State()
    worker.start { [self] batch in
      var writes: [LogWrite] = []
      for item in batch {
        switch item {
        case .write(let write): writes.append(write)
        case .note(let base, let done):
          put(writes, store, reserve, state, handlers)
          writes = []
          done(put(state, reserve, handlers) { try store.willInstall(base) })
        case .trim: state.isTrimPlanned = false
        }
      }
      put(writes, store, reserve, state, handlers)
    }
  }

  private func put(
    _ writes: [LogWrite], _ store: LogStore, _ reserve: DiskReserve, _ state: State, _ handlers: Handlers
  ) {
    let trim = trimming.withLock(\.self)
    guard !writes.isEmpty || trim != nil else { return }
    guard put(state, reserve, handlers, { try store.write(writes, trimming: trim) }) else { return }
    if !writes.isEmpty { handlers.persisted(writes) }
    guard let trim else { return }
    guard store.base.index < trim.index else {
      trimming.withLock { $0 = nil }
      return handlers.trimmed(store.base)
    }
    // What is left goes with the next writes, or by itself if there are none.
    guard !state.isTrimPlanned, !worker.isStopping else { return }
    state.isTrimPlanned = true
    worker.submit(.trim, urgent: false)
  }

  private func put(
    _ state: State, _ reserve: DiskReserve, _ handlers: Handlers, _ body: () throws -> Void
  ) -> Bool {
    while !state.hasFailed {
      do {
        try body()
        return true
      } catch let error as StorageError where error.kind == .noRoom && !worker.isStopping {
        if !reserve.release() { Thread.sleep(forTimeInterval: Self.roomInterval) }
        handlers.noRoom()
      } catch {
        state.hasFailed = true
        handlers.failed(error)
      }
    }
    return false
  }

  /// A write that nobody waits for may be kept for 10 ms, to share its fsync with more.
  func submit(_ write: LogWrite, urgent: Bool) { worker.submit(.write(write), urgent: urgent) }

  /// Drops the oldest entries up to an index, a few with each write; one such task at a time.
  func trim(upTo index: LogIndex, within replica: DurableReplica) {
    trimming.withLock { $0 = LogTrim(upTo: index, within: replica, limit: Self.trimmedAtOnce) }
    worker.submit(.trim, urgent: false)
  }

  /// Notes durably that the replica is about to take a snapshot; waits for that, so not for the event loop.
  func willInstall(_ base: LogBase) -> Bool {
    let outcome = Outcome<Bool>()
    guard worker.submitUnlessStopping(.note(base, { outcome.set($0) })) else { return false }
    return outcome.wait()
  }

  /// Finishes what is queued; call it off the event loop.
  func stop() { worker.stop() }

  /// Touched by the writer's thread alone.
  private final class State: @unchecked Sendable {
    var hasFailed = false
    var isTrimPlanned = false
  }
}
