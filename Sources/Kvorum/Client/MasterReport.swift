/// How it stands between a client and one master.
public struct MasterReport: Hashable, Sendable {
  /// Where the master listens.
  public var endpoint: Endpoint
  /// Whether the client sends its commands there now.
  public var isActive: Bool
  /// Whether it answers.
  public var isReachable: Bool
  /// Who answers there; nil before its first answer.
  public var node: NodeReference?
  /// Its state or its trouble, as the end of a sentence that begins with the address.
  public var condition: String
}
