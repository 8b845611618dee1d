import Replication

extension Cluster {
  /// The next fsync never returns. Somebody notices after a while and kills the node.
  func stickSync(of machine: Machine) {
    say(machine, "has a disk that will hang")
    machine.syncSticks = true
    schedule(
      .kill(machine: machine.index, incarnation: machine.incarnation), after: faultSpan(300, 6_000))
  }

  func fillDisk(of machine: Machine) {
    setDisk(of: machine, full: true)
    schedule(.emptyDisk(machine: machine.index), after: faultSpan(50, 4_000))
  }

  // MARK: Loss

  /// Loses a disk.
  func loseDisk() -> Bool {
    guard let machine = faultDice.pick(expendable) else { return false }
    wipe(machine)
    schedule(.start(machine: machine.index), after: faultSpan(5, 2_000))
    return true
  }

  /// Lets a stored entry decay. Nobody knows until the entry is read; at the latest a person finds it who looks
  /// through the disk.
  func rot() -> Bool {
    let candidates = expendable.filter { !$0.disk.durable.entries.isEmpty }
    let leader = candidates.filter { $0.standing == .active }
    guard let machine = faultDice.pick(faultDice.chance(percent: 50) ? leader : candidates) else {
      return false
    }
    let count = machine.disk.durable.entries.count
    // Where a start looks, or anywhere.
    let reach = machine.standing != .active && faultDice.chance(percent: 50) ? min(count, 60) : count
    let index = LogIndex(count - faultDice.below(reach))
    machine.disk.rot(at: index, bit: faultDice.below(1 << 16))
    guard !machine.disk.rotten.isEmpty else { return false }
    say(machine, "has a damaged entry \(index) on its disk")
    // A new node makes the leader read its whole log; a restart reads the end of it.
    if machine.standing == .active {
      _ = join(.slave, limit: 7)
    } else if faultDice.chance(percent: 60) {
      crashForAWhile(machine)
    }
    scheduleReplacement(of: machine, after: faultSpan(500, 4_000))
    return true
  }

  /// The nodes of which one may lose its disk. Rationed, so that what was committed survives somewhere: one lost id
  /// at a time, and no change of members under way anywhere. Otherwise a red run would prove nothing.
  private var expendable: [Machine] {
    guard let configuration = canonical.configuration, configuration.incoming == nil,
      !isAnyDiskDamaged,
      !configuration.slaves.contains(where: { lostIDs.contains($0.id) }),
      !configuration.masters.contains(where: { lostIDs.contains($0.id) }),
      machines.allSatisfy({ !knowsLaterConfiguration($0) })
    else { return [] }
    return machines.filter { machine in
      guard let member = configuration.member(machine.id) else { return false }
      if !member.role.isMaster { return configuration.current.quorum.write >= 2 }
      // A master that stays must know who belongs to the cluster now: one that only knows slaves of the past may
      // never find a quorum of them.
      let others = configuration.current.masters.compactMap { machineOf[$0.id] }.filter {
        $0 != machine.index
          && LogIndex(machines[$0].disk.durable.entries.count) >= canonical.configurationIndex
      }
      // An empty primary whose other masters are empty too would rightly give birth to another cluster.
      return !others.isEmpty && (machine.role == .backup || peersKnowACluster(machine))
    }
  }

  /// A damaged disk is as good as lost, only that nobody knows yet.
  var isAnyDiskDamaged: Bool { machines.contains { !$0.disk.rotten.isEmpty } }

  func knowsLaterConfiguration(_ machine: Machine) -> Bool {
    machine.disk.written.entries.dropFirst(Int(canonical.configurationIndex)).contains {
      $0.configuration != nil
    }
  }

  func peersKnowACluster(_ machine: Machine) -> Bool {
    !machine.peers.isEmpty
      && machines.allSatisfy {
        !machine.peers.contains($0.address) || $0.disk.durable.hardState.cluster != nil
      }
  }

  // MARK: Replacement

  func scheduleReplacement(of machine: Machine, after span: Int64? = nil) {
    schedule(
      .replaceDisk(machine: machine.index, id: machine.id), after: span ?? faultSpan(50, 1_500))
  }

  /// A person puts a new disk in the place of a damaged one.
  func replaceDisk(of machine: Machine, id: NodeID) {
    guard machine.id == id, !machine.disk.rotten.isEmpty else { return }
    wipe(machine)
    schedule(.start(machine: machine.index), after: .milliseconds(20))
  }
}
