// Who takes part: birth (design 4.1), joining, replacing and removing (4.8, 4.10).

extension ReplicationCore {
  // MARK: Birth

  /// A cluster is born with its first slave, and only when every other master has said that it belongs to none:
  /// one that cannot be asked may hold the cluster that this master has forgotten.
  mutating func considerBirth(at now: Instant, into effects: inout [Effect]) {
    // One that has promised something has followed a leader, and so belongs to that one's cluster.
    guard options.role == .primary, hard.cluster == nil, hard.promised == .zero, log.lastIndex == 0,
      candidacy == nil
    else { return }
    let answered = options.peers.map { address in dialed[address].flatMap { peers[$0] } }
    let isAnswered = !answered.contains { $0 == nil } || Mutant.isPlanted(.birthWithoutEveryPeer)
    guard peers.values.allSatisfy({ $0.cluster == nil }), isAnswered,
      let slave = peers.values.filter({ $0.role == .slave }).min(by: { $0.id < $1.id })
    else { return }
    let cluster = ClusterID(high: random.next(), low: random.next())
    let others = answered.compactMap { $0 }.filter { $0.role.isMaster && $0.id != options.id }
    let own = Member(id: options.id, name: options.name, address: options.address, role: options.role)
    let configuration = ClusterConfiguration(
      cluster: cluster, leaseMilliseconds: options.leaseMilliseconds,
      current: MemberSet(masters: [own] + others.map(Member.init), slaves: [Member(slave)]))
    let epoch = Epoch(round: 1, master: options.id)
    hard = HardState(cluster: cluster, promised: epoch, highestRound: 1)
    let entry = Entry(index: 1, epoch: epoch, time: 0, payload: .configuration(configuration))
    log.append(entry)
    write(entries: [entry], hardState: true, at: now, into: &effects)
    effects.append(.notice("gives birth to cluster \(cluster) with slave \(slave.name)"))
    prepare(token: nil, resuming: false, at: now, into: &effects)
  }

  // MARK: Links of a leader

  mutating func linkUp(_ peer: PeerIntroduction, at now: Instant, into effects: inout [Effect]) {
    guard let configuration = log.configuration else { return }
    if isRemoved(peer.id) {
      dismiss(peer.id, .removed, removedExplanation(configuration.cluster), at: now, into: &effects)
      return
    }
    if var progress = leadership?.progress[peer.id] {
      progress.connected = true
      progress.restart(next: progress.match > 0 ? progress.match + 1 : log.lastIndex + 1)
      leadership?.progress[peer.id] = progress
    } else {
      let fresh = Progress(next: log.lastIndex + 1, connected: true)
      leadership?.progress[peer.id] = fresh
    }
    updateNeeded()
    probe(peer.id, at: now, into: &effects)
  }

  mutating func linkDown(_ peer: NodeID, at now: Instant, into effects: inout [Effect]) {
    guard log.configuration?.member(peer) != nil else {
      leadership?.progress[peer] = nil
      return
    }
    leadership?.progress[peer]?.connected = false
    leadership?.progress[peer]?.fetching = false
  }

  /// Whether a removal is settled: until C_new is committed the change can still be cut, and the node return.
  private func isRemoved(_ id: NodeID) -> Bool {
    guard let configuration = log.configuration,
      configuration.incoming == nil && log.configurationIndex <= commit
        || Mutant.isPlanted(.removalBeforeCommit)
    else { return false }
    return configuration.removed.contains(id)
  }

  /// Says it again while the link lasts, since a message may be lost.
  private mutating func dismissRemoved(at now: Instant, into effects: inout [Effect]) {
    guard let cluster = log.configuration?.cluster else { return }
    for id in peers.keys.filter(isRemoved).sorted() {
      leadership?.progress[id] = nil
      dismiss(id, .removed, removedExplanation(cluster), at: now, into: &effects)
    }
  }

  private func removedExplanation(_ cluster: ClusterID) -> String {
    "this node was removed from cluster \(cluster) and its id cannot return; "
      + "start it with an empty --data to join as a new node"
  }

  private mutating func dismiss(
    _ peer: NodeID, _ reason: Message.Dismissal.Reason, _ explanation: String, at now: Instant,
    into effects: inout [Effect]
  ) {
    if let last = leadership?.dismissed[peer], now - last < 2 * lease { return }
    leadership?.dismissed[peer] = now
    let dismissal = Message.Dismissal(reason: reason, explanation: explanation)
    effects.append(.send(Outbound(to: peer, message: .dismissal(dismissal))))
  }

  // MARK: Changes

