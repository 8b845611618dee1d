import Replication
import Synchronization

/// A few hot objects, each replaced by a fresh one after so many operations: the search of a linearizability
/// checker grows with the length of a history.
final class RotatingObjects<Operation: Sendable>: Sendable {
  private struct State {
    var hot: [ObjectHistory<Operation>] = []
    var all: [ObjectHistory<Operation>] = []
  }

  private let name: String
  private let parts: [String]
  private let hot: Int
  private let limit: Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - parts: What the names of an object's keys end in, one for each key.
  ///   - hot: How many are in use at once.
  ///   - limit: After how many operations an object is left alone.
  init(name: String, parts: [String] = [""], hot: Int, limit: Int) {
    self.name = name
    self.parts = parts
    self.hot = hot
    self.limit = limit
  }

  var all: [ObjectHistory<Operation>] { state.withLock { $0.all } }

  /// One of the hot objects.
  func draw(_ random: inout SplitMix64) -> ObjectHistory<Operation> {
    let place = random.draw(0...hot - 1)
    return state.withLock { state in
      while state.hot.count <= place { state.hot.append(add(&state)) }
      if state.hot[place].count >= limit { state.hot[place] = add(&state) }
      return state.hot[place]
    }
  }

  private func add(_ state: inout State) -> ObjectHistory<Operation> {
    let number = state.all.count
    let object = ObjectHistory<Operation>(keys: parts.map { "\(name):\(number)\($0)" })
    state.all.append(object)
    return object
  }
}
