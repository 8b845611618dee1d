// How a master comes to lead: poll, prepare, pull, and then a first entry of its own (design 4.2).

/// A master that asks for promises.
struct Candidacy: Sendable {
  let epoch: Epoch
  let token: HandoverToken?
  /// It led until just now and was refused for a higher epoch; its clients wait and are not sent away.
  let resuming: Bool
  /// Each slave's last entry at its promise.
  var promises: [NodeID: LogPosition] = [:]
  var source: NodeID?
  /// Give up then.
  var deadline: Instant
  /// Ask those again that have not answered.
  var resendAt: Instant
}

extension ReplicationCore {
  private var pollTimeout: Nanoseconds { lease / 4 }

  mutating func tickFollower(at now: Instant, into effects: inout [Effect]) {
    guard options.role.isMaster else { return }
    if let poll = election.poll {
      if now >= poll.deadline { concludePoll(poll, at: now, into: &effects) }
    } else if now >= election.at {
      startPoll(at: now, into: &effects)
    }
    requestHandoverIfReady(at: now, into: &effects)
  }

  // MARK: Poll

  /// Asks first, so that a master that cannot win disturbs nobody: a poll changes nothing anywhere.
  private mutating func startPoll(at now: Instant, into effects: inout [Effect]) {
    guard let configuration = log.configuration, lists(options.id, in: configuration) else {
      election.at = now + lease
      return
    }
    let number = random.next()
    election.poll = ElectionTimer.Poll(number: number, deadline: now + pollTimeout)
    for slave in configuration.slaves {
      effects.append(.send(Outbound(to: slave.id, message: .poll(Message.Poll(number: number)))))
    }
    if let leader, now - lastHeard > lease {
      effects.append(
        .notice("no word from the active master \(leader) for \((now - lastHeard) / 1_000_000) ms"))
      setLeader(nil, into: &effects)
    }
  }

  /// Whether a master may lead. One that a change under way removes may not: it would finish the change and then
  /// lead a cluster that does not list it.
  private func lists(_ id: NodeID, in configuration: ClusterConfiguration) -> Bool {
    (configuration.incoming ?? configuration.current).masters.contains { $0.id == id }
      || Mutant.isPlanted(.unlistedMasterLeads)
  }

  mutating func receive(
    _ reply: Message.PollReply, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    guard candidacy == nil, leadership == nil, var poll = election.poll, poll.number == reply.number,
      let configuration = log.configuration
    else { return }
    seenRound = max(seenRound, reply.promised.round)
    poll.replies[peer] = reply
    election.poll = poll
    let willing = configuration.sets.allSatisfy { set in
      set.slaves.count { poll.replies[$0.id]?.wouldPromise == true } >= set.quorum.election
    }
    if willing {
      election.poll = nil
      prepare(token: nil, resuming: false, at: now, into: &effects)
    } else if configuration.slaves.allSatisfy({ poll.replies[$0.id] != nil || peers[$0.id] == nil }) {
      concludePoll(poll, at: now, into: &effects)
    }
  }

  /// Plans the next poll for when enough of the leases that stood in the way have run out.
  private mutating func concludePoll(
    _ poll: ElectionTimer.Poll, at now: Instant, into effects: inout [Effect]
  ) {
    election.poll = nil
    let waits = log.configuration?.sets.map { set -> Nanoseconds? in
      // Nothing stands in the way for longer than a lease, whatever a slave says.
      let known = set.slaves.compactMap { poll.replies[$0.id] }.map {
        -($0.wouldPromise ? 0 : min($0.wait, lease))
      }
      return Quorum.reached(by: set.quorum.election, of: known).map { -$0 }
    }
    if let waits, waits.allSatisfy({ $0 != nil }), let longest = waits.compactMap({ $0 }).max() {
      election.at = now + longest + .milliseconds(1) + jitter(upTo: lease / 25)
    } else {
      election.at = now + lease / 8 + jitter(upTo: lease / 4)
    }
  }

  // MARK: Prepare

  mutating func prepare(
    token: HandoverToken?, resuming: Bool, at now: Instant, into effects: inout [Effect]
  ) {
    guard let configuration = log.configuration, lists(options.id, in: configuration) else { return }
    var round = max(hard.highestRound, hard.promised.round, seenRound) + 1
    // The first candidacy of a run: nothing has been written in it yet.
    if Mutant.isPlanted(.roundReused), lastTicket == 0, hard.highestRound > 0 { round = hard.highestRound }
    let epoch = Epoch(round: round, master: options.id)
    hard.highestRound = round
    hard.promised = epoch
    setLeader(nil, into: &effects)
    candidacy = Candidacy(
      epoch: epoch, token: token, resuming: resuming, deadline: now + 2 * lease,
      resendAt: now + lease / 10)
    effects.append(.notice("asks for the lead in epoch \(epoch)"))
    let questions = prepares(to: configuration.slaves, epoch: epoch, token: token)
    let isEarly = Mutant.isPlanted(.prepareBeforeFsync)
    if isEarly { effects += questions.map(Effect.send) }
    // The round is on disk before anyone hears of it, so that it is never used twice.
    write(hardState: true, thenSend: isEarly ? [] : questions, at: now, into: &effects)
  }

