import Replication

// Looks at each step of a node and holds it against the invariants; counts the turns that the protocol takes.

extension Cluster {
  /// Asks a checker that counts quorums: one that counted them as the broken code does would believe it.
  func unplanted<Answer>(_ check: () -> Answer) -> Answer { Mutant.planting(nil, check) }

  // MARK: After a step

  func inspect(_ machine: Machine, _ process: Process) {
    let core = process.standings
    if let wrong = machine.progress.step(applied: core.applied, commit: core.commit, last: core.last) {
      return fail(machine, wrong)
    }
    guard machine.role.isMaster else { return }
    let before = machine.standing
    machine.standing = core.standing
    switch (before, core.standing) {
    case (.candidate, .follower): counts.paths[.electionLost] += 1
    case (.active, .candidate): counts.paths[.leadAskedForAgain] += 1
    default: break
    }
    if core.standing == .active { checkLease(machine, process) }
  }

  /// No two leases are valid at one time. Clocks that keep no margin break this, and what rests on it.
  private func checkLease(_ machine: Machine, _ process: Process) {
    guard plan.useLease || !plan.driftsBeyondMargin,
      process.leaseRemaining(at: machine.clock.local(at: time)) > 0
    else { return }
    for other in machines where other !== machine && other.role.isMaster {
      guard let others = other.process, others.leaseRemaining(at: other.clock.local(at: time)) > 0 else {
        continue
      }
      fail(
        machine,
        Broken(
          .oneLease,
          "holds the lease of epoch \(process.core.epoch) while \(other.name) holds that of "
            + "\(others.core.epoch)"))
    }
  }

  // MARK: What a node says

  func inspect(_ outbound: Outbound, from machine: Machine) {
    guard let process = machine.process else { return }
    observe(outbound, from: machine)
    confirmations.send(outbound.message, from: machine.id)
    let disk = PromiseChecker.Disk(
      hardState: machine.disk.durable.hardState, lastIndex: LogIndex(machine.disk.durable.entries.count))
    let wrong = promises.send(outbound.message, from: machine.id, holding: disk) { index, epoch in
      agrees(machine, at: index, withLeaderOf: epoch)
    }
    if let wrong { return fail(machine, wrong) }
    switch outbound.message {
    case .prepareReply(let reply) where reply.granted: reigns.promise(reply.epoch, by: machine.id)
    case .append(let append):
      let isFirst = !reigns.knows(append.epoch)
      if let wrong = reigns.append(
        in: append.epoch, machine: machine.index, incarnation: machine.incarnation)
      {
        return fail(machine, wrong)
      }
      if isFirst { checkBeginning(of: append.epoch, machine, process) }
    default: break
    }
  }

  /// Whether a node's durable log is the leader's at an index; nil if that leader is gone.
  private func agrees(_ machine: Machine, at index: LogIndex, withLeaderOf epoch: Epoch) -> Bool? {
    guard let leader = machineOf[epoch.master].flatMap({ machines[$0].process }),
      leader.core.knownLeader == epoch.master, leader.core.epoch == epoch, index > 0
    else { return nil }
    // What a leader has trimmed is committed.
    let theirs =
      index < leader.core.base.index ? canonical.entry(at: index)?.epoch : leader.core.epoch(at: index)
    return theirs == machine.disk.durable.entry(at: index)?.epoch
  }

  /// A leader was promised its epoch by R slaves of each set, and holds all that was committed before.
  private func checkBeginning(of epoch: Epoch, _ machine: Machine, _ process: Process) {
    counts.paths[reigns.isByToken(epoch) ? .ledByToken : .electionWon] += 1
    spring(.lead, machine)
    guard let configuration = process.core.configuration else {
      return fail(machine, Broken(.elected, "leads in epoch \(epoch) without a configuration"))
    }
    let wrong = unplanted { reigns.begin(epoch, leader: machine.id, under: configuration) }
    if let wrong { fail(machine, wrong) }
    if let last = canonical.last(committedBefore: epoch), last.index >= process.core.base.index,
      process.core.epoch(at: last.index) != last.epoch
    {
      fail(
        machine,
        Broken(.completeness, "leads in epoch \(epoch) without the committed entry \(last.index)"))
    }
  }

