import Replication

/// Who leads: one process an epoch, elected by R slaves of each set, and silent after the signature of a handover.
struct ReignChecker {
  private struct Reign {
    var machine: Int
    var incarnation: Int
    var signed = false
  }

  private var reigns: [Epoch: Reign] = [:]
  /// Who has promised an epoch, with the promise on disk.
  private var promises: [Epoch: [NodeID]] = [:]

  private var tokens: Set<Epoch> = []

  /// Whether an append in this epoch was seen before.
  func knows(_ epoch: Epoch) -> Bool { reigns[epoch] != nil }

  mutating func promise(_ epoch: Epoch, by slave: NodeID) { promises[epoch, default: []].append(slave) }

  /// A node sends an append in an epoch; returns what is wrong with that, or nil.
  mutating func append(in epoch: Epoch, machine: Int, incarnation: Int) -> Broken? {
    guard let known = reigns[epoch] else {
      reigns[epoch] = Reign(machine: machine, incarnation: incarnation)
      return nil
    }
    if known.machine != machine || known.incarnation != incarnation {
      return Broken(
        .oneLeader,
        "epoch \(epoch) is led twice: by machine \(known.machine) in its run \(known.incarnation) "
          + "and by machine \(machine) in its run \(incarnation)")
    }
    guard known.signed else { return nil }
    return Broken(
      .silence, "machine \(machine) sends an append in epoch \(epoch), which it has signed away")
  }

  /// A node begins to lead under a configuration; returns what is wrong with that, or nil.
  func begin(_ epoch: Epoch, leader: NodeID, under configuration: ClusterConfiguration) -> Broken? {
    // One that a change under way removes may not lead: it would finish the change and then be no member.
    let masters = (configuration.incoming ?? configuration.current).masters
    guard epoch.master == leader, masters.contains(where: { $0.id == leader }) else {
      return Broken(.elected, "\(leader) leads in epoch \(epoch) and is no master of the configuration")
    }
    let promised = promises[epoch] ?? []
    for set in configuration.sets {
      let count = set.slaves.count { promised.contains($0.id) }
      guard count >= set.quorum.election else {
        return Broken(
          .elected, "\(leader) leads in epoch \(epoch), which \(count) of \(set.slaves.count) slaves promised"
        )
      }
    }
    return nil
  }

  /// A candidate asks with a handover token.
  mutating func token(for epoch: Epoch) { tokens.insert(epoch) }

  func isByToken(_ epoch: Epoch) -> Bool { tokens.contains(epoch) }

  mutating func sign(_ epoch: Epoch) { reigns[epoch]?.signed = true }
}
