import Replication
import Serving

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
      machine.outstanding.removeFirst(min(writes.count, machine.outstanding.count))
      for write in writes {
        for outbound in write.thenSend { send(outbound, from: machine) }
      }
      guard let last = writes.last else { return }
      process.core.receive(.persisted(ticket: last.ticket), at: now, into: &effects)
      scheduleApply(machine, process)
    case .service(let input): serve(input, machine, process)
    case .timer(let setFor):
      guard process.timerAt == setFor else { return }
      process.timerAt = .max
      if now >= process.deadline {
        process.core.receive(.timer, at: now, into: &effects)
        checkStall(machine, process, at: now)
      }
    case .flush:
      process.flushScheduled = false
      process.core.flush(at: now, into: &effects)
    case .apply: apply(machine, process)
    case .fetch(let fetch): answer(fetch, machine, process, into: &effects)
    case .snapshot(let task): perform(task, machine, process, into: &effects)
    }
    carryOut(effects, machine, process)
    guard machine.process === process else { return }
    inspect(machine, process)
    scheduleExpiry(machine, process)
  }

  /// Does what the core wants, and what follows from it, until nothing is left to do.
  func carryOut(_ effects: [Effect], _ machine: Machine, _ process: Process) {
    var effects = effects
    while true {
      for effect in effects {
        carryOut(effect, machine, process)
        guard failure == nil, machine.process === process else { return }
        process.server.follow(effect)
      }
      effects.removeAll(keepingCapacity: true)
      guard process.flushWanted || process.confirmationWanted else { break }
      let mayWait = !process.confirmationWanted
      process.flushWanted = false
      process.confirmationWanted = false
      if mayWait, plan.lateFlush, !process.flushScheduled, nodeDice.chance(percent: 60) {
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
    case .snapshot(let task): begin(task, machine)
    case .installed(let base): installed(base, machine, process)
    case .committed(let index): committed(upTo: index, machine, process)
    case .truncated(let index): truncated(from: index, machine, process)
    case .becameActive(let epoch): becameActive(in: epoch, machine, process)
    case .resumed:
      counts.paths[.handoverCalledOff] += 1
      machine.yieldsOnHandover = false
    case .steppedDown(let reason):
      say(machine, "steps down: \(reason)")
      counts.paths[isStalled(machine, process) ? .stalledLeaderSteppedDown : .leaderSteppedDown] += 1
      machine.yieldsOnHandover = false
    case .suspended: counts.paths[.suspended] += 1
    case .handedOver(let target): handedOver(to: target, machine, process)
    case .confirmed(let round): confirmed(round, machine, process)
    case .leaderChanged, .configurationCommitted: break
    case .halt(let reason): halted(reason, machine)
    case .notice(let text): say(machine, text)
    }
  }

  func setTimer(_ machine: Machine, _ process: Process) {
    let deadline = process.deadline
    guard deadline < .distantFuture else { return }
    let at = max(time, machine.clock.time(of: deadline)) + nodeDice.between(0, 200_000)
    guard at < process.timerAt else { return }
    process.timerAt = at
    schedule(.timer(at), for: machine, after: at - time)
  }

  // MARK: Disk

  private func submit(_ write: LogWrite, _ machine: Machine) {
    trace.mix(write.ticket)
    inspect(write, of: machine)
    guard failure == nil else { return }
    machine.outstanding.append(
      (machine.clock.local(at: time), write.entries.reduce(0) { $0 + $1.approximateSize }))
    machine.disk.submit(write)
    if write.truncateFrom != nil { checkConfiguration(machine) }
    if Mutant.isPlanted(.acknowledgeBeforeFsync) { schedule(.synced([write]), for: machine, after: 10_000) }
    startSync(machine)
  }

  private func startSync(_ machine: Machine) {
    guard machine.disk.startSync(), !machine.syncSticks else { return }
    let span = diskDice.between(plan.syncTime.lowerBound, plan.syncTime.upperBound) + machine.disk.stall
    machine.disk.stall = 0
    schedule(.syncDone(machine: machine.index, incarnation: machine.incarnation), after: span)
  }

  func syncDone(_ machine: Machine, incarnation: Int) {
    guard machine.incarnation == incarnation, machine.isRunning else { return }
    if machine.syncFails {
      // The node stops at once; a restart reads what is really there, which may be more than it was told.
      say(machine, "stops: an fsync of log.db has failed")
      return crashForAWhile(machine)
    }
    let writes = machine.disk.finishSync()
    if let finding = machine.disk.stored?.finding { return fail(machine, finding) }
    if let cluster = machine.disk.durable.hardState.cluster, let wrong = configurations.belongs(to: cluster) {
      return fail(machine, wrong)
    }
    if !Mutant.isPlanted(.acknowledgeBeforeFsync) { give(.synced(writes), to: machine) }
    if machine.isRunning { startSync(machine) }
  }

  private func answer(_ fetch: Fetch, _ machine: Machine, _ process: Process, into effects: inout [Effect]) {
    counts.paths[fetch.purpose == .pull ? .fetchedForPull : .fetchedForFollower] += 1
    do {
      let isTrimmed = fetch.from <= machine.disk.written.base
      let entries = isTrimmed ? [] : try machine.disk.entries(from: fetch.from, limitBytes: fetch.limitBytes)
      guard isTrimmed || !entries.isEmpty else { return }
      process.core.receive(.fetched(fetch, entries), at: machine.clock.local(at: time), into: &effects)
    } catch {
      counts.paths[.damageFoundByFetch] += 1
      say(machine, "halts: \(error)")
      stop(machine)
      machine.disk.crash(syncReachedDisk: true)
      scheduleReplacement(of: machine)
    }
  }

  // MARK: Committed entries

  private func committed(upTo index: LogIndex, _ machine: Machine, _ process: Process) {
    trace.mix(index)
    let known = canonical.lastIndex
    guard let epoch = process.core.epoch(at: index),
      machine.disk.durable.entry(at: index)?.epoch == epoch
    else {
      return fail(machine, Broken(.order, "answers for entry \(index), which is not on its own disk"))
    }
    for position in min(index, max(machine.announced, process.replica.applied) + 1)...index {
      guard let entry = process.core.recentEntry(at: position) else { continue }
      if let wrong = canonical.commit(entry, in: epoch) ?? workload.torn(entry) {
        return fail(machine, wrong)
      }
    }
    machine.announced = index
    if index > known, process.core.knownLeader == machine.id { checkQuorum(of: index, machine, process) }
    _ = process.server.takeCommitted(upTo: index)
    scheduleApply(machine, process)
  }

  /// What a leader calls committed is on its own disk and on those of W slaves of each set in force.
  private func checkQuorum(of index: LogIndex, _ machine: Machine, _ process: Process) {
    guard let configuration = process.core.configuration, let entry = canonical.entry(at: index) else {
      return fail(machine, Broken(.quorum, "entry \(index) is committed without a configuration"))
    }
    guard entry.epoch == process.core.epoch else {
      return fail(
        machine,
        Broken(.quorum, "commits entry \(index) of epoch \(entry.epoch) by counting in \(process.core.epoch)")
      )
    }
    let wrong = unplanted { CanonicalLog.heldByQuorum(entry, of: configuration, .quorum, holds: isOnDisk) }
    if let wrong { fail(machine, wrong) }
  }

  private func truncated(from index: LogIndex, _ machine: Machine, _ process: Process) {
    counts.paths[.logCut] += 1
    spring(.cut, machine)
    if let entry = machine.disk.written.entry(at: index), let wrong = canonical.cut(entry) {
      fail(machine, wrong)
    }
    if machine.disk.written.entries.dropFirst(Int(index) - 1).contains(where: { $0.configuration != nil }) {
      counts.paths[.jointChangeCut] += 1
    }
    say(machine, "cuts its log from entry \(index) on")
  }

  private func becameActive(in epoch: Epoch, _ machine: Machine, _ process: Process) {
    spring(.active, machine)
    say(machine, "is active in epoch \(epoch)")
    machine.yielded = false
    process.signed = false
    // Others may have left this epoch behind already while this node slept: it has no lease then.
    if !canonical.holdsEntry(of: epoch) {
      fail(machine, Broken(.firstEntry, "serves in epoch \(epoch) before an entry of it is committed"))
    }
  }

  private func handedOver(to target: NodeID, _ machine: Machine, _ process: Process) {
    counts.paths[.handoverSigned] += 1
    spring(.signed, machine)
    say(machine, "hands over to \(target)")
    if process.server.unansweredWrites > 0 {
      fail(machine, Broken(.handover, "signs a handover with unanswered writes"))
    }
    checkHandover(to: target, machine, process)
    machine.yielded = machine.yieldsOnHandover
    process.signed = true
    if plan.delaysHandoverTargets { delay(target, signer: machine) }
    reigns.sign(process.core.promised)
  }

  private func halted(_ reason: String, _ machine: Machine) {
    say(machine, "halts: \(reason)")
    // A removal is settled once a configuration without the node is committed; only then may it be sent away.
    guard let configuration = canonical.configuration, configuration.removed.contains(machine.id),
      configuration.member(machine.id) == nil
    else { return fail(machine, Broken(.noHalt, "halts: \(reason)")) }
    counts.paths[.removedNodeEnded] += 1
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
    let before = process.replica.applied
    // Nothing is applied before it is fsynced in the log: the replica must never be ahead of the log it is made of.
    while process.replica.applied < process.core.commitIndex,
      let entry = process.core.recentEntry(at: process.replica.applied + 1),
      machine.disk.durable.entry(at: entry.index)?.epoch == entry.epoch
    {
      process.replica.apply(entry)
      guard canonical.digest(at: entry.index) == process.replica.digest else {
        return fail(
          machine,
          Broken(.equalStates, "holds another state after entry \(entry.index) than the committed log gives"))
      }
    }
    guard process.replica.applied > before else {
      process.applyScheduled = false
      return
    }
    if diskDice.chance(percent: 25) { machine.disk.replica = process.replica }
    machine.disk.stored?.apply(upTo: process.replica.applied)
    announceApplied(machine, process)
  }
}