  // MARK: What a node writes

  func inspect(_ write: LogWrite, of machine: Machine) {
    if machine.process?.toldOfFullDisk == true, machine.role == .slave, !write.entries.isEmpty {
      fail(machine, Broken(.fullDisk, "writes entries to a full disk"))
    }
    if let state = write.hardState,
      let wrong = promises.write(state, over: machine.disk.written.hardState)
    {
      fail(machine, wrong)
    }
    let end = write.truncateFrom.map { $0 - 1 } ?? LogIndex(machine.disk.written.entries.count)
    if let first = write.entries.first, first.index != end + 1 {
      return fail(
        machine, Broken(.logMatching, "writes entry \(first.index) to a log that ends at entry \(end)"))
    }
    var previous =
      write.entries.first.flatMap { machine.disk.written.entry(at: $0.index - 1)?.epoch } ?? .zero
    for entry in write.entries {
      if let wrong = matching.write(entry, after: previous) { fail(machine, wrong) }
      previous = entry.epoch
      if let configuration = entry.configuration { inspect(configuration, in: entry, write, of: machine) }
    }
  }

  private func inspect(
    _ configuration: ClusterConfiguration, in entry: Entry, _ write: LogWrite, of machine: Machine
  ) {
    if entry.index == 1, entry.epoch.master == machine.id {
      checkBirth(by: machine)
      return counts.paths[.birth] += 1
    }
    let isOwn = entry.epoch.master == machine.id && machine.process?.core.knownLeader == machine.id
    guard isOwn else {
      if machine.standing == .candidate { counts.paths[.configurationPulled] += 1 }
      return
    }
    let earlier = write.entries.prefix { $0.index < entry.index }.last { $0.configuration != nil }
    let old =
      earlier
      ?? machine.disk.written.entries.prefix(Int(entry.index) - 1).last { $0.configuration != nil }
    guard let old, let before = old.configuration else {
      return fail(machine, Broken(.oneChange, "appends a configuration at \(entry.index) after none"))
    }
    let wrong = unplanted {
      configurations.append(
        configuration, after: before, isCommitted: canonical.entry(at: old.index) == old)
    }
    if let wrong { fail(machine, wrong) }
    if let incoming = configuration.incoming {
      spring(.joint, machine)
      count(incoming, after: configuration.current)
    } else if old.epoch != entry.epoch {
      counts.paths[.jointChangeInherited] += 1
    }
  }

  /// A cluster is born only when each other master that was configured has answered that it belongs to none.
  private func checkBirth(by machine: Machine) {
    let linked = machine.process?.core.connectedPeers ?? [:]
    for address in machine.peers where !linked.values.contains(where: { $0.address == address }) {
      fail(machine, Broken(.oneBirth, "gives birth to a cluster while \(address) has not answered"))
    }
  }

  private func count(_ incoming: MemberSet, after current: MemberSet) {
    let came = incoming.all.first { new in !current.all.contains { $0.id == new.id } }
    let went = current.all.first { old in !incoming.all.contains { $0.id == old.id } }
    let isMaster = (came ?? went)?.role.isMaster == true
    switch (came != nil, went != nil) {
    case (true, true): counts.paths[isMaster ? .masterReplaced : .slaveReplaced] += 1
    case (true, false): counts.paths[isMaster ? .masterJoined : .slaveJoined] += 1
    case (false, true): counts.paths[isMaster ? .masterRemoved : .slaveRemoved] += 1
    case (false, false): break
    }
  }

  // MARK: Single moments

  /// After a cut: a configuration that went with it is no longer in force.
  func checkConfiguration(_ machine: Machine) {
    let newest = machine.disk.written.entries.last { $0.configuration != nil }?.configuration
    guard machine.process?.core.configuration != newest else { return }
    fail(machine, Broken(.inForce, "has another configuration in force than the newest in its log"))
  }

