import Logging
import NIOCore
import Replication
import Storage
import Transport

extension NodeLoop {
  /// The shell's whole part in the protocol: one switch over what the core wants.
  func perform(_ effect: Effect) {
    switch effect {
    case .write(let write): logWriter.submit(write)
    case .send(let outbound): send(outbound)
    case .fetch(let fetch): read(fetch)
    case .committed(let index): committed(upTo: index)
    case .truncated(let index): truncated(from: index)
    case .becameActive(let epoch): becameActive(epoch)
    case .resumed: retryWaiting()
    case .steppedDown(let reason): steppedDown(reason)
    case .suspended:
      isSuspended = true
      closeClients("the lease is lost")
    case .handedOver(let target): handedOver(to: target)
    case .confirmed(let number):
      confirmedRound = max(confirmedRound, number)
      retryWaiting()
    case .leaderChanged(let leader, let epoch): leaderChanged(leader, epoch)
    case .configurationCommitted(let configuration): configurationCommitted(configuration)
    case .halt(let reason): end(.halted(reason))
    case .notice(let text): logger.info("\(text)")
    }
  }

  private func read(_ fetch: Fetch) {
    do {
      let entries = try logReader.entries(
        from: fetch.from, limitBytes: fetch.limitBytes, limitCount: 4_096)
      guard !entries.isEmpty else { return }
      // On the next turn: the core is in the middle of its effects.
      eventLoop.execute { [self] in drive(.fetched(fetch, entries)) }
    } catch {
      end(.storage("\(error)"))
    }
  }

  private func committed(upTo index: LogIndex) {
    submitCommitted(upTo: index)
    answerCommitted(upTo: index)
  }

  private func truncated(from index: LogIndex) {
    logger.warning(
      "cut the log from entry \(index) on: it was never committed, and is kept in a discarded-*.db file")
    if !view.overlay.isEmpty { rebuildOverlay() }
    failPendingWrites("the entry was cut", from: index)
  }

  private func becameActive(_ epoch: Epoch) {
    rebuildOverlay()
    confirmedRound = 0
    statistics.failovers += 1
    for session in waitingSessions { forgetConfirmations(of: session) }
    logger.info("is active in epoch \(epoch)", metadata: ["entry": "\(core.lastIndex)"])
    retryWaiting()
  }

  /// Everything above the applied index is in the core's memory.
  private func rebuildOverlay() {
    view.overlay.removeAll()
    for entry in core.recentEntries(from: core.appliedIndex + 1, through: core.lastIndex) {
      if case .mutations(let mutations) = entry.payload { view.overlay.add(mutations, at: entry.index) }
    }
  }

  private func steppedDown(_ reason: String) {
    logger.warning("leads no longer: \(reason)")
    view.overlay.removeAll()
    failPendingWrites(reason)
    endAwaitedChange("ERR this master lost the lead: \(reason)")
    retryWaiting()
    closeClients("this master leads no longer")
  }

  private func handedOver(to target: NodeID) {
    logger.info("handed the lead over to \(memberText(target))")
    view.overlay.removeAll()
    // Nothing is in doubt: the core signs only when every entry is committed, and its commits came before this.
    failPendingWrites("the lead was handed over")
    if awaitedChange?.removal == nil { endAwaitedChange(nil) }
    retryWaiting()
    closeClients("the lead was handed over")
  }

  private func leaderChanged(_ leader: NodeID?, _ epoch: Epoch) {
    guard let leader else { return logger.info("follows no active master") }
    if leader != identity.id {
      logger.info("follows \(memberText(leader))", metadata: ["epoch": "\(epoch)"])
    }
  }

  private func configurationCommitted(_ configuration: ClusterConfiguration) {
    let set = configuration.incoming ?? configuration.current
    logger.info(
      "the members are masters \(set.masters.map(\.name)), slaves \(set.slaves.map(\.name))",
      metadata: ["n": "\(set.slaves.count)", "change": "\(configuration.incoming != nil)"])
    if let removal = awaitedChange?.removal, configuration.incoming == nil,
      configuration.member(removal) == nil
    {
      endAwaitedChange(nil)
    }
    // An effect is no place to change links: the core may still be saying what to send.
    eventLoop.execute { [self] in updateDialers() }
  }

  /// A member as people know it.
  func memberText(_ id: NodeID) -> String {
    guard let member = core.configuration?.member(id) else { return "\(id)" }
    return "\(member.role.rawValue) \(member.name) at \(member.address)"
  }
}
