/// One operation on a register as a client saw it.
public struct RegisterOperation<Value: Hashable & Sendable>: Hashable, Sendable {
  /// What was asked for.
  public enum Action: Hashable, Sendable {
    /// The register holds the value from now on; nil empties it.
    case put(Value?)
    /// What does the register hold?
    case get
    /// The register holds the value from now on if it was empty; answers what it held before.
    case putIfAbsent(Value)
  }

  /// What the client knows of the end.
  public enum Outcome: Hashable, Sendable {
    /// It was done, and for `get` and `putIfAbsent` this is what the register held.
    case done(seen: Value?)
    /// It may have been done, may still be done, or may never be.
    case unknown
  }

  /// What was asked for.
  public var action: Action
  /// When the client asked, on any clock common to all clients.
  public var invoked: Int64
  /// When the client had the answer, on the same clock; has no meaning if the outcome is unknown.
  public var returned: Int64
  /// What the client knows of the end.
  public var outcome: Outcome

  /// Makes an operation from its parts.
  public init(action: Action, invoked: Int64, returned: Int64 = .max, outcome: Outcome) {
    self.action = action
    self.invoked = invoked
    self.returned = returned
    self.outcome = outcome
  }
}
