import Replication

/// Changes of members: one birth, then one change at a time by joint consensus.
struct ConfigurationChecker {
  private var cluster: ClusterID?

  /// A node has a cluster on its disk; returns what is wrong with that, or nil.
  mutating func belongs(to other: ClusterID) -> Broken? {
    if let cluster, cluster != other {
      return Broken(.oneBirth, "belongs to cluster \(other), and others to \(cluster)")
    }
    cluster = other
    return nil
  }

  /// A leader appends a configuration after another; returns what is wrong with that, or nil.
  func append(
    _ new: ClusterConfiguration, after old: ClusterConfiguration, isCommitted: Bool
  ) -> Broken? {
    guard isCommitted else {
      return Broken(.oneChange, "a change of members begins before the one before it is committed")
    }
    guard new.cluster == old.cluster, new.leaseMilliseconds == old.leaseMilliseconds else {
      return Broken(.oneChange, "a change of members changes the cluster or its lease")
    }
    guard new.sets.allSatisfy({ !$0.slaves.isEmpty }) else {
      return Broken(.oneChange, "a change of members leaves no slave")
    }
    if let incoming = new.incoming {
      guard old.incoming == nil, new.current == old.current else {
        return Broken(.oneChange, "a change of members begins within another")
      }
      let before = Set(new.current.all.map(\.id))
      let after = Set(incoming.all.map(\.id))
      guard after.subtracting(before).count <= 1, before.subtracting(after).count <= 1 else {
        return Broken(.oneChange, "a change of members changes more than one")
      }
    } else {
      guard old.incoming == new.current else {
        return Broken(.oneChange, "the new members come into force without a joint configuration")
      }
    }
    let returned = (new.incoming ?? new.current).all.first { new.removed.contains($0.id) }
    guard returned == nil, Set(new.removed).isSuperset(of: old.removed) else {
      return Broken(.removal, "a removed id returns")
    }
    return nil
  }
}
