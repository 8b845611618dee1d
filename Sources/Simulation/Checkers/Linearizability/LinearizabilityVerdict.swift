/// What a check has found.
public enum LinearizabilityVerdict<Model: SequentialModel>: Sendable {
  /// There is an order that explains all answers.
  case linearizable
  /// There is none.
  case notLinearizable(Counterexample<Model>)
  /// The search was given up before it could tell; says why. Never to be taken for a good one.
  case unknown(String)

  /// Whether the history is certainly linearizable.
  public var holds: Bool {
    if case .linearizable = self { true } else { false }
  }

  /// Whether the history is certainly not linearizable.
  public var fails: Bool {
    if case .notLinearizable = self { true } else { false }
  }

  /// What is wrong, if the history is not linearizable.
  public var counterexample: Counterexample<Model>? {
    if case .notLinearizable(let counterexample) = self { counterexample } else { nil }
  }
}

/// How much a check may cost before it is given up.
public struct LinearizabilityBudget: Hashable, Sendable {
  /// How many configurations (a set of operations done, and the state after them) may be looked at, for each part.
  public var configurations: Int
  /// How long all of it may take; nil for as long as it needs. With it a verdict may differ from run to run between
  /// unknown and another one.
  public var time: Duration?

  /// Makes a budget. A million configurations take some hundred megabytes and a few seconds.
  public init(configurations: Int = 1_000_000, time: Duration? = nil) {
    self.configurations = configurations
    self.time = time
  }
}
