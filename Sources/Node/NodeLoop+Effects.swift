import Logging
import NIOCore
import Replication
import Serving
import Storage
import Transport

extension NodeLoop {
  /// The shell's whole part in the protocol: one switch over what the core wants. What it means for the clients is
  /// the server's to say, which follows each effect after this.
  func perform(_ effect: Effect) {
    switch effect {
    case .write(let write):
      // A standby's copy of an entry is in no quorum: it need not cost an fsync of its own.
      let isStandby = configuration.role.isMaster && !server.core.isActive && !server.core.isCandidate
      logWriter.submit(write, urgent: !isStandby || write.hardState != nil)
    case .send(let outbound): send(outbound)
    case .fetch(let wanted): fetch(wanted)
    case .snapshot(let task): snapshots.submit(task, base: server.core.base.index)
    case .installed(let base):
      content.restart()
      logger.info("holds a snapshot up to entry \(base.index)")
    case .committed(let index): submitCommitted(upTo: index)
    case .truncated(let index):
      logger.warning(
        "cut the log from entry \(index) on: it was never committed, and is kept in a discarded-*.db file")
    case .becameActive(let epoch):
      logger.info("is active in epoch \(epoch)", metadata: ["entry": "\(server.core.lastIndex)"])
      // After this turn, in which the clients that wait are let in: who follows the event can write at once.
      eventLoop.execute { [self] in watchCluster() }
    case .steppedDown(let reason):
      logger.warning("leads no longer: \(reason)")
      endAwaitedChange("ERR this master lost the lead: \(reason)")
    case .handedOver(let target):
      logger.info("handed the lead over to \(memberText(target))")
      if awaitedChange?.removal == nil { endAwaitedChange(nil) }
    case .leaderChanged(let leader, let epoch): leaderChanged(leader, epoch)
    case .configurationCommitted(let configuration): configurationCommitted(configuration)
    case .halt(let reason): end(.halted(reason))
    case .notice(let text): logger.info("\(text)")
    case .resumed, .suspended, .confirmed: break
    }
  }

  private func leaderChanged(_ leader: NodeID?, _ epoch: Epoch) {
    eventLoop.execute { [self] in watchCluster() }
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
    guard let member = server.core.configuration?.member(id) else { return "\(id)" }
    return "\(member.role.rawValue) \(member.name) at \(member.address)"
  }
}
