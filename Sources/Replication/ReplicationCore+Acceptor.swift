// The part that every node has: promising, accepting entries, and lending its log to a candidate.

extension ReplicationCore {
  // MARK: Promises (design 4.2)

  /// How long a promise to `candidate` must wait for another master's lease or for the wait after a restart.
  ///
  /// A handover token sets both aside, but only while nothing above the token's epoch is promised: the leader
  /// of that epoch has sworn to serve no more, and every older lease had run out before that epoch began (4.7).
  private func promiseWait(for candidate: NodeID, token: HandoverToken?, at now: Instant) -> Nanoseconds {
    if let token, token.target == candidate,
      hard.promised <= token.epoch || Mutant.isPlanted(.tokenAboveItsEpoch)
    {
      return 0
    }
    var wait = max(0, promisesFrom - now)
    if Mutant.isPlanted(.promiseDespiteLease) { return wait }
    if let granted = grantedLease, granted.holder != candidate { wait = max(wait, granted.until - now) }
    return wait
  }

  mutating func receive(
    _ poll: Message.Poll, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    guard options.role == .slave else { return }
    let wait = promiseWait(for: peer, token: nil, at: now)
    let reply = Message.PollReply(
      number: poll.number, wouldPromise: wait == 0, wait: wait, promised: hard.promised)
    effects.append(.send(Outbound(to: peer, message: .pollReply(reply))))
  }

  mutating func receive(
    _ prepare: Message.Prepare, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    guard options.role == .slave, prepare.epoch.master == peer else { return }
    let wait = promiseWait(for: peer, token: prepare.token, at: now)
    let repeats =
      Mutant.isPlanted(.promiseByRoundAlone)
      ? prepare.epoch.round == hard.promised.round : prepare.epoch == hard.promised
    let isHigher = prepare.epoch > hard.promised || Mutant.isPlanted(.promiseOfLowerEpoch)
    guard repeats || (isHigher && wait == 0) else {
      let reply = Message.PrepareReply(
        epoch: prepare.epoch, granted: false, promised: hard.promised, wait: wait, last: log.last)
      effects.append(.send(Outbound(to: peer, message: .prepareReply(reply))))
      return
    }
    hard.promised = prepare.epoch
    grantedLease = (holder: peer, until: now + lease)
    setLeader(nil, into: &effects)
    let reply = Message.PrepareReply(
      epoch: prepare.epoch, granted: true, promised: prepare.epoch, wait: 0, last: log.last)
    let answer = Outbound(to: peer, message: .prepareReply(reply))
    let isEarly =
      Mutant.isPlanted(.promiseBeforeFsync) || repeats && Mutant.isPlanted(.repeatedPromiseBeforeFsync)
    if isEarly { effects.append(.send(answer)) }
    // The promise rides on the write: it leaves only when it can no longer be forgotten. A repeated one too,
    // since the first may still be on its way to the disk.
    write(
      hardState: !repeats && !Mutant.isPlanted(.promiseNotStored), thenSend: isEarly ? [] : [answer], at: now,
      into: &effects)
  }

  // MARK: Appends (design 4.3)

  mutating func receive(
    _ append: Message.Append, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    guard append.epoch.master == peer, peer != options.id,
      append.entries.isWellFormed(after: append.previous, in: append.epoch)
    else { return }
    guard append.epoch >= hard.promised || Mutant.isPlanted(.appendOfLowerEpoch) else {
      reply(.refused(promised: hard.promised), to: append, from: peer, into: &effects)
      return
    }
    // An append above the promise is itself a promise, kept on disk before the ack: its leader was elected by R
    // slaves, and a later candidate must find here that this epoch was joined.
    let newPromise = append.epoch > hard.promised && !Mutant.isPlanted(.appendAbovePromiseNotKept)
    if newPromise { hard.promised = append.epoch }
    follow(peer, at: now, into: &effects)
    guard agrees(with: append.previous, into: &effects) else {
      guard !halted else { return }
      if Mutant.isPlanted(.cutBelowCommit), append.previous.index <= log.lastIndex {
        let start = log.reignStart(of: append.previous.index)
        log.truncate(from: start)
        effects.append(.truncated(from: start))
        write(truncateFrom: start, at: now, into: &effects)
      }
      if newPromise { write(hardState: true, at: now, into: &effects) }
      let hint = disagreementHint(for: append.previous)
      reply(.mismatched(hint: hint), to: append, from: peer, into: &effects)
      return
    }
    // With a full disk an append is taken as an empty one: it renews the lease, and the leader sends the entries
    // again until there is room (design 4.11).
    let entries = diskIsFull && !Mutant.isPlanted(.fullDiskTakesEntries) ? [] : append.entries
    let end = append.previous.index + LogIndex(entries.count)
    neededByOthers = append.needed
    let clusterBefore = hard.cluster
    guard let change = adopt(entries, into: &effects) else { return }
    let ack = Outbound(
      to: peer,
      message: .appendReply(
        Message.AppendReply(
          epoch: append.epoch, number: append.number,
          // Never our own last index: what lies beyond may be of another history than the leader's.
          outcome: .accepted(upTo: Mutant.isPlanted(.ackNamesOwnLastIndex) ? log.lastIndex : end),
          applied: applied)))
    // After the entries, since the configuration that says how long a lease is may be among them.
    if !Mutant.isPlanted(.appendRenewsNoLease) { grantedLease = (holder: peer, until: now + lease) }
    let hardChanged = newPromise || hard.cluster != clusterBefore
    let isUnderWay = end > durableIndex && !Mutant.isPlanted(.repeatedAppendAckBeforeFsync)
    if change.truncateFrom != nil || !change.entries.isEmpty || hardChanged || isUnderWay
      || durablePromise < append.epoch
    {
      let isEarly = Mutant.isPlanted(.appendAckBeforeFsync)
      if isEarly { effects.append(.send(ack)) }
      write(
        truncateFrom: change.truncateFrom, entries: change.entries,
        hardState: hardChanged && !Mutant.isPlanted(.promiseNotStored), thenSend: isEarly ? [] : [ack],
        at: now, into: &effects)
    } else {
      // All that the ack speaks of is on disk already, so a slow fsync does not cost the lease.
      effects.append(.send(ack))
    }
    let shown = Mutant.isPlanted(.commitBeyondAppend) ? log.lastIndex : end
    commit(upTo: min(append.commit, shown), into: &effects)
    forgetOvertaken(into: &effects)
  }

