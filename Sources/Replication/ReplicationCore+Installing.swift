// How a node takes a copy of another's replica in place of entries that are trimmed everywhere (design 4.9).

extension ReplicationCore {
  mutating func ended(_ event: SnapshotEvent, at now: Instant, into effects: inout [Effect]) {
    switch event {
    case .made(let snapshot): made(snapshot, at: now, into: &effects)
    case .notMade: snapshotIsBeingMade = false
    case .read(let read, let bytes, let checksum):
      sendPart(read, bytes, checksum: checksum, at: now, into: &effects)
    case .notRead(let read): notRead(read, at: now, into: &effects)
    case .stored(let id, let next): stored(id, next, at: now, into: &effects)
    case .taken(let snapshot): taken(snapshot, at: now, into: &effects)
    case .refused(let id, let reason):
      guard incoming?.snapshot.id == id else { return }
      incoming = nil
      effects.append(
        .notice("the snapshot that came could not be installed, and is asked for again: \(reason)"))
    }
  }

  // MARK: Parts

  /// A part comes from the leader, under the rules of an append, or from the slave that a candidate pulls from.
  mutating func receive(
    _ part: Message.InstallSnapshot, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    let snapshot = part.snapshot
    guard peer != options.id, snapshot.base.index > 0, part.offset <= snapshot.size,
      UInt64(part.bytes.count) <= snapshot.size - part.offset
    else { return }
    let deadline = now + 2 * lease
    if part.epoch == candidacy?.epoch {
      guard peer == candidacy?.source else { return }
      candidacy?.deadline = deadline
    } else {
      guard part.epoch.master == peer, leadership?.epoch != part.epoch else { return }
      guard part.epoch >= hard.promised else {
        answer(part.epoch, snapshot.id, next: 0, to: peer, at: now, into: &effects)
        return
      }
      let isNewPromise = part.epoch > hard.promised
      if isNewPromise { hard.promised = part.epoch }
      follow(peer, at: now, into: &effects)
      if isNewPromise { write(hardState: true, at: now, into: &effects) }
    }
    guard belongsHere(snapshot, into: &effects) else { return }
    guard snapshot.base.index > commit else {
      forgetOvertaken(into: &effects)
      answer(
        part.epoch, snapshot.id, next: snapshot.size, isInstalled: true, to: peer, at: now, into: &effects)
      return
    }
    // With a full disk nothing is taken; the sender asks again until there is room (design 4.11).
    guard !diskIsFull else { return }
    take(part, from: peer, at: now, into: &effects)
  }

  private mutating func belongsHere(_ snapshot: SnapshotDescription, into effects: inout [Effect]) -> Bool {
    guard let cluster = snapshot.base.configuration?.configuration.cluster else { return false }
    guard let own = hard.cluster, own != cluster else { return true }
    halt("a snapshot belongs to cluster \(cluster), this node to cluster \(own)", into: &effects)
    return false
  }

  private mutating func take(
    _ part: Message.InstallSnapshot, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    guard incoming?.snapshot == part.snapshot else {
      // One that is being installed ends first, in the log too.
      guard incoming?.isInstalling != true, installTicket == nil else { return }
      incoming = IncomingSnapshot(snapshot: part.snapshot, sender: peer, epoch: part.epoch)
      effects.append(.snapshot(.open(part.snapshot)))
      return
    }
    incoming?.sender = peer
    incoming?.epoch = part.epoch
    guard let known = incoming, let stored = known.stored else { return }
    guard !part.bytes.isEmpty, part.offset == known.given, !known.isInstalling,
      SnapshotRead.checksum(of: part.bytes, at: part.offset) == part.checksum
    else {
      answer(part.epoch, part.snapshot.id, next: stored, to: peer, at: now, into: &effects)
      return
    }
    incoming?.given += UInt64(part.bytes.count)
    effects.append(.snapshot(.store(id: part.snapshot.id, offset: part.offset, bytes: part.bytes)))
  }

