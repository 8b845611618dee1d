/// What a node is doing, in one word.
///
/// A word that this version does not know is kept as it is, so that an old client reads a newer status.
public struct NodeState: RawRepresentable, Codable, Hashable, Sendable, CustomStringConvertible {
  /// The word as sent.
  public var rawValue: String

  /// Wraps a word.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// A master that leads and takes writes.
  public static let active = NodeState(rawValue: "active")
  /// A master that follows the log and is ready to lead.
  public static let standby = NodeState(rawValue: "standby")
  /// A master that polls or asks for promises.
  public static let candidate = NodeState(rawValue: "candidate")
  /// A master that hands over.
  public static let handingOver = NodeState(rawValue: "handing_over")
  /// A node that was not yet admitted, or one that waits for the cluster's birth.
  public static let waiting = NodeState(rawValue: "waiting")
  /// A node that asks to become a member.
  public static let joining = NodeState(rawValue: "joining")
  /// A node that receives the log and does not count yet.
  public static let learner = NodeState(rawValue: "learner")
  /// A slave that counts for the quorums.
  public static let voting = NodeState(rawValue: "voting")
  /// A node that contradicted the log and is being repaired; it counts as down.
  public static let quarantined = NodeState(rawValue: "quarantined")
  /// A member that does not answer.
  public static let down = NodeState(rawValue: "down")
  /// A node that is a member no more.
  public static let removed = NodeState(rawValue: "removed")

  /// The word itself.
  public var description: String { rawValue }
}
