// How a master leads: replication, commit, lease and confirmation (design 4.3 to 4.6).

extension ReplicationCore {
  private var heartbeatInterval: Nanoseconds { lease / 10 }
  /// Taken off a lease for clocks that run at different rates.
  private var driftMargin: Nanoseconds { lease / 10 }
  private var appendBytes: Int { 1 << 20 }
  private var inFlightLimit: Int { 16 << 20 }

  // MARK: Taking the lead

  mutating func lead(in epoch: Epoch, at now: Instant, into effects: inout [Effect]) {
    candidacy = nil
    election.poll = nil
    wantsLead = true
    var leadership = Leadership(
      epoch: epoch, firstIndex: log.lastIndex + 1, submittedIndex: log.lastIndex, heartbeatAt: now)
    for member in log.configuration.map({ $0.masters + $0.slaves }) ?? [] where member.id != options.id {
      leadership.progress[member.id] = Progress(
        next: log.lastIndex + 1, connected: peers[member.id] != nil)
    }
    self.leadership = leadership
    if Mutant.isPlanted(.servesBeforeOwnEntry) {
      self.leadership?.serving = true
      effects.append(.becameActive(epoch))
    }
    setLeader(options.id, into: &effects)
    effects.append(.notice("leads in epoch \(epoch), from entry \(leadership.firstIndex)"))
    for peer in peers.values.sorted(by: { $0.id < $1.id }) where leadership.progress[peer.id] == nil {
      linkUp(peer, at: now, into: &effects)
    }
    // Entries of earlier reigns are not committed by counting; they commit with the first entry of our own (4.4).
    log.append(Entry(index: log.lastIndex + 1, epoch: epoch, time: 0, payload: .noop))
    flush(at: now, into: &effects)
  }

  /// Leads no more. The driver answers what is in doubt and closes its clients' sockets (design 4.12).
  mutating func stepDown(_ reason: String, at now: Instant, into effects: inout [Effect]) {
    guard leadership != nil else { return }
    if !Mutant.isPlanted(.stepDownForgetsEntries) { submit(at: now, into: &effects) }
    leadership = nil
    setLeader(nil, into: &effects)
    election.at = now + lease / 4 + jitter(upTo: lease / 4)
    effects.append(.steppedDown(reason: reason))
  }

  // MARK: Proposing

  /// Whether a write may be proposed now.
  public func admission(at now: Instant) -> Admission {
    guard let leadership else {
      if candidacy?.resuming == true { return .paused }
      return .standby(active: leader == options.id ? nil : leader)
    }
    guard leadership.serving, leadership.handover == nil else { return .paused }
    guard !diskIsFull else { return .diskFull }
    return hasWriteQuorum(leadership, at: now) ? .open : .noQuorum
  }

  /// W slaves acked within the lease and still have a link: then nothing is appended that nobody could hold.
  private func hasWriteQuorum(_ leadership: Leadership, at now: Instant) -> Bool {
    guard now < leadership.leaseUntil, let configuration = log.configuration else { return false }
    return configuration.sets.allSatisfy { set in
      set.slaves.count { leadership.progress[$0.id]?.connected == true } >= set.quorum.write
    }
  }

  /// Appends the effects of one command to the log and returns their index. `flush` sends them on their way.
  ///
  /// To be called only while `admission` is open; `time` is the wall clock in milliseconds of Unix time.
  public mutating func propose(_ mutations: [Mutation], time: Int64) -> LogIndex {
    guard let leadership else { preconditionFailure("only a leader proposes") }
    precondition(leadership.serving && leadership.handover == nil, "writes are not admitted now")
    log.append(
      Entry(
        index: log.lastIndex + 1, epoch: leadership.epoch, time: time, payload: .mutations(mutations)))
    return log.lastIndex
  }

  /// Sends what was proposed to the disk and to every follower, at the same time.
  public mutating func flush(at now: Instant, into effects: inout [Effect]) {
    guard !halted, let wanted = leadership?.wantedNumber, let number = leadership?.number else { return }
    submit(at: now, into: &effects)
    for id in leadership?.followers ?? [] { sendEntries(to: id, at: now, into: &effects) }
    if wanted > number { sendHeartbeats(at: now, into: &effects) }
  }

  /// Gives the log writer what was proposed. Also before the lead is lost: what stands in the log must be on its
  /// way to the disk, or a later ack of it would be a lie.
  private mutating func submit(at now: Instant, into effects: inout [Effect]) {
    guard let leadership, leadership.submittedIndex < log.lastIndex else { return }
    let entries = recentEntries(from: leadership.submittedIndex + 1, through: log.lastIndex)
    self.leadership?.submittedIndex = log.lastIndex
    write(entries: entries, at: now, into: &effects)
  }

  // MARK: Reading

