/// Many objects of one kind, each under its key.
public struct KeyedModel<Key: Hashable & Sendable, Base: SequentialModel>: SequentialModel {
  /// An operation on the object under a key.
  public struct Input: Hashable, Sendable {
    /// Which object.
    public var key: Key
    /// What is asked of it.
    public var input: Base.Input

    /// Makes an input.
    public init(_ key: Key, _ input: Base.Input) {
      self.key = key
      self.input = input
    }
  }

  /// What each object does.
  public let base: Base

  /// All of them untouched.
  public var initial: [Key: Base.State] { [:] }

  /// Objects of the kind `base`.
  public init(_ base: Base) { self.base = base }

  /// The state after an operation; nil if the answer does not fit.
  public func step(
    _ state: [Key: Base.State], _ input: Input, _ output: Base.Output?
  ) -> [Key: Base.State]? {
    guard let after = base.step(state[input.key] ?? base.initial, input.input, output) else { return nil }
    var states = state
    // What is as at first is not listed, so that equal states are equal.
    states[input.key] = after == base.initial ? nil : after
    return states
  }

  /// As the object says.
  public func isRead(_ input: Input, _ output: Base.Output) -> Bool { base.isRead(input.input, output) }

  /// The keys.
  public func partition(_ history: [ClientOperation<Self>]) -> [HistoryPart] {
    HistoryPart.byConnectedKeys(history.map { [$0.input.key] })
  }

  /// As the object says.
  public func simplified(_ history: [ClientOperation<Self>]) -> [ClientOperation<Self>?] {
    guard let key = history.first?.input.key, history.allSatisfy({ $0.input.key == key }) else {
      return history
    }
    let simple = base.simplified(history.map { $0.asked($0.input.input, of: Base.self) })
    return simple.map { $0.map { $0.asked(Input(key, $0.input), of: Self.self) } }
  }

  /// The key and the operation.
  public func describe(_ input: Input, _ output: Base.Output?) -> String {
    "\(HistoryText.of(input.key)): \(base.describe(input.input, output))"
  }

  /// Key by key.
  public func describe(_ state: [Key: Base.State]) -> String {
    state.isEmpty
      ? base.describe(base.initial)
      : state.map { "\(HistoryText.of($0.key)): \(base.describe($0.value))" }.sorted().joined(separator: ", ")
  }
}

extension ClientOperation {
  /// The same operation, asked of another model with the same answers.
  fileprivate func asked<Other: SequentialModel>(
    _ input: Other.Input, of other: Other.Type
  ) -> ClientOperation<Other> where Other.Output == Model.Output {
    guard let output else { return ClientOperation<Other>(client: client, input, invoked: invoked) }
    return ClientOperation<Other>(client: client, input, invoked: invoked, returned: returned, output: output)
  }
}
