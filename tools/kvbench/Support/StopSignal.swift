import Dispatch
import Foundation
import Synchronization

/// Whether the run is to end, by SIGINT, SIGTERM or because whoever started it is gone.
final class StopSignal: Sendable {
  private let requested = Mutex(false)
  private let watches = Mutex<[Watch]>([])

  /// A source is never touched again after it was started; it only must not be freed.
  private final class Watch: @unchecked Sendable {
    private let source: any DispatchSourceSignal

    init(_ number: Int32, _ body: @escaping @Sendable (Int32) -> Void) {
      source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { body(number) }
      source.resume()
    }
  }

  var isRequested: Bool { requested.withLock { $0 } }

  func request() { requested.withLock { $0 = true } }

  /// Calls `body` with each SIGINT and SIGTERM from now on, instead of ending the process.
  func watch(_ body: @escaping @Sendable (Int32) -> Void) {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      watches.withLock { $0.append(Watch(number, body)) }
    }
  }

  /// Sleeps, but not past a request to stop.
  func sleep(for span: Duration) async {
    let deadline = ContinuousClock.now + span
    while !isRequested, ContinuousClock.now < deadline {
      try? await Task.sleep(for: min(.milliseconds(20), deadline - ContinuousClock.now))
    }
  }
}
