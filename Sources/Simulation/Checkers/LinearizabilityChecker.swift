/// Decides whether a history of one register could have come from operations done one at a time, each at some
/// moment between its question and its answer (Herlihy, Wing 1990).
///
/// The search is Wing and Gong's with Lowe's memory of the states seen (2017), as in Porcupine. An operation of
/// unknown outcome may take effect at any moment after its question, or never.
public struct LinearizabilityChecker<Value: Hashable & Sendable> {
  /// One end of an operation in the list that the search walks.
  private struct Node {
    var operation: Int
    var isCall: Bool
    var match: Int
    var next: Int
    var previous: Int
  }

  private struct Configuration: Hashable {
    var done: [UInt64]
    var value: Value?
  }

  private let operations: [RegisterOperation<Value>]
  /// The list's head is node 0; -1 ends it.
  private var nodes: [Node] = [Node(operation: -1, isCall: true, match: -1, next: -1, previous: -1)]
  private var openReturns = 0

  private init(_ history: [RegisterOperation<Value>]) {
    operations = history
    var ends: [(time: Int64, isReturn: Bool, operation: Int)] = []
    for (index, operation) in operations.enumerated() {
      ends.append((operation.invoked, false, index))
      if operation.outcome != .unknown { ends.append((operation.returned, true, index)) }
    }
    // At one moment calls stand before returns: such operations overlap.
    ends.sort { a, b in
      if a.time != b.time { return a.time < b.time }
      if a.isReturn != b.isReturn { return !a.isReturn }
      return a.operation < b.operation
    }
    var calls = [Int](repeating: -1, count: operations.count)
    for end in ends {
      let place = nodes.count
      nodes.append(
        Node(operation: end.operation, isCall: !end.isReturn, match: -1, next: -1, previous: place - 1))
      nodes[place - 1].next = place
      if end.isReturn {
        nodes[calls[end.operation]].match = place
        openReturns += 1
      } else {
        calls[end.operation] = place
      }
    }
  }

  /// Whether the history of a register that held `initial` at first is linearizable.
  public static func isLinearizable(
    _ history: [RegisterOperation<Value>], initial: Value? = nil
  ) -> Bool {
    var search = LinearizabilityChecker(withoutUnseenWrites(history))
    return search.run(initial)
  }

  /// Leaves out each write of unknown outcome whose value nobody saw: if there is an order at all, there is one
  /// without it, because what it could have shown was never looked at.
  private static func withoutUnseenWrites(_ history: [RegisterOperation<Value>]) -> [RegisterOperation<Value>]
  {
    var seen: Set<Value> = []
    for case .done(let value?) in history.map(\.outcome) { seen.insert(value) }
    return history.filter { operation in
      guard operation.outcome == .unknown else { return true }
      switch operation.action {
      case .get: return false
      case .put(let value): return value.map { seen.contains($0) } ?? true
      case .putIfAbsent(let value): return seen.contains(value)
      }
    }
  }

  private mutating func run(_ initial: Value?) -> Bool {
    var value = initial
    var done = [UInt64](repeating: 0, count: (operations.count + 63) / 64)
    var known: Set<Configuration> = []
    var path: [(node: Int, value: Value?)] = []
    var node = nodes[0].next
    while openReturns > 0 {
      if node >= 0, nodes[node].isCall {
        let operation = nodes[node].operation
        if case .possible(let after) = Self.step(operations[operation], from: value) {
          done[operation / 64] |= 1 << UInt64(operation % 64)
          if known.insert(Configuration(done: done, value: after)).inserted {
            path.append((node, value))
            value = after
            lift(node)
            node = nodes[0].next
            continue
          }
          done[operation / 64] &= ~(1 << UInt64(operation % 64))
        }
        node = nodes[node].next
        continue
      }
      // A return is reached before its call has been put in order: what was tried last was wrong.
      guard let last = path.popLast() else { return false }
      let operation = nodes[last.node].operation
      done[operation / 64] &= ~(1 << UInt64(operation % 64))
      value = last.value
      unlift(last.node)
      node = nodes[last.node].next
    }
    return true
  }

  private enum Step {
    case impossible
    case possible(Value?)
  }

  private static func step(_ operation: RegisterOperation<Value>, from value: Value?) -> Step {
    switch (operation.action, operation.outcome) {
    case (.get, .done(let seen)), (.putIfAbsent, .done(let seen)):
      if seen != value { return .impossible }
    case (.put, _), (_, .unknown): break
    }
    return switch operation.action {
    case .put(let new): .possible(new)
    case .get: .possible(value)
    case .putIfAbsent(let new): .possible(value ?? new)
    }
  }

  private mutating func lift(_ call: Int) {
    unlink(call)
    if nodes[call].match >= 0 {
      unlink(nodes[call].match)
      openReturns -= 1
    }
  }

  private mutating func unlift(_ call: Int) {
    if nodes[call].match >= 0 {
      relink(nodes[call].match)
      openReturns += 1
    }
    relink(call)
  }

  private mutating func unlink(_ node: Int) {
    let (previous, next) = (nodes[node].previous, nodes[node].next)
    nodes[previous].next = next
    if next >= 0 { nodes[next].previous = previous }
  }

  private mutating func relink(_ node: Int) {
    let (previous, next) = (nodes[node].previous, nodes[node].next)
    nodes[previous].next = node
    if next >= 0 { nodes[next].previous = node }
  }
}
