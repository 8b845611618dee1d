import Foundation

/// A queue that one thread of its own empties, many items at a time.
///
/// While the thread works on a batch the next one fills: that is what makes group commit and large sorted
/// applies come about by themselves.
final class WorkerThread<Item: Sendable>: @unchecked Sendable {
  // Guarded by `condition`, all of it.
  private let condition = NSCondition()
  private var items: [Item] = []
  private var stopping = false
  private var stopped = false
  private var waiting = false
  private var isUrgent = false

  private let name: String

  private let patience: TimeInterval
  private let niceness: Int32

  /// Describes a thread; `niceness` is added to its own.
  init(name: String, patience: TimeInterval = 0, niceness: Int32 = 0) {
    self.name = name
    self.patience = patience
    self.niceness = niceness
  }

  /// Starts the thread. `work` gets what has come since the last call, in order; it runs until `stop`.
  func start(_ work: @escaping @Sendable ([Item]) -> Void) {
    let thread = Thread { [self] in
      // 0 is the calling thread on Linux.
      if niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
      while let batch = next() { work(batch) }
      condition.lock()
      stopped = true
      condition.broadcast()
      condition.unlock()
    }
    thread.name = name
    thread.start()
  }

  /// Adds an item, from any thread. One that is not urgent may wait for `patience`, so that more come together.
  func submit(_ item: Item, urgent: Bool = true) {
    condition.lock()
    items.append(item)
    if urgent { isUrgent = true }
    let wake = waiting && (urgent || items.count == 1)
    condition.unlock()
    if wake { condition.signal() }
  }

  /// Adds an item that must not be lost; false once `stop` was called, after which nobody may look at it.
  func submitUnlessStopping(_ item: Item) -> Bool {
    condition.lock()
    guard !stopping else {
      condition.unlock()
      return false
    }
    items.append(item)
    isUrgent = true
    let wake = waiting
    condition.unlock()
    if wake { condition.signal() }
    return true
  }

  /// Whether `stop` was called.
  var isStopping: Bool {
    condition.lock()
    defer { condition.unlock() }
    return stopping
  }

  /// Lets the thread finish what is queued and waits for its end; call it off the event loop.
  func stop() {
    condition.lock()
    stopping = true
    condition.broadcast()
    while !stopped { condition.wait() }
    condition.unlock()
  }

  private func next() -> [Item]? {
    condition.lock()
    defer { condition.unlock() }
    while items.isEmpty {
      if stopping { return nil }
      waiting = true
      condition.wait()
      waiting = false
    }
    let latest = Date(timeIntervalSinceNow: patience)
    while !isUrgent, !stopping {
      waiting = true
      let isWoken = condition.wait(until: latest)
      waiting = false
      if !isWoken { break }
    }
    isUrgent = false
    defer { items = [] }
    return items
  }
}