  mutating func follow(_ peer: NodeID, at now: Instant, into effects: inout [Effect]) {
    if leadership != nil { stepDown("a master of a higher epoch leads", at: now, into: &effects) }
    if candidacy?.resuming == true {
      effects.append(.steppedDown(reason: "a master of a higher epoch leads"))
    }
    candidacy = nil
    election.poll = nil
    election.at = options.role.isMaster ? now + lease + jitter(upTo: lease / 4) : .distantFuture
    if leader != peer || now - lastHeard > lease { followingSince = now }
    setLeader(peer, into: &effects)
    lastHeard = now
  }

  /// Part of a large message has come from a peer. If it is the leader it is alive, and its next append, which would
  /// say so, waits behind the rest. That a slave promises nothing to others for longer costs no safety.
  mutating func hearing(_ peer: NodeID, at now: Instant) {
    guard peer == leader, leadership == nil, candidacy == nil else { return }
    lastHeard = now
    if options.role.isMaster { election.at = max(election.at, now + lease) }
    if let granted = grantedLease, granted.holder == peer {
      grantedLease = (holder: peer, until: max(granted.until, now + lease))
    }
  }

  private func reply(
    _ outcome: Message.AppendReply.Outcome, to append: Message.Append, from peer: NodeID,
    into effects: inout [Effect]
  ) {
    let reply = Message.AppendReply(
      epoch: append.epoch, number: append.number, outcome: outcome, applied: applied)
    effects.append(.send(Outbound(to: peer, message: .appendReply(reply))))
  }

  // MARK: Taking entries over

  /// Whether our log holds the entry at `previous`. A contradiction at or below the commit index is corruption.
  ///
  /// What came before our base is committed, and every leader and every log that is lent to a candidate holds all that
  /// is committed: there is nothing left to compare, and nothing to disagree about.
  private mutating func agrees(with previous: LogPosition, into effects: inout [Effect]) -> Bool {
    guard previous.index >= log.base.index else { return true }
    guard let ours = log.epoch(at: previous.index) else { return false }
    if ours == previous.epoch { return true }
    if previous.index <= commit { haltOnConflict(at: previous.index, theirs: previous.epoch, into: &effects) }
    return false
  }

  /// An index at or below which the logs may agree: the end of the run before the one that disagrees.
  private func disagreementHint(for previous: LogPosition) -> LogIndex {
    guard previous.index <= log.lastIndex else { return log.lastIndex }
    return max(commit, log.reignStart(of: previous.index) - 1)
  }

  private mutating func haltOnConflict(at index: LogIndex, theirs: Epoch, into effects: inout [Effect]) {
    halt(
      "the log contradicts the leader's at entry \(index), which is committed here "
        + "(epoch \(log.epoch(at: index) ?? .zero) here, \(theirs) there): this node's files are damaged; "
        + "rebuild it from another node", into: &effects)
  }