  private mutating func stored(_ id: UInt64, _ next: UInt64, at now: Instant, into effects: inout [Effect]) {
    guard let known = incoming, known.snapshot.id == id, !known.isInstalling else { return }
    if known.stored == nil {
      incoming?.given = next
      if next > 0 { effects.append(.notice("goes on with a snapshot of which \(next) bytes are here")) }
    }
    incoming?.stored = next
    answer(known.epoch, id, next: next, to: known.sender, at: now, into: &effects)
    guard next == known.snapshot.size else { return }
    incoming?.isInstalling = true
    effects.append(.notice("installs a snapshot up to entry \(known.snapshot.base.index)"))
    effects.append(.snapshot(.install(known.snapshot)))
  }

  /// A leader's append, or a pull, was faster than the copy.
  mutating func forgetOvertaken(into effects: inout [Effect]) {
    guard let known = incoming, !known.isInstalling, known.snapshot.base.index <= commit else { return }
    incoming = nil
    effects.append(.snapshot(.abandon(id: known.snapshot.id)))
  }

  /// A promise that a part has brought is on disk before its answer leaves.
  private mutating func answer(
    _ epoch: Epoch, _ id: UInt64, next: UInt64, isInstalled: Bool = false, to peer: NodeID, at now: Instant,
    into effects: inout [Effect]
  ) {
    let reply = Message.SnapshotReply(
      epoch: epoch, id: id, next: next, isInstalled: isInstalled, promised: hard.promised)
    let outbound = Outbound(to: peer, message: .snapshotReply(reply))
    if durablePromise < hard.promised {
      write(thenSend: [outbound], at: now, into: &effects)
    } else {
      effects.append(.send(outbound))
    }
  }

  // MARK: Installing

  /// The replica holds what the copy held; now the log follows. A log that holds the entry at which the copy stands
  /// keeps all it has, since what comes after it may have been acknowledged; any other one is dropped as a whole.
  private mutating func taken(
    _ snapshot: SnapshotDescription, at now: Instant, into effects: inout [Effect]
  ) {
    let known = incoming?.snapshot.id == snapshot.id ? incoming : nil
    if known != nil { incoming = nil }
    let base = snapshot.base
    guard belongsHere(snapshot, into: &effects) else { return }
    let configuration = log.configuration
    if !holds(base) {
      forgetDurable(from: min(commit, log.lastIndex) + 1)
      let configurations = log.configurations
      log.replace(by: base)
      if Mutant.isPlanted(.snapshotConfigurationIgnored) { log.keep(configurations) }
    }
    let isNewCluster = hard.cluster == nil
    if isNewCluster { hard.cluster = base.configuration?.configuration.cluster }
    commit = max(commit, base.index)
    applied = max(applied, base.index)
    announced = max(announced, base.index)
    var answers: [Outbound] = []
    if let known {
      let reply = Message.SnapshotReply(
        epoch: known.epoch, id: snapshot.id, next: snapshot.size, isInstalled: true, promised: hard.promised)
      answers = [Outbound(to: known.sender, message: .snapshotReply(reply))]
    }
    write(
      installed: base, hardState: isNewCluster, thenSend: answers, reaching: base.index, at: now,
      into: &effects)
    installTicket = lastTicket
    effects.append(.installed(base))
    if log.configuration != configuration, let newest = log.configuration, log.configurationIndex <= commit {
      effects.append(.configurationCommitted(newest))
    }
    if candidacy != nil {
      let deadline = now + 2 * lease
      candidacy?.deadline = deadline
      askNewSlaves(at: now, into: &effects)
      advanceCandidacy(at: now, into: &effects)
    }
  }

  private func holds(_ base: LogBase) -> Bool {
    if Mutant.isPlanted(.snapshotDropsLongerLog) { return false }
    if Mutant.isPlanted(.snapshotKeepsOtherLog) { return log.lastIndex >= base.index }
    return base.index < log.base.index || log.epoch(at: base.index) == base.position.epoch
  }

  /// How far the fill of this node is, for people; nil if none is under way.
  public var beingFilled: (done: UInt64, size: UInt64, isInstalling: Bool)? {
    incoming.map { ($0.stored ?? 0, $0.snapshot.size, $0.isInstalling) }
  }
}
