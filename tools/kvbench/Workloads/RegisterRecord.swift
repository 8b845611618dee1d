/// One operation on a register, or on a group of keys that are always written together, as a client saw it.
struct RegisterRecord: Hashable, Sendable {
  enum Action: Hashable, Sendable {
    /// nil empties it.
    case put(UInt64?)
    case get
    /// Answers what it held before.
    case putIfAbsent(UInt64)
  }

  enum Outcome: Hashable, Sendable {
    /// It was done; for `get` and `putIfAbsent` this is what the register held.
    case done(seen: UInt64?)
    /// It may have been done, may still be done, or may never be.
    case unknown
  }

  var action: Action
  var invoked: Int64
  /// Has no meaning if the outcome is unknown.
  var returned: Int64 = .max
  var outcome: Outcome
}
