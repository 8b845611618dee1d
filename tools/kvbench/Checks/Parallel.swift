import Dispatch
import Synchronization

/// Checks many things on all cores, and gives what is wrong.
func parallel<Item: Sendable>(_ items: [Item], _ check: @Sendable (Item) -> Finding?) -> [Finding] {
  let found = Mutex<[Int: Finding]>([:])
  DispatchQueue.concurrentPerform(iterations: items.count) { place in
    if let fault = check(items[place]) { found.withLock { $0[place] = fault } }
  }
  return found.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
}