  /// Whether a read may be answered from here now: the lease has not run out (design 4.6).
  ///
  /// `now` must be read after the request's bytes have come and just before the reply is made.
  public func mayRead(at now: Instant) -> Bool {
    guard options.useLease, let leadership, leadership.serving else { return false }
    return now < leadership.leaseUntil
  }

  /// Asks for a round that confirms the lead; `flush` sends it, `Effect.confirmed` ends it.
  ///
  /// A read may join only a round that is sent after it has arrived: an older one proves only that this master
  /// led before the read came. Hence the number of the next append, never of one under way.
  public mutating func requestConfirmation() -> UInt64? {
    guard let leadership, leadership.serving else { return nil }
    if Mutant.isPlanted(.readJoinsSentRound), leadership.number > leadership.confirmedNumber {
      // The oldest one under way: each follower's append has a number of its own.
      self.leadership?.wantedNumber = max(leadership.wantedNumber, leadership.confirmedNumber + 1)
      return leadership.confirmedNumber + 1
    }
    self.leadership?.wantedNumber = leadership.number + 1
    return leadership.number + 1
  }

  // MARK: Followers

  /// Sends a follower what it lacks, as far as the window allows.
  mutating func sendEntries(to id: NodeID, at now: Instant, into effects: inout [Effect]) {
    while let leadership, let progress = leadership.progress[id], progress.connected,
      progress.mode == .streaming, !progress.fetching, progress.next <= log.lastIndex,
      progress.inFlightBytes < inFlightLimit
    {
      guard sendAppend(to: id, limitBytes: appendBytes, at: now, into: &effects) else { return }
    }
  }

  /// One append from the follower's next index on; false if its entries must be read from the disk first.
  private mutating func sendAppend(
    to id: NodeID, limitBytes: Int, at now: Instant, into effects: inout [Effect]
  ) -> Bool {
    guard let leadership, let progress = leadership.progress[id] else { return false }
    guard progress.next > log.base.index else {
      fill(id, at: now, into: &effects)
      return false
    }
    guard let entries = log.entries(from: progress.next, limitBytes: limitBytes, limitCount: 2048) else {
      self.leadership?.progress[id]?.fetching = true
      effects.append(
        .fetch(
          Fetch(
            purpose: .append, peer: id, epoch: leadership.epoch, from: progress.next,
            limitBytes: appendBytes)))
      return false
    }
    send(entries, after: progress.next - 1, to: id, at: now, into: &effects)
    return true
  }

  private mutating func send(
    _ entries: [Entry], after previous: LogIndex, to id: NodeID, at now: Instant,
    into effects: inout [Effect]
  ) {
    guard let epoch = leadership?.epoch, let number = leadership.map({ $0.number + 1 }) else { return }
    let commit = commit
    leadership?.number = number
    leadership?.progress[id]?.recordSend(of: entries, number: number, commit: commit, at: now)
    let append = Message.Append(
      epoch: epoch, number: number, previous: log.position(at: previous), entries: entries, commit: commit,
      needed: leadership?.needed ?? 0)
    effects.append(.send(Outbound(to: id, message: .append(append))))
  }

  mutating func fetchedForFollower(
    _ fetch: Fetch, _ entries: [Entry], at now: Instant, into effects: inout [Effect]
  ) {
    guard let leadership, leadership.epoch == fetch.epoch,
      let progress = leadership.progress[fetch.peer], progress.fetching
    else { return }
    self.leadership?.progress[fetch.peer]?.fetching = false
    guard progress.next == fetch.from, progress.connected else { return }
    guard fetch.from > log.base.index else {
      probe(fetch.peer, at: now, into: &effects)
      return
    }
    guard !entries.isEmpty else { return sendEntries(to: fetch.peer, at: now, into: &effects) }
    send(entries, after: fetch.from - 1, to: fetch.peer, at: now, into: &effects)
    sendEntries(to: fetch.peer, at: now, into: &effects)
  }

  /// Renews leases, carries the commit index, and probes where the logs part.
  ///
  /// `previous` is what the follower has on disk, so that it can ack at once, whatever its disk is doing.
  private mutating func sendHeartbeats(at now: Instant, into effects: inout [Effect]) {
    for id in leadership?.followers ?? [] {
      guard let progress = leadership?.progress[id], progress.connected else { continue }
      let previous = progress.mode == .streaming ? progress.match : progress.next - 1
      // Before our base nothing is known but that every log agrees with the empty one.
      send([], after: previous < log.base.index ? 0 : previous, to: id, at: now, into: &effects)
    }
  }

