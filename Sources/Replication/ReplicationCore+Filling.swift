// How a node gives another a copy of its replica, when the entries that one lacks are trimmed (design 4.9).

extension ReplicationCore {
  /// How long a copy is kept for the next one who may want it, or for the same one after a lost link.
  private var snapshotPatience: Nanoseconds { max(.milliseconds(60_000), 4 * lease) }

  // MARK: The two who are filled

  /// The leader fills a follower whose next entry is trimmed.
  mutating func fill(_ id: NodeID, at now: Instant, into effects: inout [Effect]) {
    guard let leadership, leadership.progress[id].map({ $0.mode != .snapshot }) == true else { return }
    self.leadership?.progress[id]?.startFilling(in: leadership.epoch, at: now)
    supply(id, at: now, into: &effects)
  }

  /// A slave lends a candidate its log as a snapshot, since the entries that the candidate lacks are trimmed here.
  ///
  /// What a snapshot holds is committed, so that the candidate may install it whatever becomes of its candidacy. It
  /// asks again until it has it.
  mutating func lendSnapshot(to peer: NodeID, at now: Instant, into effects: inout [Effect]) {
    snapshotReads.forgetLost(at: now)
    if let transfer = lendings[peer], transfer.epoch == hard.promised {
      if isStalled(transfer, to: peer, after: lease, at: now) { supply(peer, at: now, into: &effects) }
      return
    }
    lendings[peer] = SnapshotTransfer(epoch: hard.promised, lastProgress: now)
    supply(peer, at: now, into: &effects)
  }

  private func transfer(to peer: NodeID) -> SnapshotTransfer? {
    if let leadership { return leadership.progress[peer]?.transfer }
    return lendings[peer].flatMap { $0.epoch == hard.promised ? $0 : nil }
  }

  private mutating func change(_ peer: NodeID, _ body: (inout SnapshotTransfer) -> Void) {
    if leadership?.progress[peer]?.transfer != nil {
      body(&leadership!.progress[peer]!.transfer!)
    } else if lendings[peer] != nil {
      body(&lendings[peer]!)
    }
  }

  private var receivers: [NodeID] {
    guard let leadership else { return lendings.ids }
    return leadership.followers.filter { leadership.progress[$0]?.transfer != nil }
  }

  // MARK: The copy

  /// Gives a receiver the copy that there is, or has one made.
  private mutating func supply(_ peer: NodeID, at now: Instant, into effects: inout [Effect]) {
    // After a copy that stands before our base nobody could go on from our log.
    if let old = snapshot, old.base.index < log.base.index {
      snapshot = nil
      effects.append(.snapshot(.release))
    }
    change(peer) { $0.lastProgress = now }
    guard let snapshot else {
      if !snapshotIsBeingMade {
        snapshotIsBeingMade = true
        effects.append(.snapshot(.make))
      }
      return
    }
    offer(snapshot, to: peer, at: now, into: &effects)
  }

  private mutating func offer(
    _ snapshot: SnapshotDescription, to peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    guard let epoch = transfer(to: peer)?.epoch else { return }
    snapshotUsedAt = now
    change(peer) {
      $0.snapshot = snapshot
      $0.isOffered = true
      $0.lastProgress = now
    }
    send(snapshot, in: epoch, at: 0, [], to: peer, into: &effects)
  }

  private func send(
    _ snapshot: SnapshotDescription, in epoch: Epoch, at offset: UInt64, _ bytes: [UInt8],
    checksum: UInt64? = nil, to peer: NodeID, into effects: inout [Effect]
  ) {
    let part = Message.InstallSnapshot(
      epoch: epoch, snapshot: snapshot, offset: offset, bytes: bytes,
      checksum: checksum ?? SnapshotRead.checksum(of: bytes, at: offset))
    effects.append(.send(Outbound(to: peer, message: .installSnapshot(part))))
  }

  mutating func made(_ snapshot: SnapshotDescription, at now: Instant, into effects: inout [Effect]) {
    snapshotIsBeingMade = false
    self.snapshot = snapshot
    snapshotUsedAt = now
    for peer in receivers { supply(peer, at: now, into: &effects) }
  }

  /// Lets the copy go once nobody has wanted it for a while.
  mutating func releaseUnusedSnapshot(at now: Instant, into effects: inout [Effect]) {
    guard snapshot != nil, now - snapshotUsedAt > snapshotPatience else { return }
    guard !receivers.contains(where: { transfer(to: $0) != nil && peers[$0] != nil }) else {
      snapshotUsedAt = now
      return
    }
    snapshot = nil
    effects.append(.snapshot(.release))
  }

  // MARK: Its parts

