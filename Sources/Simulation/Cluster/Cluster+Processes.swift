import Replication
import Serving

// Starts, crashes and pauses.

extension Cluster {
  func start(_ machine: Machine) {
    guard !machine.isRunning, !machine.retired else { return }
    machine.incarnation += 1
    machine.yielded = false
    trace.mix(machine.index)
    let recovered: RecoveredState
    do {
      recovered = try machine.disk.recovered()
    } catch {
      counts.paths[.damageFoundAtStart] += 1
      say(machine, "does not start: \(error)")
      if machine.disk.rotten.isEmpty {
        return fail(machine, "its disk is whole, and it does not start: \(error)")
      }
      return scheduleReplacement(of: machine)
    }
    if let wrong = promises.start(machine.id, holding: recovered.hardState) { fail(machine, wrong) }
    say(machine, "starts as \(machine.id) with \(recovered.lastIndex) entries")
    let options = ReplicationOptions(
      id: machine.id, role: machine.role, name: machine.name, address: machine.address, peers: machine.peers,
      leaseMilliseconds: plan.leaseMilliseconds, useLease: plan.useLease,
      automaticFailback: plan.automaticFailback, cacheBytes: plan.cacheBytes, followerLag: plan.followerLag,
      snapshotChunkBytes: storage == .sqlite ? 4_096 : 100, seed: nodeDice.bits())
    let core = ReplicationCore(options: options, recovered: recovered, now: machine.clock.local(at: time))
    let process = Process(
      core: core, replica: machine.disk.replica,
      options: ServingOptions(writeTimeout: plan.writeTimeout, readTimeout: plan.readTimeout), cluster: self,
      machine: machine)
    machine.process = process
    machine.progress = ProgressChecker()
    machine.announced = core.commitIndex
    for index in stride(from: 1, through: core.commitIndex, by: 1) where !machine.disk.rotten.contains(index)
    {
      if let entry = machine.disk.durable.entry(at: index), let wrong = canonical.commit(entry) {
        fail(machine, wrong)
      }
    }
    if machine.diskIsFull { give(.event(.disk(isFull: true)), to: machine) }
    scheduleApply(machine, process)
    setTimer(machine, process)
    ensureLinks()
  }

  func crash(_ machine: Machine) {
    guard machine.isRunning else { return }
    say(machine, "crashes")
    stop(machine)
    crashDisk(of: machine)
    // A birth that reached no disk was never heard of: the next one may use its epoch again.
    if machines.allSatisfy({ $0.disk.written.entries.isEmpty }) { matching = LogMatchingChecker() }
    if defect == .forgetPromises { machine.disk.forgetHardState() }
  }

  /// Ends the process; what is under way on its links and to its clients is cut off.
  func stop(_ machine: Machine) {
    let process = machine.process
    machine.process = nil
    machine.paused = false
    machine.backlog.removeAll()
    machine.outstanding.removeAll()
    machine.syncFails = false
    machine.syncSticks = false
    machine.standing = .follower
    machine.snapshotsBusyUntil = 0
    dropLinks(of: machine)
    closeClients(of: machine, process)
  }

  func pause(_ machine: Machine, for span: Int64) {
    guard machine.isRunning, !machine.paused else { return }
    machine.paused = true
    machine.pauses += 1
    say(machine, "is paused for \(span / 1_000_000) ms")
    schedule(.resume(machine: machine.index, pause: machine.pauses), after: span)
  }

  func resume(_ machine: Machine, pause: Int) {
    guard machine.paused, machine.pauses == pause else { return }
    say(machine, "goes on")
    machine.paused = false
    var inputs = Array(machine.backlog)
    machine.backlog.removeAll()
    // A loop that wakes up may look at its clients, its timers or its peers first.
    switch nodeDice.below(3) {
    case 0: inputs = inputs.filter(\.isTimer) + inputs.filter { !$0.isTimer }
    case 1: inputs = inputs.filter(\.isRequest) + inputs.filter { !$0.isRequest }
    default: break
    }
    for input in inputs where machine.isRunning { give(input, to: machine) }
  }

  /// Fills a node's disk, or makes room on it again.
  func setDisk(of machine: Machine, full: Bool) {
    guard machine.diskIsFull != full else { return }
    say(machine, full ? "has a full disk" : "has room on its disk again")
    machine.diskIsFull = full
    if machine.isRunning { give(.event(.disk(isFull: full)), to: machine) }
  }

  /// The disk is gone: the node returns empty and under a new id.
  func wipe(_ machine: Machine) {
    stop(machine)
    say(machine, "has lost its disk")
    defer { machine.disk = makeDisk(for: machine.id) }
    guard !Mutant.isPlanted(.lostDiskKeepsIdentity) else { return }
    lostIDs.insert(machine.id)
    machineOf[machine.id] = nil
    machine.id = NodeID(nodeDice.bits() | 1)
    machineOf[machine.id] = machine.index
  }

  /// An empty disk.
  func makeDisk(for node: NodeID) -> FakeDisk {
    let history: (LogIndex) -> [Entry] = { [unowned self] in Array(canonical.entries.prefix(Int($0))) }
    return FakeDisk(
      stored: storage == .sqlite ? StoredDisk(seed: seed ^ node.rawValue, history: history) : nil,
      history: history)
  }
}
