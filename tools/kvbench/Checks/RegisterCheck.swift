import Simulation

/// Checks a history of registers and words what is wrong with it.
enum RegisterCheck {
  /// What is wrong with the history of a register that was empty at first; nil if nothing is.
  static func verdict(on name: String, _ history: [RegisterRecord]) -> String? {
    guard !LinearizabilityChecker.isLinearizable(history.map(operation)) else { return nil }
    let lines = history.map { record in
      let end = record.outcome == .unknown ? "?" : "\(record.returned)"
      return "    \(record.invoked)...\(end) \(record.action) \(record.outcome)"
    }
    return "\(name): the history is not linearizable:\n" + lines.joined(separator: "\n")
  }

  private static func operation(_ record: RegisterRecord) -> RegisterOperation<UInt64> {
    RegisterOperation(
      action:
        switch record.action
      {
      case .put(let value): .put(value)
      case .get: .get
      case .putIfAbsent(let value): .putIfAbsent(value)
      },
      invoked: record.invoked, returned: record.returned,
      outcome:
        switch record.outcome
      {
      case .done(let seen): .done(seen: seen)
      case .unknown: .unknown
      })
  }
}
