import Replication

// Phase one: what goes wrong.

extension Cluster {
  func fault() {
    guard !recovery.begun else { return }
    let kinds = ClusterPlan.Fault.allCases.filter { plan.faults[$0] != nil }
    var ticket = faultDice.below(max(1, kinds.reduce(0) { $0 + (plan.faults[$1] ?? 0) }))
    for kind in kinds {
      let weight = plan.faults[kind] ?? 0
      if ticket < weight {
        inject(kind)
        break
      }
      ticket -= weight
    }
    schedule(.fault, after: faultDice.between(plan.faultInterval / 4, plan.faultInterval * 7 / 4))
  }

  private func inject(_ kind: ClusterPlan.Fault) {
    trace.mix(kind.rawValue)
    switch kind {
    case .crash: if let victim { crashForAWhile(victim) }
    case .crashMany:
      let share = faultDice.below(100)
      for machine in machines where machine.isRunning && faultDice.chance(percent: share) {
        crashForAWhile(machine)
      }
    case .pause: if let victim { pause(victim, for: faultSpan(20, 3_000)) }
    case .isolate: if let victim { isolate(victim, outward: true, inward: true) }
    case .isolateOneWay:
      guard let victim else { return }
      let outward = faultDice.chance(percent: 50)
      isolate(victim, outward: outward, inward: !outward)
    case .split: split()
    case .cutLink:
      guard let a = faultDice.pick(machines), let b = faultDice.pick(machines), a !== b else { return }
      resetLink(Network.link(a.index, b.index))
    case .stallDisk: victim?.disk.stall = faultSpan(50, 1_500)
    case .loseDisk: loseDisk()
    case .joinSlave: join(.slave, limit: 7)
    case .joinMaster: join(.backup, limit: 3)
    case .remove: remove()
    case .rejoin: rejoin()
    case .transfer: transfer()
    case .fillDisk:
      guard let victim else { return }
      setDisk(of: victim, full: true)
      schedule(.emptyDisk(machine: victim.index), after: faultSpan(50, 4_000))
    }
    if plan.changesMembersInPartitions, [.isolate, .isolateOneWay, .split].contains(kind) { remove() }
  }

  /// A running node; half of the time the active master, since most depends on it.
  private var victim: Machine? {
    let running = machines.filter(\.isRunning)
    let active = running.filter { $0.process?.core.isActive == true }
    return faultDice.pick(!active.isEmpty && faultDice.chance(percent: 50) ? active : running)
  }

  private func faultSpan(_ low: Int64, _ high: Int64) -> Int64 {
    .milliseconds(low) + faultDice.between(0, .milliseconds(high - low))
  }

  private func crashForAWhile(_ machine: Machine) {
    crash(machine)
    let span = faultDice.between(plan.restartTime.lowerBound, plan.restartTime.upperBound)
    schedule(.start(machine: machine.index), after: span)
  }

  // MARK: Partitions

  private func isolate(_ machine: Machine, outward: Bool, inward: Bool) {
    // Sometimes from one other node only.
    let others = machines.filter { $0 !== machine }
    let cut = faultDice.chance(percent: 30) ? faultDice.pick(others).map { [$0] } ?? [] : others
    say(machine, "is cut off from \(cut.count) nodes, outward \(outward), inward \(inward)")
    var pairs: [(from: Int, to: Int)] = []
    for other in cut {
      if outward { pairs.append((machine.index, other.index)) }
      if inward { pairs.append((other.index, machine.index)) }
    }
    startPartition(pairs, for: faultSpan(50, 4_000))
  }

  private func split() {
    let share = 20 + faultDice.below(60)
    let side = machines.map { _ in faultDice.chance(percent: share) }
    trace.say(at: time, "the network splits: \(machines.filter { side[$0.index] }.map(\.name)) stand apart")
    var pairs: [(from: Int, to: Int)] = []
    for a in machines.indices {
      for b in machines.indices where side[a] != side[b] { pairs.append((a, b)) }
    }
    startPartition(pairs, for: faultSpan(50, 4_000))
  }

  // MARK: Disks

  /// Rationed, so that what was committed survives somewhere: one lost id at a time, and no change of members
  /// under way anywhere. Otherwise a red run would prove nothing.
  private func loseDisk() {
    guard let configuration = canonical.configuration, configuration.incoming == nil,
      !configuration.slaves.contains(where: { lostIDs.contains($0.id) }),
      !configuration.masters.contains(where: { lostIDs.contains($0.id) }),
      machines.allSatisfy({ !knowsLaterConfiguration($0) })
    else { return }
    let members = machines.filter { machine in
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
    guard let machine = faultDice.pick(members) else { return }
    counts.diskLosses += 1
    wipe(machine)
    schedule(.start(machine: machine.index), after: faultSpan(5, 2_000))
  }

  private func knowsLaterConfiguration(_ machine: Machine) -> Bool {
    machine.disk.written.entries.dropFirst(Int(canonical.configurationIndex)).contains {
      if case .configuration = $0.payload { true } else { false }
    }
  }

  private func peersKnowACluster(_ machine: Machine) -> Bool {
    !machine.peers.isEmpty
      && machines.allSatisfy {
        !machine.peers.contains($0.address) || $0.disk.durable.hardState.cluster != nil
      }
  }

  // MARK: Members

  private func join(_ role: NodeRole, limit: Int) {
    let present = machines.count { $0.role.isMaster == role.isMaster && !$0.retired }
    guard present < limit, machines.count < Network.limit else { return }
    let machine = addMachine(role: role)
    if role.isMaster { machine.peers = machines.filter { $0.role.isMaster && $0 !== machine }.map(\.address) }
    start(machine)
  }

  private func remove() {
    guard let master = activeMaster, let process = master.process,
      let members = process.core.configuration?.current.all, let member = faultDice.pick(members)
    else { return }
    var effects: [Effect] = []
    let refusal = process.core.remove(member.id, at: master.clock.local(at: time), into: &effects)
    say(master, "is asked to remove \(member.name): \(refusal ?? "begins")")
    carryOut(effects, master, process)
  }

  /// A node that was removed returns as a new one.
  private func rejoin() {
    let retired = machines.filter { $0.retired && ($0.role == .slave || peersKnowACluster($0)) }
    guard let machine = faultDice.pick(retired) else { return }
    wipe(machine)
    machine.retired = false
    start(machine)
  }

  private func transfer() {
    guard let master = activeMaster, let process = master.process else { return }
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
  }

  /// The master that clients would find, if it can be spoken to.
  var activeMaster: Machine? {
    machines.first { !$0.paused && $0.process?.core.isActive == true }
  }
}
