import Replication

// Trimming, and the copies that nodes make, send and install (design 4.9).

extension Cluster {
  // MARK: Trimming

  /// A node drops what nobody needs any more, as far as its replica is on disk.
  func trim(_ machine: Machine, _ process: Process) {
    guard plan.trims, snapshotDice.chance(percent: 50) else { return }
    let keptEntries = plan.trimsUnevenly && machine.index % 2 == 1 ? 2_000 : plan.keptEntries
    let kept = process.core.lastIndex - min(process.core.lastIndex, keptEntries)
    let index = min(kept, process.core.neededIndex, machine.disk.replica.applied, process.core.appliedIndex)
    guard index > process.core.base.index else { return }
    counts.paths[.trimmed] += 1
    var effects: [Effect] = []
    process.core.receive(.trimming(upTo: index), at: process.now, into: &effects)
    machine.disk.trim(upTo: index)
    if let finding = machine.disk.stored?.finding { return fail(machine, finding) }
    carryOut(effects, machine, process)
  }

  // MARK: Tasks

  func begin(_ task: SnapshotTask, _ machine: Machine) {
    if case .install(let snapshot) = task {
      machine.pendingInstall = snapshot
      spring(.install, machine)
    }
    let span: Int64 =
      switch task {
      case .make: snapshotDice.between(1_000_000, 60_000_000)
      case .install: snapshotDice.between(plan.installTime.lowerBound, plan.installTime.upperBound)
      case .read, .store, .open: snapshotDice.between(50_000, 4_000_000)
      case .release, .abandon: 0
      }
    machine.snapshotsBusyUntil = max(machine.snapshotsBusyUntil + 1, time + span)
    schedule(.snapshot(task), for: machine, after: machine.snapshotsBusyUntil - time)
  }

  func perform(_ task: SnapshotTask, _ machine: Machine, _ process: Process, into effects: inout [Effect]) {
    func answer(_ event: SnapshotEvent) {
      process.core.receive(.snapshot(event), at: machine.clock.local(at: time), into: &effects)
    }
    switch task {
    case .make: answer(makeCopy(machine, process).map(SnapshotEvent.made) ?? .notMade)
    case .read(let read):
      guard let snapshot = copies[read.id]?.snapshot else { return answer(.notRead(read)) }
      let bytes =
        machine.disk.stored?.readCopy(snapshot, at: read.offset, count: read.count)
        ?? (0..<read.count).map { UInt8(truncatingIfNeeded: read.offset &+ UInt64($0) &+ read.id) }
      answer(.read(read, bytes: bytes, checksum: SnapshotRead.checksum(of: bytes, at: read.offset)))
    case .release:
      machine.disk.copy = nil
      machine.disk.stored?.removeCopies()
    case .open(let snapshot):
      if machine.disk.incoming?.snapshot != snapshot { machine.disk.incoming = .init(snapshot: snapshot) }
      let next = machine.disk.stored?.openIncoming(snapshot) ?? machine.disk.incoming?.count ?? 0
      machine.disk.incoming?.count = next
      if next > 0 { counts.paths[.snapshotResumed] += 1 }
      answer(.stored(id: snapshot.id, next: next))
    case .store(let id, let offset, let bytes):
      guard let incoming = machine.disk.incoming, incoming.snapshot.id == id else { return }
      machine.disk.stored?.store(bytes, of: incoming.snapshot, at: offset)
      machine.disk.incoming?.count = offset + UInt64(bytes.count)
      answer(.stored(id: id, next: offset + UInt64(bytes.count)))
    case .install(let snapshot): install(snapshot, machine, process, answer: answer)
    case .abandon:
      machine.disk.incoming = nil
      machine.disk.stored?.removeIncoming()
    }
    if let finding = machine.disk.stored?.finding { fail(machine, finding) }
  }

