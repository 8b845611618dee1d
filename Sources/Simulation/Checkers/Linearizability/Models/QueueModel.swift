/// A first-in first-out queue, the example of the literature.
public struct QueueModel<Value: Hashable & Sendable>: SequentialModel {
  /// What was asked for.
  public enum Input: Hashable, Sendable {
    /// Adds to the end.
    case enqueue(Value)
    /// Takes from the front. Answers what was there, or nil if the queue was empty.
    case dequeue
  }

  /// Empty.
  public var initial: [Value] { [] }

  /// An empty queue.
  public init() {}

  /// The state after an operation; nil if the answer does not fit.
  public func step(_ state: [Value], _ input: Input, _ output: Answer<Value>?) -> [Value]? {
    switch input {
    case .enqueue(let value): return state + [value]
    case .dequeue:
      if case .value(let seen) = output, seen != state.first { return nil }
      if case .flag(let flag) = output, flag != !state.isEmpty { return nil }
      return Array(state.dropFirst())
    }
  }

  /// A `dequeue` that found nothing.
  public func isRead(_ input: Input, _ output: Answer<Value>) -> Bool {
    input == .dequeue && (output == .value(nil) || output == .flag(false))
  }
}
