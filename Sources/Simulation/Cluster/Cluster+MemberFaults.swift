import Replication

extension Cluster {
  func join(_ role: NodeRole, limit: Int) -> Bool {
    let present = machines.count { $0.role.isMaster == role.isMaster && !$0.retired }
    guard present < limit, machines.count < Network.limit else { return false }
    let machine = addMachine(role: role)
    if role.isMaster { machine.peers = machines.filter { $0.role.isMaster && $0 !== machine }.map(\.address) }
    start(machine)
    return true
  }

  /// A slave takes the name of another: it is let in only while the other one cannot be reached (design 4.10).
  func joinTwin() -> Bool {
    let slaves = machines.filter { $0.role == .slave && !$0.retired }
    guard let other = faultDice.pick(slaves), slaves.count < 7, machines.count < Network.limit else {
      return false
    }
    let machine = addMachine(role: .slave)
    machine.name = other.name
    machine.isTwin = true
    start(machine)
    return true
  }

  func remove() -> Bool {
    // With a damaged disk in the cluster the removal of another could leave too few copies.
    guard let master = activeMaster, let process = master.process, !isAnyDiskDamaged,
      let members = process.core.configuration?.current.all, let member = faultDice.pick(members)
    else { return false }
    var effects: [Effect] = []
    let refusal = process.core.remove(member.id, at: master.clock.local(at: time), into: &effects)
    say(master, "is asked to remove \(member.name): \(refusal ?? "begins")")
    carryOut(effects, master, process)
    return refusal == nil
  }

  /// A node that was removed returns as a new one.
  func rejoin() -> Bool {
    let retired = machines.filter { $0.retired && ($0.role == .slave || peersKnowACluster($0)) }
    guard let machine = faultDice.pick(retired) else { return false }
    wipe(machine)
    machine.retired = false
    start(machine)
    return true
  }

  func transfer() -> Bool {
    guard let master = activeMaster, let process = master.process else { return false }
    let others = machines.filter { $0.role.isMaster && $0 !== master }
    let target = faultDice.chance(percent: 50) ? nil : faultDice.pick(others)?.id
    var effects: [Effect] = []
    // A handover may be signed at once, within this call.
    let before = master.yieldsOnHandover
    master.yieldsOnHandover = true
    let refusal = process.core.transfer(to: target, at: master.clock.local(at: time), into: &effects)
    if refusal != nil { master.yieldsOnHandover = before }
    say(master, "is asked to hand over: \(refusal ?? "begins")")
    carryOut(effects, master, process)
    return refusal == nil
  }

  /// The master that clients would find, if it can be spoken to.
  var activeMaster: Machine? {
    machines.first { !$0.paused && $0.process?.standings.standing == .active }
  }
}
