/// One key whose value only grows at its end: a string with APPEND, or a list.
///
/// A whole read shows every append before it and their order, which makes this the sharpest of the small models.
public struct AppendModel<Element: Hashable & Sendable>: SequentialModel {
  /// What was asked for.
  public enum Input: Hashable, Sendable {
    /// The whole value.
    case get
    /// Adds to the end. Answers the new length.
    case append([Element])
  }

  /// What is answered.
  public enum Output: Hashable, Sendable {
    /// It was done; the new length is not told.
    case done
    /// The new length.
    case length(Int)
    /// The whole value; empty also if there is none.
    case content([Element])
  }

  /// Empty.
  public var initial: [Element] { [] }

  /// An empty value.
  public init() {}

  /// The state after an operation; nil if the answer does not fit.
  public func step(_ state: [Element], _ input: Input, _ output: Output?) -> [Element]? {
    var after = state
    if case .append(let more) = input { after += more }
    switch output {
    case .length(let length) where length != after.count: return nil
    case .content(let content) where content != after: return nil
    default: return after
    }
  }

  /// A `get`.
  public func isRead(_ input: Input, _ output: Output) -> Bool { input == .get }

  /// Both as text, if the elements are bytes.
  public func describe(_ input: Input, _ output: Output?) -> String {
    let question =
      switch input {
      case .get: "get"
      case .append(let more): "append \(HistoryText.of(more))"
      }
    let answer =
      switch output {
      case nil: "unknown"
      case .done: "done"
      case .length(let length): "length \(length)"
      case .content(let content): HistoryText.of(content)
      }
    return "\(question) -> \(answer)"
  }
}
