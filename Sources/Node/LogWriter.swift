import Foundation
import Replication
import Storage

/// Puts the core's writes on disk on a thread of its own: one transaction and one fsync for all that wait.
///
/// The thread owns the `LogStore` from `start` to `stop`. A write that fails is reported once, and nothing is
/// written after it: what a failed fsync left behind is known only after a restart (design 4.11). One that finds no
/// room has changed nothing: it takes the reserve, or waits for room. A master that waits for long steps down.
final class LogWriter: Sendable {
  private static let roomInterval: TimeInterval = 0.05

  private let worker = WorkerThread<LogWrite>(name: "kvorum-log", patience: 0.01)

  /// `onPersisted` gets the writes that became durable, in order; `onNoRoom` is told whenever the disk has none. All
  /// closures run on the writer's thread.
  func start(
    store: LogStore, reserve: DiskReserve, onPersisted: @escaping @Sendable ([LogWrite]) -> Void,
    onNoRoom: @escaping @Sendable () -> Void, onFailure: @escaping @Sendable (any Error) -> Void
  ) {
    let failed = FailureFlag()
    worker.start { [worker] batch in
      while !failed.isSet {
        do {
          try store.write(batch)
          return onPersisted(batch)
        } catch let error as StorageError where error.kind == .noRoom && !worker.isStopping {
          if !reserve.release() { Thread.sleep(forTimeInterval: Self.roomInterval) }
          onNoRoom()
        } catch {
          failed.isSet = true
          onFailure(error)
        }
      }
    }
  }

  /// A write that nobody waits for may be kept for 10 ms, to share its fsync with more.
  func submit(_ write: LogWrite, urgent: Bool) { worker.submit(write, urgent: urgent) }

  /// Finishes what is queued; call it off the event loop.
  func stop() { worker.stop() }
}

/// Touched by the writer's thread alone.
private final class FailureFlag: @unchecked Sendable {
  var isSet = false
}
