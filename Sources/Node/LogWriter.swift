import Replication
import Storage

/// Puts the core's writes on disk on a thread of its own: one transaction and one fsync for all that wait.
///
/// The thread owns the `LogStore` from `start` to `stop`. A write that fails is reported once, and nothing is
/// written after it: what a failed fsync left behind is known only after a restart (design 4.11).
final class LogWriter: Sendable {
  private let worker = WorkerThread<LogWrite>(name: "kvorum-log", patience: 0.01)

  /// `onPersisted` gets the writes that became durable, in order; both closures run on the writer's thread.
  func start(
    store: LogStore, onPersisted: @escaping @Sendable ([LogWrite]) -> Void,
    onFailure: @escaping @Sendable (any Error) -> Void
  ) {
    let failed = FailureFlag()
    worker.start { batch in
      guard !failed.isSet else { return }
      do {
        try store.write(batch)
        onPersisted(batch)
      } catch {
        failed.isSet = true
        onFailure(error)
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
