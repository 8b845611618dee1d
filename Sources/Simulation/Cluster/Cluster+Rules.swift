import Replication

// Rules of the design that can be seen broken at the node itself, long before a client is harmed.

extension Cluster {
  /// A write goes on where the log ends that was written before it.
  func wrongPlace(of write: LogWrite, on disk: FakeDisk) -> String? {
    let last = LogIndex(disk.written.entries.count)
    let base = write.truncateFrom.map { min(last, $0 - 1) } ?? last
    guard let first = write.entries.first, first.index != base + 1 else { return nil }
    return "writes entry \(first.index) to a log that ends at entry \(base)"
  }

  /// What a node knows to be committed it never cuts (design 4.3).
  func checkCut(from index: LogIndex, _ machine: Machine, _ process: Process) {
    guard index <= process.core.commitIndex else { return }
    fail(machine, "cuts its log from entry \(index) on and knows entry \(process.core.commitIndex) as committed")
  }

  /// A source lends its log only while its promise is the candidate's epoch (design 4.2).
  func checkLoan(_ message: Message, _ machine: Machine) {
    guard case .pullReply(let reply) = message, let core = machine.process?.core, core.promised != reply.epoch
    else { return }
    fail(machine, "lends its log to the candidate of epoch \(reply.epoch) after it has promised \(core.promised)")
  }

  /// A leader serves once an entry of its own is committed, and only if its configuration lists it (design 4.2).
  func checkFirstEntry(of epoch: Epoch, _ machine: Machine, _ core: ReplicationCore) {
    if core.epoch(at: core.commitIndex) != epoch {
      fail(machine, "serves in epoch \(epoch) before an entry of its own is committed")
    }
    if core.configuration?.member(machine.id) == nil {
      fail(machine, "leads in epoch \(epoch) a cluster that does not list it")
    }
  }

  /// The lead is handed to a master that holds the whole log (design 4.7).
  func checkTarget(_ target: NodeID, of machine: Machine) {
    guard let last = machine.process?.core.lastPosition, let index = machineOf[target] else { return }
    if machines[index].disk.durable.entry(at: last.index)?.epoch != last.epoch {
      fail(machine, "hands over to \(machines[index].name), which does not hold entry \(last.index)")
    }
  }

  /// A master whose fsync takes longer than a lease leads no more (design 4.11). It may see that a heartbeat late.
  func checkDisk(of machine: Machine, _ process: Process, at now: Instant) {
    guard process.core.isActive, !machine.disk.syncing.isEmpty else { return }
    let span = now - machine.syncedFrom
    if span > 2 * process.core.leaseLength {
      fail(machine, "leads with an fsync that has taken \(span / 1_000_000) ms")
    }
  }
}
