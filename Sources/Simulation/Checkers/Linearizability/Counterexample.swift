/// Why a history is not linearizable: how far an order can be found, and what cannot follow.
///
/// The history up to the moment at which `blocked` was answered has no order; up to just before it has one.
public struct Counterexample<Model: SequentialModel>: Sendable, CustomStringConvertible {
  /// What the operations are held against.
  public let model: Model
  /// The object; nil if there is only one.
  public let part: String?
  /// How many operations the object has.
  public let total: Int
  /// An order for the longest beginning that has one.
  public let order: [ClientOperation<Model>]
  /// What the object holds after it.
  public let state: Model.State
  /// The operation that no order can explain together with what came before its answer.
  public let blocked: ClientOperation<Model>
  /// What else had been asked by then and is not in the order, by invocation.
  public let around: [ClientOperation<Model>]

  /// How many of the last operations of the order are shown.
  private static var shown: Int { 12 }

  /// The explanation for people, several lines.
  public var description: String {
    var lines = [
      "\(part ?? "the history") is not linearizable: no order explains the answer at \(blocked.returned)"
    ]
    lines.append("  the longest order that explains all earlier answers (\(order.count) of \(total)):")
    if order.count > Self.shown { lines.append("    ... \(order.count - Self.shown) before") }
    lines += order.suffix(Self.shown).map { "    " + line($0) }
    lines.append("  after which it holds: \(model.describe(state))")
    lines.append("  cannot be placed:")
    lines.append("    " + line(blocked))
    if !around.isEmpty {
      lines.append("  asked before that answer, and still to be placed:")
      lines += around.map { "    " + line($0) }
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ operation: ClientOperation<Model>) -> String {
    let end = operation.isUnknown ? "?" : String(operation.returned)
    return "[\(operation.invoked), \(end)] client \(operation.client): "
      + model.describe(operation.input, operation.output)
  }
}