  mutating func receive(
    _ reply: Message.SnapshotReply, from peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    seenRound = max(seenRound, reply.promised.round)
    if reply.promised > reply.epoch {
      guard reply.epoch == leadership?.epoch else { return }
      refused(by: peer, promised: reply.promised, at: now, into: &effects)
      return
    }
    guard let transfer = transfer(to: peer), reply.epoch == transfer.epoch, let snapshot = transfer.snapshot,
      reply.id == snapshot.id
    else { return }
    if reply.isInstalled {
      finished(snapshot, peer, at: now, into: &effects)
      return
    }
    let next = min(reply.next, snapshot.size)
    change(peer) {
      if $0.isOffered {
        $0.isOffered = false
        $0.acknowledged = next
        $0.next = next
      } else if next > $0.acknowledged {
        $0.acknowledged = next
        $0.next = max($0.next, next)
      } else if next < snapshot.size {
        return
      }
      $0.lastProgress = now
    }
    readAhead(for: peer, at: now, into: &effects)
  }

  private mutating func readAhead(for peer: NodeID, at now: Instant, into effects: inout [Effect]) {
    let chunk = UInt64(max(1, options.snapshotChunkBytes))
    while let transfer = transfer(to: peer), let snapshot = transfer.snapshot, !transfer.isOffered,
      transfer.next < snapshot.size, transfer.next - transfer.acknowledged < SnapshotTransfer.window * chunk
    {
      let count = min(chunk, snapshot.size - transfer.next)
      let read = SnapshotRead(
        peer: peer, id: snapshot.id, offset: transfer.next, count: Int(count))
      change(peer) { $0.next += count }
      if snapshotReads.ask(read, at: now) { effects.append(.snapshot(.read(read))) }
    }
  }

  /// A part was read: it leaves if it is still wanted, be it in a later epoch or over a newer link.
  mutating func sendPart(
    _ read: SnapshotRead, _ bytes: [UInt8], checksum: UInt64, at now: Instant, into effects: inout [Effect]
  ) {
    guard snapshotReads.end(read, at: now), let transfer = transfer(to: read.peer),
      let snapshot = transfer.snapshot, snapshot.id == read.id, read.offset >= transfer.acknowledged
    else { return }
    // While it waited for its turn under the limit of bytes a second, the transfer did not stall.
    change(read.peer) { $0.lastProgress = now }
    send(
      snapshot, in: transfer.epoch, at: read.offset, bytes, checksum: checksum, to: read.peer, into: &effects)
  }

  /// Our copy is gone from the disk: another is made for those who wait for it.
  mutating func notRead(_ read: SnapshotRead, at now: Instant, into effects: inout [Effect]) {
    guard snapshotReads.end(read, at: now), snapshot?.id == read.id else { return }
    snapshot = nil
    effects.append(.snapshot(.release))
    for peer in receivers { supply(peer, at: now, into: &effects) }
  }

  /// The receiver holds the copy: it goes on with the entries after it. That it does hold them is for its answer to an
  /// append to say, as ever.
  private mutating func finished(
    _ snapshot: SnapshotDescription, _ peer: NodeID, at now: Instant, into effects: inout [Effect]
  ) {
    snapshotUsedAt = now
    guard leadership != nil else {
      lendings[peer] = nil
      return
    }
    effects.append(.notice("\(peer) was filled up to entry \(snapshot.base.index)"))
    leadership?.progress[peer]?.restart(next: snapshot.base.index + 1)
    probe(peer, at: now, into: &effects)
  }

  private func isStalled(
    _ transfer: SnapshotTransfer, to peer: NodeID, after patience: Nanoseconds, at now: Instant
  ) -> Bool {
    guard now - transfer.lastProgress > patience else { return false }
    return transfer.snapshot.map { !snapshotReads.contain(id: $0.id, for: peer) } ?? true
  }

  /// Asks a receiver that has been silent for longer than a lease how far it is; also after a copy could not be made.
  mutating func restartStalledTransfers(at now: Instant, into effects: inout [Effect]) {
    snapshotReads.forgetLost(at: now)
    for id in leadership?.followers ?? [] {
      guard let progress = leadership?.progress[id], progress.connected, let transfer = progress.transfer,
        isStalled(transfer, to: id, after: lease + .milliseconds(200), at: now)
      else { continue }
      supply(id, at: now, into: &effects)
    }
    releaseUnusedSnapshot(at: now, into: &effects)
  }

  /// Whether a copy of our replica is there for others, or is being made.
  public var isLendingSnapshot: Bool { snapshot != nil || snapshotIsBeingMade }

  /// How far the fill of a node is, for people; nil if it is not being filled from here.
  public func filling(of peer: NodeID) -> (done: UInt64, size: UInt64)? {
    guard let transfer = transfer(to: peer) else { return nil }
    return (transfer.acknowledged, transfer.snapshot?.size ?? 0)
  }
}

extension Progress {
  /// From now on the follower is sent a snapshot, and no entries.
  mutating func startFilling(in epoch: Epoch, at now: Instant) {
    restart(next: next)
    mode = .snapshot
    isFilling = true
    transfer = SnapshotTransfer(epoch: epoch, lastProgress: now)
  }
}
