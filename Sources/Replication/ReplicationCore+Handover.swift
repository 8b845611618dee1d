// How the lead passes on without a gap (design 4.7).

extension ReplicationCore {
  /// How long a returning primary follows without a break before it asks for the lead.
  var failbackDelay: Nanoseconds { 2 * lease }
  private var drainTimeout: Nanoseconds { lease / 2 }

  // MARK: The side that wants the lead

  var wantsHandover: Bool {
    guard options.role == .primary, options.automaticFailback, wantsLead, let leader, leader != options.id,
      let configuration = log.configuration
    else { return false }
    return configuration.current.masters.contains { $0.id == options.id }
      && configuration.current.masters.contains { $0.id == leader && $0.role == .backup }
  }

  mutating func requestHandoverIfReady(at now: Instant, into effects: inout [Effect]) {
    guard wantsHandover, let leader, now >= handoverRequestAt else { return }
    handoverRequestAt = now + lease / 2
    let stable = now - followingSince >= failbackDelay && now - lastHeard < lease / 2
    guard stable, durableIndex >= commit else { return }
    let request = Message.HandoverRequest(epoch: hard.promised)
    effects.append(.send(Outbound(to: leader, message: .handoverRequest(request))))
  }

  mutating func receive(_ token: HandoverToken, at now: Instant, into effects: inout [Effect]) {
    guard options.role.isMaster, token.target == options.id, leadership == nil, candidacy == nil,
      hard.promised <= token.epoch, log.last == LogPosition(epoch: log.last.epoch, index: token.lastIndex)
    else { return }
    wantsLead = true
    effects.append(.notice("was handed the lead after epoch \(token.epoch)"))
    election.poll = nil
    prepare(token: token, resuming: false, at: now, into: &effects)
  }

  // MARK: The side that gives it

  mutating func receive(
    _ request: Message.HandoverRequest, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    guard let leadership, request.epoch == leadership.epoch else { return }
    _ = beginHandover(to: peer, askedByPerson: false, leadership, at: now, into: &effects)
  }

  /// Hands the lead to another master because a person asked; returns why it cannot be done, or nil.
  ///
  /// Without a target the master with the most complete log is chosen. The primary does not take the lead back by
  /// itself after this.
  public mutating func transfer(to target: NodeID?, at now: Instant, into effects: inout [Effect]) -> String?
  {
    guard let leadership, leadership.serving else { return "this master is not active" }
    let masters = (log.configuration?.current.masters ?? []).filter { $0.id != options.id }
    let best = masters.filter { leadership.progress[$0.id]?.connected == true }
      .max { (leadership.progress[$0.id]?.match ?? 0) < (leadership.progress[$1.id]?.match ?? 0) }
    guard let chosen = target ?? best?.id else { return "no other master has a link to this one" }
    return beginHandover(to: chosen, askedByPerson: true, leadership, at: now, into: &effects)
  }

  private mutating func beginHandover(
    to target: NodeID, askedByPerson: Bool, _ leadership: Leadership, at now: Instant,
    into effects: inout [Effect]
  ) -> String? {
    guard target != options.id else { return "this master is active already" }
    guard log.configuration?.current.masters.contains(where: { $0.id == target }) == true else {
      return "the configuration lists no master \(target)"
    }
    guard log.configuration?.incoming == nil else { return "a change of members is under way; try again" }
    guard leadership.serving, leadership.handover == nil else { return "a handover is under way" }
    guard let progress = leadership.progress[target], progress.connected, progress.mode == .streaming,
      progress.match + 2048 >= log.lastIndex, now < leadership.leaseUntil
    else { return "master \(target) has not caught up; see kvorum status" }
    let handover = Leadership.Handover(
      target: target, deadline: now + drainTimeout, askedByPerson: askedByPerson)
    self.leadership?.handover = handover
    // Fresh acks of R slaves are needed below, and the target's of the last entry.
    self.leadership?.heartbeatAt = now
    tickLeader(at: now, into: &effects)
    return nil
  }

  /// Signs once nothing is left to be answered: every entry committed and thereby answered, the target holding
  /// all of them, and R slaves so near that the next election cannot fail for want of them.
  mutating func advanceHandover(at now: Instant, into effects: inout [Effect]) {
    guard let leadership, let handover = leadership.handover, let configuration = log.configuration else {
      return
    }
    let near = configuration.sets.allSatisfy { set in
      set.slaves.count { slave in
        leadership.progress[slave.id].map { now - $0.lastAccepted < lease / 2 } ?? false
      } >= set.quorum.election
    }
    let isDrained = commit == log.lastIndex && durableIndex == log.lastIndex
    let targetHoldsAll = leadership.progress[handover.target]?.match == log.lastIndex
    guard isDrained || Mutant.isPlanted(.handoverWithoutDrain), near,
      targetHoldsAll || Mutant.isPlanted(.handoverToLaggingTarget)
    else { return }
    // From here on this master serves nothing and sends no append in this epoch: the leadership is gone before
    // the token leaves, and an epoch is never led twice because each candidacy takes a new round.
    if Mutant.isPlanted(.leadsAfterSigning) { self.leadership?.handover = nil } else { self.leadership = nil }
    // Only a handover that takes place binds the primary: one that is called off leaves its preference alone.
    wantsLead = !handover.askedByPerson
    setLeader(handover.target, into: &effects)
    let token = HandoverToken(epoch: leadership.epoch, target: handover.target, lastIndex: log.lastIndex)
    effects.append(.handedOver(to: handover.target))
    effects.append(.send(Outbound(to: handover.target, message: .handover(token))))
    election.at = now + 2 * lease + jitter(upTo: lease)
  }

  mutating func giveUpHandoverIfLate(at now: Instant, into effects: inout [Effect]) {
    guard let handover = leadership?.handover, now >= handover.deadline else { return }
    leadership?.handover = nil
    effects.append(.notice("the handover to \(handover.target) took too long and was called off"))
    effects.append(.resumed)
  }
}
