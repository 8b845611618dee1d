/// One key with one value, or none.
public struct RegisterModel<Value: Hashable & Sendable>: SequentialModel {
  /// What was asked for.
  public enum Input: Hashable, Sendable {
    /// What does the register hold?
    case get
    /// It holds the value from now on; nil empties it.
    case put(Value?)
    /// It holds the value from now on if it was empty. Answers what it held before, or whether it was stored.
    case putIfAbsent(Value)
    /// It holds `to` from now on if it held `from`. Answers whether it did.
    case compareAndSet(from: Value?, to: Value?)
    /// It is empty from now on. Answers whether it held something.
    case delete
    /// It holds the value from now on. Answers what it held before.
    case getAndSet(Value?)
  }

  /// What the register holds at first.
  public let initial: Value?

  /// A register.
  public init(initial: Value? = nil) { self.initial = initial }

  /// The state after an operation; nil if the answer does not fit.
  public func step(_ state: Value?, _ input: Input, _ output: Answer<Value>?) -> Value?? {
    let holds: Bool
    let after: Value?
    switch input {
    case .get: (holds, after) = (state != nil, state)
    case .put(let value), .getAndSet(let value): (holds, after) = (state != nil, value)
    case .putIfAbsent(let value): (holds, after) = (state == nil, state ?? value)
    case .compareAndSet(let from, let to): (holds, after) = (state == from, state == from ? to : state)
    case .delete: (holds, after) = (state != nil, nil)
    }
    switch output {
    case .value(let seen) where seen != state: return .none
    case .flag(let flag) where flag != holds: return .none
    default: return .some(after)
    }
  }

  /// Reads, and conditions that did not hold.
  public func isRead(_ input: Input, _ output: Answer<Value>) -> Bool {
    switch (input, output) {
    case (.get, _), (.putIfAbsent, .flag(false)), (.compareAndSet, .flag(false)): true
    case (.putIfAbsent, .value(let seen)): seen != nil
    case (.delete, .flag(false)): true
    default: false
    }
  }

  /// Takes all values that nobody can tell apart for one, and leaves out what explains nothing.
  ///
  /// A value that no answer shows and no condition names can only be told from none at all and from named values, so
  /// any other such value can stand for it.
  ///
  /// A lost write of one explains nothing if, in addition, no answer says merely that the register held something,
  /// or something else than was asked for. Take such a write out of an order that works: up to the next change no
  /// answered operation saw the value, and a lost one that did nothing then can be taken out too.
  public func simplified(_ history: [ClientOperation<Self>]) -> [ClientOperation<Self>?] {
    let sight = Sight(history)
    var standIn: Value?
    func known(_ value: Value) -> Value {
      if sight.named.contains(value) || value == initial { return value }
      if standIn == nil { standIn = value }
      return standIn ?? value
    }
    return history.map { operation in
      var simple = operation
      switch operation.input {
      case .get: if operation.isUnknown { return nil }
      case .put(let value), .getAndSet(let value):
        if let value, operation.isUnknown, sight.needsNo(value) { return nil }
        // Without an answer both are the same.
        let isSwap = operation.input == .getAndSet(value) && !operation.isUnknown
        simple.input = isSwap ? .getAndSet(value.map(known)) : .put(value.map(known))
      case .putIfAbsent(let value):
        simple.input = .putIfAbsent(known(value))
        if operation.isUnknown, sight.needsNo(value) { return nil }
      case .compareAndSet(let from, let to): simple.input = .compareAndSet(from: from, to: to.map(known))
      case .delete: if operation.isUnknown { simple.input = .put(nil) }
      }
      return simple
    }
  }

  /// What the answers and conditions of a history can tell of the values.
  private struct Sight {
    /// Values that an answer shows or a condition names.
    var named: Set<Value> = []
    /// Some answer says that the register held something, or something else than was asked for.
    var somethingElse = false

    init(_ history: [ClientOperation<RegisterModel>]) {
      for operation in history {
        switch (operation.output, operation.input) {
        case (.value(let value?), _): named.insert(value)
        case (.flag(let flag), .compareAndSet), (.flag(let flag), .putIfAbsent):
          somethingElse = somethingElse || !flag
        case (.flag(let flag), _): somethingElse = somethingElse || flag
        default: break
        }
        if case .compareAndSet(let from?, _) = operation.input { named.insert(from) }
      }
    }

    func needsNo(_ value: Value) -> Bool { !somethingElse && !named.contains(value) }
  }
}
