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

  private let name: String

  init(name: String) { self.name = name }

  /// Starts the thread. `work` gets what has come since the last call, in order; it runs until `stop`.
  func start(_ work: @escaping @Sendable ([Item]) -> Void) {
    let thread = Thread { [self] in
      while let batch = next() { work(batch) }
      condition.lock()
      stopped = true
      condition.broadcast()
      condition.unlock()
    }
    thread.name = name
    thread.start()
  }

  /// Adds an item, from any thread.
  func submit(_ item: Item) {
    condition.lock()
    items.append(item)
    let wake = waiting
    condition.unlock()
    if wake { condition.signal() }
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
    defer { items = [] }
    return items
  }
}
