/// What an object does when its operations come one at a time: the specification that a history is held against.
///
/// A model is deterministic: from one state, one input leads to one state. Of an answer it may know more or less (a
/// cut-off answer, a bare OK); an answer that says less fits more states.
public protocol SequentialModel: Sendable {
  /// What a client asks for. Operations of unknown outcome that ask for the same are interchangeable.
  associatedtype Input: Hashable & Sendable
  /// What it is answered.
  associatedtype Output: Hashable & Sendable
  /// What the object holds. Two states are equal exactly if no later operation can tell them apart.
  associatedtype State: Hashable & Sendable

  /// What the object holds before the first operation.
  var initial: State { get }

  /// The state after an operation, or nil if it could not have been answered so in this state.
  ///
  /// `output` is nil if the outcome is unknown: then any answer will do.
  func step(_ state: State, _ input: Input, _ output: Output?) -> State?

  /// Whether an operation that was answered so leaves every state as it is.
  ///
  /// Such an operation can take its place in the order as soon as it fits, which spares the search its other
  /// places. False is always right.
  func isRead(_ input: Input, _ output: Output) -> Bool

  /// Cuts a history into objects that have nothing to do with one another (locality: Herlihy, Wing 1990, theorem 1).
  ///
  /// Every operation belongs to exactly one part; a part keeps the order of the history.
  func partition(_ history: [ClientOperation<Self>]) -> [HistoryPart]

  /// A history that is linearizable exactly if this one is, and easier to check.
  ///
  /// Has one element for each of `history`, which is one part: the operation, or another that can take its place
  /// (with the same times, and an answer exactly if it had one), or nil for one of unknown outcome that explains
  /// nothing. The history itself is always right.
  func simplified(_ history: [ClientOperation<Self>]) -> [ClientOperation<Self>?]

  /// An operation on one line, for people; `output` is nil if the outcome is unknown.
  func describe(_ input: Input, _ output: Output?) -> String

  /// A state on one line, for people.
  func describe(_ state: State) -> String
}

extension SequentialModel {
  /// No operation is known to be a mere read.
  public func isRead(_ input: Input, _ output: Output) -> Bool { false }

  /// One object.
  public func partition(_ history: [ClientOperation<Self>]) -> [HistoryPart] {
    [HistoryPart(name: nil, operations: Array(history.indices))]
  }

  /// As it is.
  public func simplified(_ history: [ClientOperation<Self>]) -> [ClientOperation<Self>?] { history }

  /// Swift's own text of both.
  public func describe(_ input: Input, _ output: Output?) -> String {
    "\(HistoryText.of(input)) -> \(output.map { HistoryText.of($0) } ?? "unknown")"
  }

  /// Swift's own text.
  public func describe(_ state: State) -> String { HistoryText.of(state) }
}

/// The operations of one object.
public struct HistoryPart: Hashable, Sendable {
  /// What people call the object; nil if there is only one.
  public var name: String?
  /// Their places in the history, ascending.
  public var operations: [Int]

  /// Makes a part.
  public init(name: String?, operations: [Int]) {
    self.name = name
    self.operations = operations
  }
}

/// How values of any type are shown.
enum HistoryText {
  static func of<Value>(_ value: Value) -> String {
    switch value {
    case let bytes as [UInt8]: escaped(bytes)
    case let optional as (any OptionalValue): optional.wrapped.map { of($0) } ?? "nil"
    default: "\(value)"
    }
  }

  /// A terminal must show what is there, and nothing else.
  private static func escaped(_ bytes: [UInt8]) -> String {
    let hexadecimal = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      if byte >= 0x20, byte != 0x7F {
        text.append(byte)
      } else {
        text += [
          UInt8(ascii: "\\"), UInt8(ascii: "x"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)],
        ]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

private protocol OptionalValue {
  var wrapped: Any? { get }
}

extension Optional: OptionalValue {
  fileprivate var wrapped: Any? { self }
}
