import Replication

// What a driver does for its core: writes, messages, timers, applying.

extension Cluster {
  /// Hands an input to a node, or keeps it while the node is stopped.
  func give(_ input: Input, to machine: Machine) {
    guard let process = machine.process else { return }
    if machine.paused {
      machine.backlog.append(input)
      return
    }
    trace.mix(machine.index)
    let now = machine.clock.local(at: time)
    var effects: [Effect] = []
    switch input {
    case .event(let event):
      if case .disk(let isFull) = event { process.toldOfFullDisk = isFull }
      process.core.receive(event, at: now, into: &effects)
    case .synced(let writes):
      for write in writes {
        for outbound in write.thenSend { send(outbound, from: machine) }
      }
      guard let last = writes.last else { return }
      process.core.receive(.persisted(ticket: last.ticket), at: now, into: &effects)
      scheduleApply(machine, process)
    case .request(let request): serve(request, machine, process)
    case .timer(let setFor):
      guard process.timerAt == setFor else { return }
      process.timerAt = .max
      if now >= process.core.nextDeadline { process.core.receive(.timer, at: now, into: &effects) }
      checkDisk(of: machine, process, at: now)
    case .flush:
      process.flushScheduled = false
      process.core.flush(at: now, into: &effects)
    case .apply: apply(machine, process)
    case .fetch(let fetch): answer(fetch, machine, process, into: &effects)
    }
    carryOut(effects, machine, process)
  }

  /// Does what the core wants, and what follows from it, until nothing is left to do.
  func carryOut(_ effects: [Effect], _ machine: Machine, _ process: Process) {
    var effects = effects
    while true {
      for effect in effects {
        carryOut(effect, machine, process)
        guard failure == nil, machine.process === process else { return }
      }
      effects.removeAll(keepingCapacity: true)
      if process.retryHeld {
        process.retryHeld = false
        let held = process.held
        process.held = []
        for request in held { serve(request, machine, process) }
      }
      guard process.flushWanted else { break }
      process.flushWanted = false
      if plan.lateFlush, !process.flushScheduled, nodeDice.chance(percent: 60) {
        process.flushScheduled = true
        schedule(.flush, for: machine, after: nodeDice.between(1_000, 20_000_000))
      } else {
        process.core.flush(at: machine.clock.local(at: time), into: &effects)
      }
    }
    setTimer(machine, process)
  }

  private func carryOut(_ effect: Effect, _ machine: Machine, _ process: Process) {
    switch effect {
    case .write(let write): submit(write, machine)
    case .send(let outbound): send(outbound, from: machine)
    case .fetch(let fetch): schedule(.fetch(fetch), for: machine, after: diskDice.between(20_000, 2_000_000))
    case .committed(let index): committed(upTo: index, machine, process)
    case .truncated(let index): truncated(from: index, machine, process)
    case .becameActive(let epoch): becameActive(in: epoch, machine, process)
    case .resumed:
      machine.yieldsOnHandover = false
      process.retryHeld = true
    case .steppedDown(let reason):
      say(machine, "steps down: \(reason)")
      machine.yieldsOnHandover = false
      abandonClients(process, active: nil)
    case .suspended: doubt(from: 0, process)
    case .handedOver(let target): handedOver(to: target, machine, process)
    case .confirmed(let number): confirmed(number, machine, process)
    case .leaderChanged: break
    case .configurationCommitted: counts.configurations += 1
    case .halt(let reason): halted(reason, machine)
    case .notice(let text): say(machine, text)
    }
  }

  func setTimer(_ machine: Machine, _ process: Process) {
    let deadline = process.core.nextDeadline
    guard deadline < .distantFuture else { return }
    let at = max(time, machine.clock.time(of: deadline)) + nodeDice.between(0, 200_000)
    guard at < process.timerAt else { return }
    process.timerAt = at
    schedule(.timer(at), for: machine, after: at - time)
  }