  /// The target of a handover holds the whole log, and all of it is committed.
  func checkHandover(to target: NodeID, _ machine: Machine, _ process: Process) {
    let last = process.core.lastPosition
    guard canonical.lastIndex >= last.index else {
      return fail(machine, Broken(.handover, "signs a handover before entry \(last.index) is committed"))
    }
    guard let index = machineOf[target] else { return }
    guard machines[index].disk.durable.entry(at: last.index)?.epoch == last.epoch else {
      return fail(
        machine, Broken(.handover, "hands over to \(target), which does not hold entry \(last.index)"))
    }
  }

  /// A leader whose oldest write takes longer than a lease, and the time for its bytes, leads no more.
  func checkStall(_ machine: Machine, _ process: Process, at now: Instant) {
    guard machine.role.isMaster, process.core.knownLeader == machine.id, isStalled(machine, process) else {
      return
    }
    fail(machine, Broken(.stalledDisk, "leads with an fsync that takes longer than a lease"))
  }

  func isStalled(_ machine: Machine, _ process: Process) -> Bool {
    guard let oldest = machine.outstanding.first else { return false }
    let bytes = machine.outstanding.reduce(0) { $0 + $1.bytes }
    let limit = process.core.leaseLength + Nanoseconds(bytes) * 1_000_000_000 / (16 << 20)
    return machine.clock.local(at: time) - oldest.issued > limit
  }

  /// What is committed is still on a quorum of disks.
  func checkKept() {
    let isLastStepBegun = machines.contains(where: knowsLaterConfiguration)
    if let wrong = unplanted({ canonical.kept(isLastStepBegun: isLastStepBegun, holds: isOnDisk) }) {
      fail(nil, wrong)
    }
  }

  func isOnDisk(_ slave: NodeID, _ entry: Entry) -> Bool {
    if lostIDs.contains(slave) { return true }
    return machineOf[slave].map { machines[$0].disk.durable.entry(at: entry.index)?.epoch == entry.epoch }
      ?? false
  }

  // MARK: Turns

  private func observe(_ outbound: Outbound, from machine: Machine) {
    switch outbound.message {
    case .prepare(let prepare):
      if prepare.token != nil { reigns.token(for: prepare.epoch) }
      spring(.prepare, machine)
    case .prepareReply(let reply):
      if reply.granted {
        spring(.promise, machine)
      } else if reply.wait > 0 {
        counts.paths[.promiseRefusedForLease] += 1
      }
    case .pull: spring(.pull, machine)
    case .pullReply(let reply): if !reply.entries.isEmpty { counts.paths[.pulled] += 1 }
    case .appendReply(let reply):
      switch reply.outcome {
      case .accepted: break
      case .mismatched: counts.paths[.logsDiffered] += 1
      case .refused: counts.paths[.appendRefused] += 1
      }
    case .handover: spring(.token, machine)
    case .dismissal(let dismissal): if dismissal.reason == .nameInUse { counts.paths[.nameInUse] += 1 }
    case .installSnapshot(let part):
      if part.epoch.master != machine.id { counts.paths[.snapshotLent] += 1 }
      if !part.bytes.isEmpty, let receiver = machineOf[outbound.to] { spring(.fill, machines[receiver]) }
    case .poll, .pollReply, .append, .handoverRequest, .snapshotReply: break
    }
    guard trace.isTold, let text = outbound.message.transcript else { return }
    let receiver = machineOf[outbound.to].map { machines[$0].name } ?? "\(outbound.to)"
    say(machine, "-> \(receiver): \(text)")
  }
}

extension Entry {
  var configuration: ClusterConfiguration? {
    if case .configuration(let configuration) = payload { configuration } else { nil }
  }
}

extension Cluster {
  // MARK: Confirmations

  /// A read has come and waits for a confirmation round.
  func joined(_ round: UInt64?, _ machine: Machine, _ process: Process) {
    guard let round else { return }
    if let wrong = confirmations.join(round, in: process.core.epoch) { fail(machine, wrong) }
  }

  /// The core takes a round for confirmed, and with it the lead.
  func confirmed(_ round: UInt64, _ machine: Machine, _ process: Process) {
    counts.paths[.readsConfirmed] += 1
    guard let configuration = process.core.configuration else { return }
    if let wrong = unplanted({ confirmations.confirm(round, in: process.core.epoch, under: configuration) }) {
      fail(machine, wrong)
    }
  }
}
