import Replication

// Phase one: what goes wrong.

extension Cluster {
  func fault() {
    guard !recovery.begun else { return }
    checkKept()
    var ticket = faultDice.below(max(1, plan.faults.reduce(0) { $0 + $1.weight }))
    for (place, fault) in plan.faults.enumerated() {
      if ticket < fault.weight {
        trace.mix(place)
        if inject(fault.kind) { counts.faults[fault.kind] += 1 }
        break
      }
      ticket -= fault.weight
    }
    schedule(.fault, after: faultDice.between(plan.faultInterval / 4, plan.faultInterval * 7 / 4))
  }

  /// Lets something go wrong; false if there was nothing that it could happen to, or not yet.
  private func inject(_ kind: SimulatedFault) -> Bool {
    switch kind {
    case .crash: return onVictim { crashForAWhile($0) }
    case .crashMany: return crashMany()
    case .powerCut: return cutPower()
    case .pause: return onVictim { pause($0, for: faultSpan(20, 3_000)) }
    case .suspend: return suspend()
    case .isolate: return onVictim { isolate($0, outward: true, inward: true) }
    case .isolateOneWay:
      let outward = faultDice.chance(percent: 50)
      return onVictim { isolate($0, outward: outward, inward: !outward) }
    case .split: return split()
    case .cutLink: return cutLink()
    case .slowSync: return onVictim { $0.disk.stall = faultSpan(50, 1_500) }
    case .stuckSync: return onVictim { stickSync(of: $0) }
    case .failedSync: return onVictim { $0.syncFails = true }
    case .fullDisk: return onVictim { fillDisk(of: $0) }
    case .bitRot: return rot()
    case .lostDisk: return loseDisk()
    case .joinSlave: return join(.slave, limit: 7)
    case .joinTwin: return joinTwin()
    case .joinMaster: return join(.backup, limit: 3)
    case .remove: return remove()
    case .rejoin: return rejoin()
    case .transfer: return transfer()
    case .ambush:
      layAmbush()
      return false
    }
  }

  private func onVictim(_ body: (Machine) -> Void) -> Bool {
    guard let victim else { return false }
    body(victim)
    return true
  }

  /// A running node; half of the time the active master, since most depends on it.
  var victim: Machine? {
    let running = machines.filter(\.isRunning)
    let active = running.filter { $0.standing == .active }
    return faultDice.pick(!active.isEmpty && faultDice.chance(percent: 50) ? active : running)
  }

  func faultSpan(_ low: Int64, _ high: Int64) -> Int64 {
    .milliseconds(low) + faultDice.between(0, .milliseconds(high - low))
  }

  // MARK: Processes

  func crashForAWhile(_ machine: Machine) {
    crash(machine)
    schedule(.start(machine: machine.index), after: faultSpan(5, 3_000))
  }

  private func crashMany() -> Bool {
    let share = faultDice.below(100)
    let victims = machines.filter { $0.isRunning && faultDice.chance(percent: share) }
    for machine in victims { crashForAWhile(machine) }
    return victims.count > 1
  }

  private func cutPower() -> Bool {
    let who = faultDice.below(3)
    trace.say(at: time, "the power fails for \(["all", "the masters", "the slaves"][who])")
    let victims = machines.filter { $0.isRunning && (who == 0 || $0.role.isMaster == (who == 1)) }
    // So short that leases which were granted before are still running after it.
    let isShort = faultDice.chance(percent: 40)
    let span = isShort ? faultSpan(5, 60) : faultSpan(5, 2_000)
    for machine in victims {
      crash(machine)
      schedule(
        .start(machine: machine.index), after: span + faultDice.between(0, isShort ? 20_000_000 : 300_000_000)
      )
    }
    if isShort, who == 2, let activeMaster { cutOff(activeMaster) }
    return !victims.isEmpty
  }

  /// The leader is cut off in the same moment, and the other masters know at once: only the wait after a restart
  /// keeps the slaves from promising while its lease still runs.
  private func cutOff(_ leader: Machine) {
    var pairs: [(from: Int, to: Int)] = []
    for other in machines where other !== leader {
      pairs += [(leader.index, other.index), (other.index, leader.index)]
      if other.role.isMaster { resetLink(Network.link(leader.index, other.index)) }
    }
    say(leader, "is cut off from all others")
    startPartition(pairs, for: faultSpan(500, 4_000))
  }

  private func suspend() -> Bool {
    trace.say(at: time, "all nodes sleep")
    let span = faultSpan(100, 8_000)
    let awake = machines.filter { $0.isRunning && !$0.paused }
    for machine in awake { pause(machine, for: span + faultDice.between(0, 20_000_000)) }
    return !awake.isEmpty
  }

  // MARK: Partitions

  func isolate(_ machine: Machine, outward: Bool, inward: Bool) {
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

  private func split() -> Bool {
    let share = 20 + faultDice.below(60)
    let side = machines.map { _ in faultDice.chance(percent: share) }
    trace.say(at: time, "the network splits: \(machines.filter { side[$0.index] }.map(\.name)) stand apart")
    var pairs: [(from: Int, to: Int)] = []
    for a in machines.indices {
      for b in machines.indices where side[a] != side[b] { pairs.append((a, b)) }
    }
    startPartition(pairs, for: faultSpan(50, 4_000))
    return !pairs.isEmpty
  }

  private func cutLink() -> Bool {
    guard let a = faultDice.pick(machines), let b = faultDice.pick(machines), a !== b else { return false }
    resetLink(Network.link(a.index, b.index))
    return true
  }
}
