/// A member of a key, as `Mutation` describes it.
public struct StoredKeyMember: Hashable, Sendable {
  /// A field, a member or a position; any bytes.
  public var name: [UInt8]
  /// What stands beside it; empty in a set.
  public var value: [UInt8]

  /// Makes a member from its parts.
  public init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }
}