  /// Removes a slave, or a master that does not lead, by joint consensus; returns why it cannot be done, or nil.
  ///
  /// `Effect.configurationCommitted` with a configuration that lists it no more is the end of it.
  public mutating func remove(_ id: NodeID, at now: Instant, into effects: inout [Effect]) -> String? {
    guard let leadership, leadership.serving else { return "this master is not active" }
    guard let configuration = log.configuration, let member = configuration.member(id) else {
      return "the cluster has no member \(id)"
    }
    guard configuration.incoming == nil, log.configurationIndex <= commit, leadership.handover == nil else {
      return "another change is under way; try again"
    }
    guard id != options.id else {
      return "\(member.name) is the active master; hand the lead over first with 'kvorum admin transfer'"
    }
    var incoming = configuration.current
    incoming.masters.removeAll { $0.id == id }
    incoming.slaves.removeAll { $0.id == id }
    guard !incoming.slaves.isEmpty else {
      return "\(member.name) is the last slave; a cluster without slaves could keep no write"
    }
    let living = incoming.slaves.count { isNear($0.id, leadership, at: now) }
    guard living >= max(incoming.quorum.write, incoming.quorum.election) else {
      return
        "of the \(incoming.slaves.count) slaves that would stay only \(living) can be reached, too few for a "
        + "quorum; bring slaves back or remove those that are down first"
    }
    propose(incoming, replacing: configuration, removed: [id], at: now, into: &effects)
    return nil
  }

  private func isNear(_ id: NodeID, _ leadership: Leadership, at now: Instant) -> Bool {
    guard let progress = leadership.progress[id] else { return false }
    return progress.connected && now - progress.lastAccepted < lease
  }

  /// Lets a node in that has caught up: one change at a time.
  mutating func considerMembership(at now: Instant, into effects: inout [Effect]) {
    dismissRemoved(at: now, into: &effects)
    guard let leadership, leadership.serving, leadership.handover == nil, now < leadership.leaseUntil,
      let configuration = log.configuration, configuration.incoming == nil, log.configurationIndex <= commit
    else { return }
    let learners = leadership.followers.filter { configuration.member($0) == nil }
    for id in learners {
      guard let peer = peers[id], let progress = leadership.progress[id], isNear(id, leadership, at: now),
        progress.mode == .streaming, progress.match + 1024 >= commit
      else { continue }
      let side = peer.role.isMaster ? configuration.current.masters : configuration.current.slaves
      // A slave is known by its name, a master by its address: two nodes cannot listen at one.
      let replaced = side.first { peer.role.isMaster ? $0.address == peer.address : $0.name == peer.name }
      if let replaced, replaced.id == options.id || isNear(replaced.id, leadership, at: now) {
        let way = peer.role.isMaster ? "--listen or --announce" : "--name"
        dismiss(
          id, .nameInUse,
          "\(peer.role.rawValue) \(replaced.name) at \(replaced.address) is alive: choose another \(way)",
          at: now, into: &effects)
        continue
      }
      var incoming = configuration.current
      incoming.masters.removeAll { $0.id == replaced?.id }
      incoming.slaves.removeAll { $0.id == replaced?.id }
      if peer.role.isMaster {
        incoming.masters.append(Member(peer))
      } else {
        incoming.slaves.append(Member(peer))
      }
      let verb = replaced == nil ? "joins" : "replaces \(replaced!.id)"
      effects.append(.notice("\(peer.role.rawValue) \(peer.name) (\(id)) has caught up and \(verb)"))
      propose(
        incoming, replacing: configuration, removed: replaced.map { [$0.id] } ?? [], at: now, into: &effects)
      return
    }
  }

  /// Appends C_old,new. It is in force from here on, so both quorums are needed for it already (design 4.8);
  /// one-step changes are not safe with W = ceil(n/2), whose write quorums before and after need not meet.
  private mutating func propose(
    _ incoming: MemberSet, replacing configuration: ClusterConfiguration, removed: [NodeID], at now: Instant,
    into effects: inout [Effect]
  ) {
    var joint = configuration
    joint.incoming = incoming
    joint.removed += removed
    var final = joint
    final.current = incoming
    final.incoming = nil
    if Mutant.isPlanted(.oneStepMembership) { joint = final }
    appendConfiguration(joint, at: now, into: &effects)
    if Mutant.isPlanted(.lastStepBeforeFirstCommitted) {
      appendConfiguration(final, at: now, into: &effects)
    }
  }

  private mutating func appendConfiguration(
    _ configuration: ClusterConfiguration, at now: Instant, into effects: inout [Effect]
  ) {
    guard let leadership else { return }
    log.append(
      Entry(
        index: log.lastIndex + 1, epoch: leadership.epoch, time: 0, payload: .configuration(configuration)))
    flush(at: now, into: &effects)
  }

  /// Goes on with a change once its last step is committed, whoever began it.
  mutating func advanceMembership(at now: Instant, into effects: inout [Effect]) {
    guard leadership?.serving == true, let configuration = log.configuration,
      log.configurationIndex <= commit
    else { return }
    if let incoming = configuration.incoming {
      var final = configuration
      final.current = incoming
      final.incoming = nil
      appendConfiguration(final, at: now, into: &effects)
    } else {
      for id in configuration.removed { self.leadership?.progress[id] = nil }
      dismissRemoved(at: now, into: &effects)
    }
  }
}

extension Member {
  /// A peer as a configuration would list it.
  public init(_ peer: PeerIntroduction) {
    self.init(id: peer.id, name: peer.name, address: peer.address, role: peer.role)
  }
}
