import Synchronization

/// Everything that clients did to one object, and what they saw.
final class ObjectHistory<Operation: Sendable>: Sendable {
  /// The keys that the object consists of.
  let keys: [String]
  private let records = Mutex<[(operation: Operation, isVoid: Bool)]>([])

  init(keys: [String]) { self.keys = keys }

  var count: Int { records.withLock { $0.count } }

  /// What may have happened, in the order in which it was asked for.
  var operations: [Operation] { records.withLock { $0.filter { !$0.isVoid }.map(\.operation) } }

  /// Notes an operation before it is sent; its outcome is unknown until `end`.
  func begin(_ operation: Operation) -> Int {
    records.withLock {
      $0.append((operation, false))
      return $0.count - 1
    }
  }

  func end(_ place: Int, _ change: (inout Operation) -> Void) {
    records.withLock { change(&$0[place].operation) }
  }

  /// Notes that an operation was certainly not done.
  func void(_ place: Int) { records.withLock { $0[place].isVoid = true } }
}
