import Foundation
import Replication
import Storage

/// Reads the whole replica again and again, slowly, so that a row that has decayed is known before somebody needs it.
final class Scrubber: @unchecked Sendable {
  private static let firstWait: TimeInterval = 1

  // Guarded by `condition`.
  private let condition = NSCondition()
  private var stopping = false
  private var stopped = false

  private let directory: String
  private let bytesPerSecond: Int64
  private let interval: TimeInterval
  private let onDamage: @Sendable (any Error) -> Void

  /// - Parameters:
  ///   - interval: How long it rests between two passes.
  ///   - onDamage: Called once, on the thread, if something is not what was written.
  init(
    directory: String, bytesPerSecond: Int64, interval: TimeInterval,
    onDamage: @escaping @Sendable (any Error) -> Void
  ) {
    self.directory = directory
    self.bytesPerSecond = bytesPerSecond
    self.interval = interval
    self.onDamage = onDamage
  }

  func start() {
    let thread = Thread { [self] in
      // 0 is the calling thread on Linux.
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Applier.niceness)
      run()
      condition.withLock {
        stopped = true
        condition.broadcast()
      }
    }
    thread.name = "kvorum-scrub"
    thread.start()
  }

  /// Ends the thread; call it off the event loop.
  func stop() {
    condition.withLock {
      stopping = true
      condition.broadcast()
      while !stopped { condition.wait() }
    }
  }

  private func run() {
    do {
      guard rest(Self.firstWait) else { return }
      let scrub = try ReplicaScrub(directory: directory)
      while true {
        var step = try scrub.step()
        while !step.isAtEnd {
          guard rest(Double(step.bytes) / Double(max(1, bytesPerSecond))) else { return }
          step = try scrub.step()
        }
        try scrub.checkSum()
        guard rest(interval) else { return }
      }
    } catch let error as StorageError where error.kind == .damaged {
      onDamage(error)
    } catch {
      // What is more than damage is found by those who need the file.
    }
  }

  /// False if the node ends.
  private func rest(_ time: TimeInterval) -> Bool {
    let end = Date(timeIntervalSinceNow: time)
    condition.lock()
    defer { condition.unlock() }
    while !stopping {
      guard condition.wait(until: end) else { break }
    }
    return !stopping
  }
}
