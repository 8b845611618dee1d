import Replication

// How a driver serves its clients (design 4.6, 4.7, 4.12).

extension Cluster {
  /// Sends an answer on its way.
  func answer(_ request: Request, _ reply: Reply) {
    schedule(
      .reply(reply, client: request.client, attempt: request.attempt),
      after: networkDice.between(50_000, 500_000))
  }

  func serve(_ request: Request, _ machine: Machine, _ process: Process) {
    let now = machine.clock.local(at: time)
    let admission = process.core.admission(at: now)
    if Mutant.isPlanted(.readsAfterSigning), process.signed, request.action == .get {
      answerRead(request, seen: process.newest(request.key).value, machine, process)
      return
    }
    if case .standby(let active) = admission {
      answer(request, .moved(active))
      return
    }
    guard process.core.isActive else {
      process.held.append(request)
      return
    }
    let known = process.newest(request.key)
    switch request.action {
    case .get: read(request, known, machine, process)
    // A command without effects is a read (design 4.6).
    case .putIfAbsent where known.value != nil: read(request, known, machine, process)
    case .put(let value): write(request, value, seen: nil, admission, machine, process)
    case .putIfAbsent(let value): write(request, value, seen: nil, admission, machine, process)
    }
  }

  // MARK: Writes

  private func write(
    _ request: Request, _ value: UInt64?, seen: UInt64?, _ admission: Admission, _ machine: Machine,
    _ process: Process
  ) {
    guard admission == .open else {
      if admission == .noQuorum || admission == .diskFull {
        answer(request, .refused)
      } else {
        process.held.append(request)
      }
      return
    }
    let mutation = value.map { Mutation.put(request.key, RegisterCoding.bytes($0)) } ?? .delete(request.key)
    let index = process.core.propose([mutation], time: time / 1_000_000)
    process.flushWanted = true
    if Mutant.isPlanted(.answerBeforeCommit) {
      answer(request, .done(seen: seen))
      return
    }
    process.writes.append(Process.PendingWrite(index: index, request: request, seen: seen))
  }

  func answerWrites(upTo index: LogIndex, _ machine: Machine, _ process: Process) {
    while let write = process.writes.first, write.index <= index {
      process.writes.removeFirst()
      if process.signed { fail(machine, "answers a write after it has signed a handover") }
      let held = canonical.entry(at: write.index).map { holds($0, write.request) } ?? false
      guard held else {
        return fail(
          machine, "acknowledges a write at entry \(write.index) that the committed log does not hold")
      }
      counts.writes += 1
      answer(write.request, .done(seen: write.seen))
    }
  }

  private func holds(_ entry: Entry, _ request: Request) -> Bool {
    guard case .mutations(let mutations) = entry.payload else { return false }
    return switch request.action {
    case .put(let value?), .putIfAbsent(let value):
      mutations.contains(.put(request.key, RegisterCoding.bytes(value)))
    case .put(nil): mutations.contains(.delete(request.key))
    case .get: false
    }
  }

  /// Says of each write from an index on that its fate is not known, and closes on the reads that saw one.
  func doubt(from index: LogIndex, _ process: Process) {
    while let write = process.writes.last, write.index >= index {
      process.writes.removeLast()
      counts.inDoubt += 1
      answer(write.request, .inDoubt)
    }
    for read in process.reads where read.index >= index { answer(read.request, .closed) }
    process.reads.removeAll { $0.index >= index }
  }

  // MARK: Reads

  private func read(
    _ request: Request, _ known: (value: UInt64?, index: LogIndex), _ machine: Machine, _ process: Process
  ) {
    let read = Process.PendingRead(
      request: request, seen: known.value, index: known.index, confirmation: nil)
    if !settle(read, machine, process) { process.reads.append(read) }
  }

  /// Tries to answer the reads that wait for an entry which is committed now.
  func settleReads(_ machine: Machine, _ process: Process) {
    let reads = process.reads
    process.reads = []
    for read in reads where read.confirmation != nil || !settle(read, machine, process) {
      process.reads.append(read)
    }
  }

  /// Answers a read, or sends for a confirmation; false if it must wait for its entry.
  private func settle(_ read: Process.PendingRead, _ machine: Machine, _ process: Process) -> Bool {
    guard read.index <= process.core.commitIndex || Mutant.isPlanted(.readBeforePendingWrite) else { return false }
    if process.core.mayRead(at: machine.clock.local(at: time))
      || Mutant.isPlanted(.readWithoutLease) && process.core.isActive
    {
      answerRead(read.request, seen: read.seen, machine, process)
    } else if let number = process.core.requestConfirmation() {
      process.flushWanted = true
      var waiting = read
      waiting.confirmation = number
      process.reads.append(waiting)
    } else {
      process.held.append(read.request)
    }
    return true
  }

  func confirmed(_ number: UInt64, _ machine: Machine, _ process: Process) {
    let reads = process.reads
    process.reads = []
    for read in reads {
      guard let wanted = read.confirmation, wanted <= number else {
        process.reads.append(read)
        continue
      }
      answerRead(read.request, seen: read.seen, machine, process)
    }
  }

  private func answerRead(_ request: Request, seen: UInt64?, _ machine: Machine, _ process: Process) {
    if process.signed { fail(machine, "answers a read after it has signed a handover") }
    counts.reads += 1
    answer(request, .done(seen: seen))
  }

  // MARK: The end of a reign

  /// The lead is gone: what was appended is in doubt, the rest never happened.
  func abandonClients(_ process: Process, active: NodeID?) {
    doubt(from: 0, process)
    for request in process.held { answer(request, .moved(active)) }
    process.held = []
  }
}