  // MARK: Disk

  private func submit(_ write: LogWrite, _ machine: Machine) {
    trace.mix(write.ticket)
    if machine.process?.toldOfFullDisk == true, machine.role == .slave, !write.entries.isEmpty {
      fail(machine, "writes entries to a full disk")
    }
    if let wrong = wrongPlace(of: write, on: machine.disk) { return fail(machine, wrong) }
    var previous =
      write.entries.first.flatMap { machine.disk.written.entry(at: $0.index - 1)?.epoch } ?? .zero
    for entry in write.entries {
      if let wrong = matching.write(entry, after: previous) { fail(machine, wrong) }
      previous = entry.epoch
    }
    machine.disk.submit(write)
    if Mutant.isPlanted(.acknowledgeBeforeFsync) { schedule(.synced([write]), for: machine, after: 10_000) }
    startSync(machine)
  }

  private func startSync(_ machine: Machine) {
    guard machine.disk.startSync() else { return }
    machine.syncedFrom = machine.clock.local(at: time)
    let span = diskDice.between(plan.syncTime.lowerBound, plan.syncTime.upperBound) + machine.disk.stall
    machine.disk.stall = 0
    schedule(.syncDone(machine: machine.index, incarnation: machine.incarnation), after: span)
  }

  func syncDone(_ machine: Machine, incarnation: Int) {
    guard machine.incarnation == incarnation, machine.isRunning else { return }
    let writes = machine.disk.finishSync()
    if !Mutant.isPlanted(.acknowledgeBeforeFsync) { give(.synced(writes), to: machine) }
    if machine.isRunning { startSync(machine) }
  }

  private func answer(_ fetch: Fetch, _ machine: Machine, _ process: Process, into effects: inout [Effect]) {
    var entries: [Entry] = []
    var bytes = 0
    var index = fetch.from
    while let entry = machine.disk.written.entry(at: index), entries.isEmpty || bytes < fetch.limitBytes {
      entries.append(entry)
      bytes += entry.approximateSize
      index += 1
    }
    guard !entries.isEmpty else { return }
    process.core.receive(
      .fetched(fetch, entries), at: machine.clock.local(at: time), into: &effects)
  }

  // MARK: Committed entries

  private func committed(upTo index: LogIndex, _ machine: Machine, _ process: Process) {
    trace.mix(index)
    let known = canonical.lastIndex
    let first = min(index, max(process.replica.applied, 1))
    // What this node called committed before is looked at again: it must not have changed.
    for position in first...index {
      guard
        let entry = process.core.recentEntry(at: position) ?? machine.disk.written.entry(at: position)
      else { continue }
      if let wrong = canonical.commit(entry) { return fail(machine, wrong) }
    }
    if index > known, process.core.knownLeader == machine.id { checkQuorum(of: index, machine, process) }
    answerWrites(upTo: index, machine, process)
    settleReads(machine, process)
    scheduleApply(machine, process)
  }

  /// What a leader calls committed is on its own disk and on those of W slaves of each set in force.
  private func checkQuorum(of index: LogIndex, _ machine: Machine, _ process: Process) {
    guard let configuration = process.core.configuration, let epoch = process.core.epoch(at: index) else {
      return fail(machine, "entry \(index) is committed without a configuration")
    }
    guard machine.disk.durable.entry(at: index)?.epoch == epoch else {
      return fail(machine, "entry \(index) is committed and not on the leader's own disk")
    }
    for set in [configuration.current, configuration.incoming].compactMap(\.self) {
      let holders = set.slaves.count { slave in
        if lostIDs.contains(slave.id) { return true }
        return machineOf[slave.id].map { machines[$0].disk.durable.entry(at: index)?.epoch == epoch } ?? false
      }
      // By its own arithmetic: a checker that asks the code under test would believe it.
      guard holders >= (set.slaves.count + 1) / 2 else {
        return fail(
          machine, "entry \(index) is committed and on \(holders) disks of \(set.slaves.count) slaves only")
      }
    }
  }

