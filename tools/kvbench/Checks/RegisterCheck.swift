import Simulation

/// Checks the histories of registers.
enum RegisterCheck {
  /// What is wrong with the history of a register that was empty at first; nil if nothing is.
  static func finding(on name: String, _ history: [RegisterRecord]) -> Finding? {
    switch LinearizabilityChecker.check(history.map(operation), RegisterModel<UInt64>()) {
    case .linearizable: nil
    case .notLinearizable(let counterexample): Finding(text: "\(name): \(counterexample)")
    case .unknown(let reason): Finding(text: "\(name): not decided: \(reason)", isViolation: false)
    }
  }

  private static func operation(_ record: RegisterRecord) -> ClientOperation<RegisterModel<UInt64>> {
    let input: RegisterModel<UInt64>.Input
    switch record.action {
    case .put(let value): input = .put(value)
    case .get: input = .get
    case .putIfAbsent(let value): input = .putIfAbsent(value)
    }
    guard case .done(let seen) = record.outcome else {
      return ClientOperation(input, invoked: record.invoked)
    }
    if case .put = record.action {
      return ClientOperation(input, invoked: record.invoked, returned: record.returned, output: .done)
    }
    return ClientOperation(input, invoked: record.invoked, returned: record.returned, output: .value(seen))
  }
}