  /// Puts entries that follow an agreed position into the log; returns what must be written, nil on a halt.
  ///
  /// A conflict is the same index with another epoch. That suffix is cut and nothing else: entries beyond the
  /// message that do not contradict it may be newer ones that have overtaken it.
  private mutating func adopt(
    _ entries: [Entry], into effects: inout [Effect]
  ) -> (truncateFrom: LogIndex?, entries: [Entry])? {
    var truncateFrom: LogIndex?
    var fresh: [Entry] = []
    for entry in entries where entry.index >= log.base.index {
      if let ours = log.epoch(at: entry.index) {
        if ours == entry.epoch { continue }
        guard entry.index > commit else {
          haltOnConflict(at: entry.index, theirs: entry.epoch, into: &effects)
          return nil
        }
        truncateFrom = entry.index
        log.truncate(from: entry.index)
        effects.append(.truncated(from: entry.index))
      }
      if case .configuration(let configuration) = entry.payload {
        guard hard.cluster == nil || hard.cluster == configuration.cluster else {
          halt(
            "entry \(entry.index) belongs to cluster \(configuration.cluster), this node to "
              + "cluster \(hard.cluster.map(String.init(describing:)) ?? "none")", into: &effects)
          return nil
        }
        // A node without a cluster joins the one whose log it takes, in the same write.
        hard.cluster = configuration.cluster
      }
      log.append(entry)
      fresh.append(entry)
    }
    if Mutant.isPlanted(.cutWithoutConflict), let last = entries.last, max(last.index, commit) < log.lastIndex
    {
      let start = max(last.index, commit) + 1
      truncateFrom = start
      log.truncate(from: start)
      effects.append(.truncated(from: start))
    }
    return (truncateFrom, fresh)
  }

  // MARK: Pulls (design 4.2)

  mutating func receive(
    _ pull: Message.Pull, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    // Only while our promise is the candidate's: then the log that we lend cannot change under it.
    guard
      pull.epoch == hard.promised && durablePromise == hard.promised
        || Mutant.isPlanted(.lendsAfterNewPromise),
      pull.epoch.master == peer
    else { return }
    guard pull.previous.index >= log.base.index else {
      lendSnapshot(to: peer, at: now, into: &effects)
      return
    }
    guard let ours = log.epoch(at: pull.previous.index), ours == pull.previous.epoch else {
      let hint = disagreementHint(for: pull.previous)
      let reply = Message.PullReply(
        epoch: pull.epoch, previous: pull.previous, matched: false, hint: hint, entries: [], commit: commit)
      effects.append(.send(Outbound(to: peer, message: .pullReply(reply))))
      return
    }
    let fetch = Fetch(
      purpose: .pull, peer: peer, epoch: pull.epoch, from: pull.previous.index + 1, limitBytes: 1 << 20)
    if let entries = log.entries(from: fetch.from, limitBytes: fetch.limitBytes, limitCount: 4096) {
      lend(entries, for: fetch, into: &effects)
    } else {
      effects.append(.fetch(fetch))
    }
  }

  mutating func fetched(_ fetch: Fetch, _ entries: [Entry], at now: Instant, into effects: inout [Effect]) {
    // A cut that is still on its way to the disk has taken some of them from the log.
    let entries = Array(entries.prefix { log.epoch(at: $0.index) == $0.epoch })
    switch fetch.purpose {
    case .pull:
      guard fetch.epoch == hard.promised || Mutant.isPlanted(.lendsAfterNewPromise),
        fetch.from > log.base.index, !entries.isEmpty
      else { return }
      lend(entries, for: fetch, into: &effects)
    case .append: fetchedForFollower(fetch, entries, at: now, into: &effects)
    }
  }

  private func lend(_ entries: [Entry], for fetch: Fetch, into effects: inout [Effect]) {
    let reply = Message.PullReply(
      epoch: fetch.epoch, previous: log.position(at: fetch.from - 1), matched: true, hint: fetch.from - 1,
      entries: entries, commit: commit)
    effects.append(.send(Outbound(to: fetch.peer, message: .pullReply(reply))))
  }

  /// Puts pulled entries into the candidate's log.
  mutating func adoptPulled(_ reply: Message.PullReply, at now: Instant, into effects: inout [Effect]) -> Bool
  {
    guard reply.entries.isWellFormed(after: reply.previous, in: reply.epoch),
      agrees(with: reply.previous, into: &effects)
    else { return false }
    let clusterBefore = hard.cluster
    guard let change = adopt(reply.entries, into: &effects) else { return false }
    if !change.entries.isEmpty {
      write(
        truncateFrom: change.truncateFrom, entries: change.entries, hardState: hard.cluster != clusterBefore,
        at: now, into: &effects)
    }
    commit(upTo: min(reply.commit, reply.previous.index + LogIndex(reply.entries.count)), into: &effects)
    return true
  }

  // MARK: Dismissals

  mutating func receive(_ dismissal: Message.Dismissal, from peer: NodeID, into effects: inout [Effect]) {
    switch dismissal.reason {
    case .removed: halt(dismissal.explanation, into: &effects)
    case .nameInUse: effects.append(.notice(dismissal.explanation))
    }
  }
}

extension [Entry] {
  /// Whether these can follow an entry in a log that was sent in an epoch: no gap, and no epoch that falls or
  /// is higher than the sender's. A peer's bad message must not stop a node.
  fileprivate func isWellFormed(after previous: LogPosition, in epoch: Epoch) -> Bool {
    var last = previous
    for entry in self {
      guard last.index < .max, entry.index == last.index + 1, entry.epoch >= last.epoch, entry.epoch <= epoch
      else { return false }
      last = LogPosition(epoch: entry.epoch, index: entry.index)
    }
    return true
  }
}