  private func makeCopy(_ machine: Machine, _ process: Process) -> SnapshotDescription? {
    if snapshotDice.chance(percent: 5) { return nil }
    let replica = process.replica
    guard replica.applied > 0, let last = canonical.entry(at: replica.applied) else { return nil }
    if let stored = machine.disk.stored {
      guard let snapshot = stored.makeCopy() else { return nil }
      if copies[snapshot.id] == nil { copies[snapshot.id] = Copy(snapshot: snapshot, replica: replica) }
      return snapshot
    }
    if let left = machine.disk.copy, left.base.index >= process.core.base.index { return left }
    let configuration = canonical.entries.prefix(Int(replica.applied)).last { $0.configuration != nil }
    let snapshot = SnapshotDescription(
      id: snapshotDice.bits(), size: UInt64(snapshotDice.between(1, 1_000)),
      base: LogBase(
        position: LogPosition(epoch: last.epoch, index: last.index), time: last.time, checksum: 0,
        configuration: configuration.flatMap { entry in
          entry.configuration.map { IndexedConfiguration(index: entry.index, configuration: $0) }
        }))
    copies[snapshot.id] = Copy(snapshot: snapshot, replica: replica)
    machine.disk.copy = snapshot
    return snapshot
  }

  // MARK: Installing

  private func install(
    _ snapshot: SnapshotDescription, _ machine: Machine, _ process: Process, answer: (SnapshotEvent) -> Void
  ) {
    machine.pendingInstall = nil
    let isSound = machine.disk.stored?.checkIncoming(snapshot) ?? (machine.disk.incoming?.isSpoiled == false)
    guard isSound, let copy = copies[snapshot.id] else {
      machine.disk.incoming = nil
      machine.disk.stored?.removeIncoming()
      return answer(.refused(id: snapshot.id, reason: "it was spoiled by a crash"))
    }
    if process.replica.applied < snapshot.base.index {
      guard canonical.digest(at: snapshot.base.index) == copy.replica.digest else {
        return fail(machine, Broken(.equalStates, "installs another state than the committed log gives"))
      }
      machine.disk.stored?.install(snapshot)
      process.replica = copy.replica
      machine.disk.install(copy.replica, standingAt: snapshot.base)
    }
    // The core hears of it a little later than it can be read.
    schedule(
      .event(.snapshot(.taken(snapshot))), for: machine, after: snapshotDice.between(10_000, 3_000_000))
  }

  func installed(_ base: LogBase, _ machine: Machine, _ process: Process) {
    counts.paths[.snapshotInstalled] += 1
    machine.announced = max(machine.announced, base.index)
    machine.disk.incoming = nil
    machine.disk.stored?.removeIncoming()
    say(machine, "has installed a snapshot up to entry \(base.index)")
    scheduleApply(machine, process)
  }

  /// The disk of a node that crashes: also a snapshot that it was about to take may be taken, or not.
  func crashDisk(of machine: Machine) {
    let pending = machine.pendingInstall
    machine.pendingInstall = nil
    if machine.disk.stored == nil {
      if let pending, let copy = copies[pending.id], machine.disk.replica.applied < pending.base.index,
        machine.disk.incoming?.isSpoiled == false, snapshotDice.chance(percent: 50)
      {
        counts.paths[.installFinishedAtStart] += 1
        machine.disk.install(copy.replica, standingAt: pending.base)
      }
      if machine.disk.incoming != nil { spoilIncoming(of: machine) }
    } else if machine.disk.installing != nil {
      counts.paths[.installFinishedAtStart] += 1
    }
    machine.disk.crash(syncReachedDisk: diskDice.chance(percent: 50), pending: pending)
  }

  private func spoilIncoming(of machine: Machine) {
    let count = machine.disk.incoming?.count ?? 0
    switch snapshotDice.below(4) {
    case 0: machine.disk.incoming = nil
    case 1:
      let left = UInt64(snapshotDice.between(0, Int64(count)))
      machine.disk.incoming?.count = left
    case 2: machine.disk.incoming?.isSpoiled = count > 0
    default: break
    }
  }
}

extension Cluster {
  /// A copy of a node's replica, with what is known of its content.
  struct Copy {
    var snapshot: SnapshotDescription
    var replica: Replica
  }
}