  private func prepares(to slaves: [Member], epoch: Epoch, token: HandoverToken?) -> [Outbound] {
    slaves.map { Outbound(to: $0.id, message: .prepare(Message.Prepare(epoch: epoch, token: token))) }
  }

  mutating func receive(
    _ reply: Message.PrepareReply, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    seenRound = max(seenRound, reply.promised.round)
    guard var candidacy, reply.epoch == candidacy.epoch else { return }
    if reply.granted {
      candidacy.promises[peer] = reply.last
      self.candidacy = candidacy
      advanceCandidacy(at: now, into: &effects)
    } else if reply.promised > candidacy.epoch {
      giveUp("\(peer) has promised epoch \(reply.promised)", at: now, into: &effects)
    }
    // Refused for a lease: the same request is repeated until the lease has run out or the candidacy has.
  }

  /// Goes as far as the promises allow: to the pull of a more complete log, or to the lead.
  mutating func advanceCandidacy(at now: Instant, into effects: inout [Effect]) {
    guard let candidacy, let configuration = log.configuration else { return }
    // The log that was pulled may hold a newer configuration; then it is that one's quorum that counts, and so on
    // until no newer one appears.
    guard lists(options.id, in: configuration) else {
      giveUp("the configuration does not list this master", at: now, into: &effects)
      return
    }
    let promised = configuration.sets.allSatisfy { set in
      set.slaves.count { candidacy.promises[$0.id] != nil } >= set.quorum.election
    }
    guard promised || Mutant.isPlanted(.pulledConfigurationIgnored) && candidacy.source != nil else { return }
    let best = candidacy.promises.max { a, b in
      a.value != b.value ? isLessComplete(a.value, b.value) : a.key < b.key
    }
    if let best, isLessComplete(log.last, best.value), !Mutant.isPlanted(.candidateDoesNotPull) {
      pull(from: best.key, previous: log.last, into: &effects)
    } else {
      lead(in: candidacy.epoch, at: now, into: &effects)
    }
  }

  /// The log that ends in the higher epoch is the more complete one, whatever its length.
  private func isLessComplete(_ a: LogPosition, _ b: LogPosition) -> Bool {
    Mutant.isPlanted(.longestLogWins) ? a.index < b.index : a < b
  }

  // MARK: Pull

  private mutating func pull(from source: NodeID, previous: LogPosition, into effects: inout [Effect]) {
    guard let epoch = candidacy?.epoch else { return }
    candidacy?.source = source
    effects.append(
      .send(Outbound(to: source, message: .pull(Message.Pull(epoch: epoch, previous: previous)))))
  }

  mutating func receive(
    _ reply: Message.PullReply, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    guard let candidacy, reply.epoch == candidacy.epoch, peer == candidacy.source else { return }
    guard reply.matched else {
      let index = min(reply.hint, reply.previous.index == 0 ? 0 : reply.previous.index - 1)
      pull(from: peer, previous: log.position(at: max(index, commit)), into: &effects)
      return
    }
    guard !reply.entries.isEmpty else { return }
    let before = log.last
    let knownConfiguration = log.configurationIndex
    guard adoptPulled(reply, at: now, into: &effects) else { return }
    let deadline = now + 2 * lease
    if log.last != before { self.candidacy?.deadline = deadline }
    if log.configurationIndex != knownConfiguration { askNewSlaves(at: now, into: &effects) }
    advanceCandidacy(at: now, into: &effects)
  }

  func askNewSlaves(at now: Instant, into effects: inout [Effect]) {
    guard let candidacy, let configuration = log.configuration else { return }
    let missing = configuration.slaves.filter { candidacy.promises[$0.id] == nil }
    effects += prepares(to: missing, epoch: candidacy.epoch, token: candidacy.token).map(Effect.send)
  }

  mutating func tickCandidate(at now: Instant, into effects: inout [Effect]) {
    guard let candidacy else { return }
    if now >= candidacy.deadline {
      giveUp("too few slaves answered", at: now, into: &effects)
    } else if now >= candidacy.resendAt {
      let resendAt = now + lease / 10
      self.candidacy?.resendAt = resendAt
      // Once the round is on disk the messages may leave at once; before that they ride on its write.
      if durablePromise >= candidacy.epoch { askNewSlaves(at: now, into: &effects) }
      advanceCandidacy(at: now, into: &effects)
    }
  }

  private mutating func giveUp(_ reason: String, at now: Instant, into effects: inout [Effect]) {
    let resuming = candidacy?.resuming == true
    candidacy = nil
    effects.append(.notice("gives up its candidacy: \(reason)"))
    election.at = now + lease / 25 + jitter(upTo: lease / 4)
    if resuming { effects.append(.steppedDown(reason: reason)) }
  }
}
