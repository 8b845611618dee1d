import Replication

/// Phase two: the faults are over, and the cluster must recover in bounded time.
struct Recovery {
  enum Stage {
    case faults, healing, reading, over
  }

  var stage = Stage.faults
  var deadline: Int64 = .max
  /// The reign in which the last write of the probe was acknowledged.
  var probed: Epoch?
  var probing: Epoch?
  var keysToRead: [[UInt8]] = []
  var stuck: String?

  var begun: Bool { stage != .faults }
  var ended: Bool { stage == .over }
}

extension Cluster {
  private var recoveryTime: Int64 { 40_000_000_000 }
  private var probeKey: [UInt8] { Array("probe".utf8) }

  /// Heals everything.
  func endFaults() {
    trace.say(at: time, "the faults are over")
    recovery.stage = .healing
    recovery.deadline = time + recoveryTime
    network.plan.lossPerMillion = 0
    network.plan.doublePerMillion = 0
    network.plan.latePerMillion = 0
    network.unblockAll()
    mendLinks()
    workload.isQuiet = true
    ambush = nil
    checkKept()
    let shared = machines.filter(\.isTwin).map(\.name)
    for machine in machines {
      machine.disk.stall = 0
      machine.syncFails = false
      // What hangs is killed, and slaves that share a name are restarted under names of their own.
      if machine.syncSticks { crash(machine) }
      if shared.contains(machine.name) {
        crash(machine)
        machine.name += "-\(machine.index)"
      }
      setDisk(of: machine, full: false)
      if machine.paused { resume(machine, pause: machine.pauses) }
      if !machine.isRunning { schedule(.start(machine: machine.index), after: .milliseconds(1)) }
    }
    schedule(.observe, after: .milliseconds(100))
  }

  /// Looks whether the cluster has recovered, and does the next step if it has.
  func observe() {
    switch recovery.stage {
    case .faults, .over: return
    case .healing:
      if let missing = missingForRecovery() {
        if time > recovery.deadline { end(stuck: missing) }
      } else {
        recovery.stage = .reading
        recovery.keysToRead = workload.keys
      }
    case .reading: readNext()
    }
    schedule(.observe, after: .milliseconds(25))
  }

  func end(stuck reason: String?) {
    recovery.stage = .over
    guard let reason else { return }
    let nodes = machines.filter(\.isRunning).map { machine in
      let core = machine.process?.core
      return "  \(machine.name) \(machine.id) \(core?.isActive == true ? "active" : "")"
        + "\(core?.isCandidate == true ? "candidate" : "") promised \(core?.promised ?? .zero), "
        + "last \(core?.lastPosition.index ?? 0) of \(core?.lastPosition.epoch ?? .zero), "
        + "commit \(core?.commitIndex ?? 0), applied \(core?.appliedIndex ?? 0), "
        + "links \(core?.connectedPeers.count ?? 0)"
    }
    recovery.stuck =
      "at \(time / 1_000_000) ms, \(recoveryTime / 1_000_000_000) s after the faults: \(reason)\n"
      + nodes.joined(separator: "\n")
  }

  // MARK: What recovery means

  private func missingForRecovery() -> String? {
    let active = machines.filter { $0.process?.core.isActive == true }
    guard active.count == 1, let leader = active.first, let process = leader.process else {
      return "\(active.count) masters are active"
    }
    guard let configuration = process.core.configuration, configuration == canonical.configuration else {
      return "the newest configuration is not committed"
    }
    guard configuration.incoming == nil else { return "a change of members does not end" }
    for machine in machines where !machine.retired {
      if configuration.removed.contains(machine.id) { return "\(machine.name) was removed and still runs" }
      guard machine.isRunning, configuration.member(machine.id) != nil else {
        return "\(machine.name) is not a member"
      }
    }
    let primary = machines[0]
    if plan.automaticFailback, !primary.retired, !primary.yielded, leader !== primary {
      return "the primary does not lead"
    }
    let epoch = process.core.epoch
    guard recovery.probed == epoch else {
      probe(leader, epoch)
      return "no write is acknowledged by \(leader.name) in epoch \(epoch)"
    }
    for machine in machines where !machine.retired {
      guard let core = machine.process?.core, core.lastPosition == process.core.lastPosition,
        core.commitIndex == core.lastIndex, core.appliedIndex == core.lastIndex,
        core.lastIndex == canonical.lastIndex
      else { return "the log of \(machine.name) is not that of \(leader.name)" }
    }
    return nil
  }

  /// A client writes at the leader, again and again until it is answered.
  private func probe(_ leader: Machine, _ epoch: Epoch) {
    guard isProberIdle else { return }
    if let probing = recovery.probing, probing == epoch, isProbeAnswered {
      recovery.probed = epoch
      return
    }
    recovery.probing = epoch
    probe("INCR", key: probeKey, at: leader, isRead: false)
  }

  /// Once the cluster stands still, each key is read a last time.
  private func readNext() {
    guard isProberIdle else {
      if time > recovery.deadline + recoveryTime { end(stuck: "the last reads are not answered") }
      return
    }
    checkKept()
    guard let key = recovery.keysToRead.popLast() else { return end(stuck: nil) }
    probe("GET", key: key, at: activeMaster ?? machines[0], isRead: true)
  }
}
