/// The two quorums over n slaves.
///
/// W + R = n + 1 > n for every n, so each election quorum meets each write quorum in at least one slave:
/// Flexible Paxos (Howard, Malkhi, Spiegelman 2016). That is what makes W = ceil(n/2) safe for an even n too.
public struct Quorum: Hashable, Sendable {
  /// The number of slaves, n.
  public var slaves: Int

  /// The quorums over `slaves` slaves.
  public init(slaves: Int) { self.slaves = slaves }

  /// W = ceil(n/2): the slaves that must hold an entry on disk before it counts as committed.
  public var write: Int {
    if Mutant.isPlanted(.writeQuorumTooSmall) { return max(1, (slaves + 1) / 2 - 1) }
    return (slaves + 1) / 2
  }
  /// R = floor(n/2) + 1: the slaves that must promise before a master leads.
  public var election: Int {
    if Mutant.isPlanted(.electionQuorumTooSmall) { return max(1, slaves / 2) }
    return slaves / 2 + 1
  }
  /// How many slaves can be lost with writes going on *and* a failover still possible.
  public var toleratedFailures: Int { max(0, slaves - max(write, election)) }

  /// The highest value that at least `count` of the slaves have reached, or nil if fewer exist.
  public static func reached<Value: Comparable>(by count: Int, of values: [Value]) -> Value? {
    guard count > 0, count <= values.count else { return nil }
    return values.sorted(by: >)[count - 1]
  }
}