  mutating func probe(_ id: NodeID, at now: Instant, into effects: inout [Effect]) {
    guard let progress = leadership?.progress[id], progress.connected else { return }
    guard progress.next > log.base.index else { return fill(id, at: now, into: &effects) }
    // A probe that can carry entries saves a round trip when the logs agree, as they mostly do.
    if let entries = log.entries(from: progress.next, limitBytes: 64 << 10, limitCount: 256) {
      send(entries, after: progress.next - 1, to: id, at: now, into: &effects)
    } else {
      send([], after: progress.next - 1, to: id, at: now, into: &effects)
    }
    let number = leadership?.number ?? 0
    leadership?.progress[id]?.probeNumber = number
  }

  mutating func receive(
    _ reply: Message.AppendReply, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    // What a follower is known by is changed in place: a copy would take all that is under way with it.
    guard let epoch = leadership?.epoch,
      reply.epoch == epoch || Mutant.isPlanted(.ackOfEarlierEpochCounts) && reply.epoch < epoch,
      let probeNumber = leadership?.progress[peer]?.probeNumber
    else { return }
    switch reply.outcome {
    case .accepted(let upTo):
      leadership?.progress[peer]?.accepted(number: reply.number, upTo: min(upTo, log.lastIndex), at: now)
      leadership?.progress[peer]?.applied = reply.applied
      if let progress = leadership?.progress[peer] {
        if progress.mode == .snapshot, progress.match >= log.base.index {
          // An append from before has come through after all.
          leadership?.progress[peer]?.restart(next: progress.match + 1)
          probe(peer, at: now, into: &effects)
        }
        if progress.isFilling, progress.match + 1024 >= commit {
          leadership?.progress[peer]?.isFilling = false
        }
      }
      evaluateQuorums(at: now, into: &effects)
      sendEntries(to: peer, at: now, into: &effects)
    case .mismatched(let hint):
      guard reply.number >= probeNumber, let next = leadership?.progress[peer]?.next,
        leadership?.progress[peer]?.mode != .snapshot
      else { return }
      leadership?.progress[peer]?.restart(next: min(min(hint, log.lastIndex) + 1, max(next, 2) - 1))
      probe(peer, at: now, into: &effects)
    case .refused(let promised):
      seenRound = max(seenRound, promised.round)
      guard promised > reply.epoch else { return }
      refused(by: peer, promised: promised, at: now, into: &effects)
    }
  }

  /// A slave has promised a higher epoch. While W slaves still renew our lease nobody else can lead, and the one
  /// that refuses can only be won back by an epoch above its promise (design 4.2); else another may lead already.
  mutating func refused(
    by peer: NodeID, promised: Epoch, at now: Instant, into effects: inout [Effect]
  ) {
    guard let leadership else { return }
    let leased = leadership.serving && now < leadership.leaseUntil
    guard leased, leadership.handover == nil else {
      stepDown("\(peer) has promised epoch \(promised)", at: now, into: &effects)
      return
    }
    effects.append(.notice("\(peer) has promised epoch \(promised): asks for the lead again above it"))
    if !Mutant.isPlanted(.stepDownForgetsEntries) { submit(at: now, into: &effects) }
    self.leadership = nil
    prepare(token: nil, resuming: true, at: now, into: &effects)
  }

  // MARK: Quorums

  /// Works out commit index, lease and confirmations after an ack or a finished fsync.
  mutating func evaluateQuorums(at now: Instant, into effects: inout [Effect]) {
    guard let leadership, let configuration = log.configuration else { return }
    let sets = configuration.sets
    func agreed<Value: Comparable>(_ value: (Progress) -> Value, none: Value) -> Value? {
      // During a change of members both the old and the new set must agree (design 4.8).
      var lowest: Value?
      for set in sets {
        var values = set.slaves.map { leadership.progress[$0.id].map(value) ?? none }
        if Mutant.isPlanted(.learnerCounts) {
          let learners = leadership.progress.ids.filter {
            configuration.member($0) == nil && peers[$0]?.role == .slave
          }
          values += learners.compactMap { leadership.progress[$0].map(value) }
        }
        guard let reached = Quorum.reached(by: set.quorum.write, of: values) else { return nil }
        lowest = lowest.map { min($0, reached) } ?? reached
      }
      return lowest
    }

    if let basis = agreed({ $0.leaseBasis }, none: .distantPast), basis > .distantPast {
      var leaseUntil = basis + lease - driftMargin
      if Mutant.isPlanted(.leaseWithoutDriftMargin) { leaseUntil = basis + lease }
      if Mutant.isPlanted(.leaseOfOneSlave) {
        let newest = leadership.progress.values.map(\.leaseBasis).max() ?? basis
        leaseUntil = newest + lease - driftMargin
      }
      self.leadership?.leaseUntil = leaseUntil
      if now < basis + lease { self.leadership?.suspended = false }
    }
    if let held = agreed({ $0.match }, none: 0) {
      // On our own disk too, and of our own epoch (design 4.4).
      let index = Mutant.isPlanted(.commitBeforeOwnFsync) ? held : min(held, durableIndex)
      if index > commit,
        log.epoch(at: index) == leadership.epoch || Mutant.isPlanted(.commitOldEpochByCounting)
      {
        commit(upTo: index, into: &effects)
        afterCommit(at: now, into: &effects)
      }
    }
    if let number = agreed({ $0.acceptedNumber }, none: 0), number > leadership.confirmedNumber {
      self.leadership?.confirmedNumber = number
      if leadership.wantedNumber > leadership.confirmedNumber {
        effects.append(.confirmed(number: number))
      }
    }
    advanceHandover(at: now, into: &effects)
  }

