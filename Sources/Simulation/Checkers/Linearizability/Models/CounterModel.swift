/// One key that holds a whole number.
public struct CounterModel: SequentialModel {
  /// What was asked for.
  public enum Input: Hashable, Sendable {
    /// What does it hold?
    case get
    /// Adds to it; one that holds nothing counts as 0. Answers what it holds then. A sum that is too large is an
    /// error and changes nothing.
    case increment(by: Int64)
  }

  /// Nothing.
  public var initial: Int64? { nil }

  /// A counter.
  public init() {}

  /// The state after an operation; nil if the answer does not fit.
  public func step(_ state: Int64?, _ input: Input, _ output: Answer<Int64>?) -> Int64?? {
    var after = state
    if case .increment(let amount) = input {
      let (sum, overflow) = (state ?? 0).addingReportingOverflow(amount)
      guard !overflow else { return output == nil ? .some(state) : .none }
      after = sum
    }
    switch output {
    case .value(let seen) where seen != after: return .none
    case .flag(let flag) where flag != (state != nil): return .none
    default: return .some(after)
    }
  }

  /// A `get`.
  public func isRead(_ input: Input, _ output: Answer<Int64>) -> Bool { input == .get }
}
