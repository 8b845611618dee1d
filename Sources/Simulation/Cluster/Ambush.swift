import Replication

/// A fault that waits for its moment. Random times rarely hit the middle of an election or of a change of members,
/// where most can go wrong.
struct Ambush {
  /// What a node does at the moment.
  enum Moment: Int, CaseIterable {
    /// A candidate asks for promises.
    case prepare
    /// A slave promises.
    case promise
    /// A candidate pulls.
    case pull
    /// A leader sends its first append.
    case lead
    /// A master begins to serve.
    case active
    /// A leader appends a joint configuration.
    case joint
    /// A leader has signed a handover.
    case signed
    /// The token leaves.
    case token
    /// A node cuts its log.
    case cut
    /// A node sends a part of a snapshot.
    case fill
    /// A node has all of a snapshot, and begins to install it.
    case install
  }

  /// What happens then.
  enum Blow: Int, CaseIterable {
    case crash, crashOther, crashCandidate, isolateCandidate, powerCut, pause, isolate, isolateOneWay,
      failedSync, stuckSync, slowSync, fullDisk, oneHears,
      remove, joinSlave, joinMaster, transfer
  }

  var moment: Moment
  var blow: Blow
  var delay: Int64
}

extension Cluster {
  func layAmbush() {
    let moments = Ambush.Moment.allCases
    let blows = Ambush.Blow.allCases
    ambush = Ambush(
      moment: moments[faultDice.below(moments.count)], blow: blows[faultDice.below(blows.count)],
      delay: faultDice.chance(percent: 50) ? 0 : faultDice.between(0, 5_000_000))
  }

  /// A moment has come at a machine. The blow falls between two steps, never within one.
  func spring(_ moment: Ambush.Moment, _ machine: Machine) {
    guard let waiting = ambush, waiting.moment == moment, !recovery.begun else { return }
    ambush = nil
    schedule(.ambush(waiting.blow, machine: machine.index), after: waiting.delay)
  }

  func strike(_ blow: Ambush.Blow, _ machine: Machine) {
    guard !recovery.begun else { return }
    counts.faults[.ambush] += 1
    say(machine, "is ambushed: \(blow)")
    switch blow {
    case .crash: crashForAWhile(machine)
    case .crashOther:
      if let other = faultDice.pick(machines.filter({ $0.isRunning && $0 !== machine })) {
        crashForAWhile(other)
      }
    case .crashCandidate: if let candidate { crashForAWhile(candidate) }
    case .isolateCandidate: if let candidate { isolate(candidate, outward: true, inward: true) }
    case .powerCut: for other in machines where other.isRunning { crashForAWhile(other) }
    case .pause: pause(machine, for: faultSpan(20, 2_000))
    case .isolate: isolate(machine, outward: true, inward: true)
    case .isolateOneWay:
      let outward = faultDice.chance(percent: 50)
      isolate(machine, outward: outward, inward: !outward)
    case .failedSync: machine.syncFails = true
    case .stuckSync: stickSync(of: machine)
    case .slowSync: machine.disk.stall = faultSpan(50, 1_500)
    case .fullDisk: fillDisk(of: machine)
    case .oneHears: letOneHear(machine)
    case .remove: _ = remove()
    case .joinSlave: _ = join(.slave, limit: 7)
    case .joinMaster: _ = join(.backup, limit: 3)
    case .transfer: _ = transfer()
    }
  }

  /// All partitions end, and a master reaches a single slave: if it is a candidate that slave promises, and the leader
  /// before it finds the others as it left them.
  private func letOneHear(_ machine: Machine) {
    let slaves = machines.filter { $0.isRunning && !$0.role.isMaster }
    guard machine.role.isMaster, let one = faultDice.pick(slaves) else { return }
    network.unblockAll()
    mendLinks()
    let pairs = machines.filter { $0 !== machine && $0 !== one }.flatMap {
      [(from: $0.index, to: machine.index), (from: machine.index, to: $0.index)]
    }
    startPartition(pairs, for: faultSpan(plan.leaseMilliseconds, 3 * plan.leaseMilliseconds))
  }

  private var candidate: Machine? { machines.first { $0.isRunning && $0.standing == .candidate } }
}