  private mutating func afterCommit(at now: Instant, into effects: inout [Effect]) {
    guard let leadership else { return }
    let noticeAt = min(leadership.commitNoticeAt, now + lease / 100)
    self.leadership?.commitNoticeAt = noticeAt
    if !leadership.serving, commit >= leadership.firstIndex {
      self.leadership?.serving = true
      effects.append(.becameActive(leadership.epoch))
    }
    advanceMembership(at: now, into: &effects)
  }

  // MARK: Time

  /// Renews the followers' leases if that is due, and concludes nothing from what has not been heard.
  ///
  /// For a driver that is held up by something else: what its followers have answered meanwhile is still to be read,
  /// so that neither a stalled stream nor a lost lease may be concluded from its absence, as `Event.timer` does.
  public mutating func renewLeases(at now: Instant, into effects: inout [Effect]) {
    guard !halted, let leadership, now >= leadership.heartbeatAt else { return }
    let next = now + heartbeatInterval
    self.leadership?.heartbeatAt = next
    sendHeartbeats(at: now, into: &effects)
  }

  /// The time that so many bytes may take: a second for each 16 MiB.
  private func transferTime(of bytes: Int) -> Nanoseconds {
    Nanoseconds(bytes) * 1_000_000_000 / (16 << 20)
  }

  mutating func tickLeader(at now: Instant, into effects: inout [Effect]) {
    guard let leadership else { return }
    if let stalled = stalledWrite(at: now) {
      stepDown(
        "an fsync of log.db has taken \((now - stalled.issued) / 1_000_000) ms", at: now, into: &effects)
      return
    }
    if now >= leadership.heartbeatAt {
      let next = now + heartbeatInterval
      self.leadership?.heartbeatAt = next
      updateNeeded()
      sendHeartbeats(at: now, into: &effects)
      restartStalledStreams(at: now, into: &effects)
      restartStalledTransfers(at: now, into: &effects)
      considerSuspension(at: now, into: &effects)
      considerMembership(at: now, into: &effects)
    }
    if now >= leadership.commitNoticeAt {
      self.leadership?.commitNoticeAt = .distantFuture
      for id in self.leadership?.followers ?? [] {
        guard let progress = self.leadership?.progress[id], progress.connected, progress.mode == .streaming,
          progress.sentCommit < commit
        else { continue }
        send([], after: progress.match < log.base.index ? 0 : progress.match, to: id, at: now, into: &effects)
      }
    }
    advanceHandover(at: now, into: &effects)
    giveUpHandoverIfLate(at: now, into: &effects)
  }

  /// A write that the disk has not finished in a lease's time, with a second for each 16 MiB of it (4.11).
  private func stalledWrite(at now: Instant) -> OutstandingWrite? {
    guard let oldest = outstanding.first, !Mutant.isPlanted(.stalledDiskLeads) else { return nil }
    let bytes = outstanding.reduce(0) { $0 + $1.bytes }
    return now - oldest.issued > lease + transferTime(of: bytes) ? oldest : nil
  }

  /// A follower that has not moved for a lease's time has lost something on the way. One that is still probed has
  /// acked nothing yet; each heartbeat probes it again.
  private mutating func restartStalledStreams(at now: Instant, into effects: inout [Effect]) {
    guard let leadership else { return }
    for id in leadership.followers {
      guard let progress = leadership.progress[id], progress.connected, !progress.fetching,
        progress.mode == .streaming, progress.match + 1 < progress.next,
        now - progress.lastAdvance > lease + transferTime(of: progress.inFlightBytes)
      else { continue }
      self.leadership?.progress[id]?.lastAdvance = now
      self.leadership?.progress[id]?.restart(next: progress.match + 1)
      probe(id, at: now, into: &effects)
    }
  }

  private mutating func considerSuspension(at now: Instant, into effects: inout [Effect]) {
    guard let leadership, leadership.serving, !leadership.suspended else { return }
    // Acks wait behind a large entry on its way to the followers.
    let inFlight = leadership.progress.values.map(\.inFlightBytes).max() ?? 0
    guard now > leadership.leaseUntil + lease + transferTime(of: inFlight) else { return }
    self.leadership?.suspended = true
    effects.append(.notice("has lost its lease: fewer than W slaves answer"))
    effects.append(.suspended)
  }
}