  private func truncated(from index: LogIndex, _ machine: Machine, _ process: Process) {
    counts.truncations += 1
    say(machine, "cuts its log from entry \(index) on")
    checkCut(from: index, machine, process)
    doubt(from: index, process)
  }

  private func becameActive(in epoch: Epoch, _ machine: Machine, _ process: Process) {
    counts.reigns += 1
    say(machine, "is active in epoch \(epoch)")
    machine.yielded = false
    process.signed = false
    process.retryHeld = true
    checkReign(epoch, machine, process.core)
    checkFirstEntry(of: epoch, machine, process.core)
    // Reads that wait were looked up in an earlier reign; another master may have led in between.
    let reads = process.reads
    process.reads = []
    process.held = reads.map(\.request) + process.held
  }

  /// A leader holds all that was committed in earlier epochs, and no two leases are valid at one time.
  ///
  /// A master that wakes up late may become active in an epoch that others have left behind already: it has no
  /// lease then, and what was committed after its epoch it need not hold.
  private func checkReign(_ epoch: Epoch, _ machine: Machine, _ core: ReplicationCore) {
    if let last = canonical.last(before: epoch), core.epoch(at: last.index) != last.epoch {
      fail(machine, "leads in epoch \(epoch) without the committed entry \(last.index)")
    }
    guard core.mayRead(at: machine.clock.local(at: time)) else { return }
    for other in machines where other !== machine {
      guard let others = other.process?.core, others.mayRead(at: other.clock.local(at: time)) else {
        continue
      }
      fail(
        machine, "holds the lease of epoch \(epoch) while \(other.name) still holds that of \(others.epoch)")
    }
  }

  private func handedOver(to target: NodeID, _ machine: Machine, _ process: Process) {
    counts.handovers += 1
    say(machine, "hands over to \(target)")
    if !process.writes.isEmpty { fail(machine, "signs a handover with unanswered writes") }
    checkTarget(target, of: machine)
    machine.yielded = machine.yieldsOnHandover
    process.signed = true
    reigns.sign(process.core.promised)
    abandonClients(process, active: target)
  }

  private func halted(_ reason: String, _ machine: Machine) {
    say(machine, "halts: \(reason)")
    // A removal is settled once a configuration without the node is committed; only then may it be sent away.
    guard let configuration = canonical.configuration, configuration.removed.contains(machine.id),
      configuration.member(machine.id) == nil
    else { return fail(machine, "halts: \(reason)") }
    stop(machine)
    machine.retired = true
  }

  // MARK: Applying

  func scheduleApply(_ machine: Machine, _ process: Process) {
    guard !process.applyScheduled, process.core.commitIndex > process.replica.applied else { return }
    process.applyScheduled = true
    schedule(.apply, for: machine, after: diskDice.between(100_000, 15_000_000))
  }

  private func apply(_ machine: Machine, _ process: Process) {
    process.applyScheduled = false
    let before = process.replica.applied
    // Nothing is applied before it is fsynced in the log: the replica must never be ahead of the log it is made of.
    while process.replica.applied < process.core.commitIndex,
      let entry = machine.disk.durable.entry(at: process.replica.applied + 1),
      entry.epoch == process.core.epoch(at: entry.index)
    {
      process.replica.apply(entry)
      guard canonical.digest(at: entry.index) == process.replica.digest else {
        return fail(
          machine, "has applied entry \(entry.index) and holds another state than the committed log")
      }
    }
    guard process.replica.applied > before else { return }
    if diskDice.chance(percent: 25) { machine.disk.replica = process.replica }
    var effects: [Effect] = []
    process.core.receive(
      .applied(process.replica.applied), at: machine.clock.local(at: time), into: &effects)
    carryOut(effects, machine, process)
  }
}
