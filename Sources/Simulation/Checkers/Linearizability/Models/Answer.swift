/// What a register or a counter answers.
public enum Answer<Value: Hashable & Sendable>: Hashable, Sendable, CustomStringConvertible {
  /// It was done; what it saw is not told.
  case done
  /// What was, or is, held; nil if nothing.
  case value(Value?)
  /// Whether the condition held: stored, swapped, or there was something to delete.
  case flag(Bool)

  /// For people.
  public var description: String {
    switch self {
    case .done: "done"
    case .value(let value): value.map { HistoryText.of($0) } ?? "nil"
    case .flag(let flag): "\(flag)"
    }
  }
}
