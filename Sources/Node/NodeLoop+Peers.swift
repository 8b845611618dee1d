import Foundation
import Kvorum
import Logging
import NIOCore
import Replication
import Serving
import Storage
import Transport

extension NodeLoop {
  /// The room beside the reserve below which no more entries are taken.
  private static let diskMargin: Int64 = 48 << 20
  private static let reportInterval: Nanoseconds = .milliseconds(500)

  /// Who this node says that it is.
  var introduction: PeerIntroduction {
    PeerIntroduction(
      id: identity.id, role: configuration.role, name: identity.name, address: server.core.options.address,
      cluster: server.core.cluster, version: kvorumVersion, dataDirectory: configuration.dataDirectory)
  }

  // MARK: Links

  /// Every master of the options and of the configuration is dialed.
  func updateDialers() {
    guard !isStopping else { return }
    var wanted = Set(configuration.masters)
    for master in server.core.configuration?.masters ?? [] where master.id != identity.id {
      if let address = HostAndPort(master.address) { wanted.insert(address) }
    }
    wanted.remove(listenAddress)
    if let announced = configuration.announce { wanted.remove(announced) }
    for (address, dialer) in dialers where !wanted.contains(address) {
      dialer.stop()
      dialers[address] = nil
    }
    for address in wanted where dialers[address] == nil {
      let dialer = PeerDialer(address: address, node: self)
      dialers[address] = dialer
      dialer.start()
    }
  }

  /// A peer introduced itself on a connection that it made.
  func acceptPeer(_ arguments: [[UInt8]], on channel: any Channel, rest: ByteBuffer) {
    do {
      let peer = try Handshake.parseIntroductionCommand(arguments)
      if let reason = refusal(of: peer) ?? crowding(of: peer) { return refuse(channel, reason) }
      let acceptance = try Handshake.acceptance(introduction)
      if let existing = links[peer.id], !prefers(dialedBy: peer.id, over: existing, peer: peer.id) {
        // The dialer learns who answers here, and that it has a link to this node already.
        channel.writeAndFlush(acceptance).whenComplete { _ in channel.close(promise: nil) }
        return
      }
      channel.writeAndFlush(acceptance, promise: nil)
      linkUp(peer, dialed: nil, on: channel, rest: rest)
    } catch {
      refuse(channel, "\(error)")
    }
  }

  /// A peer answered on a connection that this node made.
  func dialed(_ peer: PeerIntroduction, at address: HostAndPort, on channel: any Channel, rest: ByteBuffer) {
    if peer.id == identity.id {
      logger.warning("\(address) is this node itself")
      channel.close(promise: nil)
      return
    }
    if let reason = refusal(of: peer) {
      channel.close(promise: nil)
      refused(by: address, PeerRefusal(reason: reason))
      dialers[address]?.linkClosed(peer.id)
      return
    }
    if let existing = links[peer.id], !prefers(dialedBy: identity.id, over: existing, peer: peer.id) {
      channel.close(promise: nil)
      drive(.connected(existing.peer, dialed: address.description))
      return
    }
    linkUp(peer, dialed: address, on: channel, rest: rest)
  }

  /// Two nodes may dial each other at once. Both keep the connection that the smaller id dialed.
  private func prefers(dialedBy dialer: NodeID, over existing: PeerLink, peer: NodeID) -> Bool {
    let existingDialer = existing.dialed == nil ? peer : identity.id
    return existingDialer == dialer || dialer < existingDialer
  }

  private func refusal(of peer: PeerIntroduction) -> String? {
    // A copied directory has the id of the node it was copied from, and its acks would count for that one.
    if peer.id == identity.id
      || links[peer.id].map({ $0.peer.address != peer.address && isLively($0) }) == true
    {
      return
        "two nodes have the id \(peer.id): one of them, at \(peer.address), runs on a copy of the other's "
        + "directory; stop it and start it with an empty --data"
    }
    guard let own = server.core.cluster, let theirs = peer.cluster, own != theirs else { return nil }
    return "wrong cluster: \(identity.name) at \(server.core.options.address) belongs to cluster \(own), "
      + "\(peer.name) at \(peer.address) to cluster \(theirs)"
  }

  private func crowding(of peer: PeerIntroduction) -> String? {
    guard isStranger(peer.id), links[peer.id] == nil,
      links.values.count(where: isStranger) >= PeerBacklog.strangers
    else { return nil }
    return "\(PeerBacklog.strangers) nodes that are no members have links to \(identity.name): try again"
  }

  private func isStranger(_ id: NodeID) -> Bool { server.core.configuration?.member(id) == nil }

  /// Whether the other side came by itself and no configuration lists it.
  private func isStranger(_ link: PeerLink) -> Bool { link.dialed == nil && isStranger(link.peer.id) }

  /// Keeps what strangers hold together within its bound.
  func limitStrangers() {
    let strangers = links.values.filter(isStranger)
    var held = strangers.reduce(0) { $0 + $1.heldBytes }
    guard held > PeerBacklog.strangersLimit else { return }
    for link in strangers.sorted(by: { $0.heldBytes > $1.heldBytes })
    where held > PeerBacklog.strangersLimit {
      held -= link.heldBytes
      logger.warning(
        "closes the link to \(link.peer.name), which is no member and holds \(link.heldBytes >> 10) KiB")
      link.close()
    }
  }

  /// Whether a node has said something since a little more than two reports ago.
  private func isLively(_ link: PeerLink) -> Bool {
    BootClock.now() - link.lastReceived < 3 * Self.reportInterval
  }

  private func refuse(_ channel: any Channel, _ reason: String) {
    logger.debug("refuses a peer: \(reason)")
    channel.writeAndFlush(Handshake.refusal(reason)).whenComplete { _ in channel.close(promise: nil) }
  }

  /// The node at an address will not have us.
  func refused(by address: HostAndPort, _ refusal: PeerRefusal) {
    guard refusal.reason.contains("wrong cluster") || refusal.reason.contains("two nodes have the id") else {
      return
    }
    logger.error("\(address) refuses this node: \(refusal.reason)")
    // A node that has never found its cluster was started with the wrong directory or addresses; one that has
    // goes on without the stranger.
    if links.isEmpty, !hasBeenLinked, refusal.reason.contains("wrong cluster") {
      end(.halted("\(address) refuses this node: \(refusal.reason)"))
    }
  }

  private func linkUp(
    _ peer: PeerIntroduction, dialed address: HostAndPort?, on channel: any Channel, rest: ByteBuffer
  ) {
    let link = PeerLink(peer: peer, dialed: address, channel: channel, node: self, rest: rest)
    let old = links.updateValue(link, forKey: peer.id)
    if let old {
      // The peer may have started anew, and an answer to what it asked before must not come over the new link.
      server.forgetQuestions(from: peer.id)
      old.close()
    }
    hasBeenLinked = true
    do {
      try channel.pipeline.syncOperations.addHandler(link)
    } catch {
      return channel.close(promise: nil)
    }
    logger.info("link to \(peer.role.rawValue) \(peer.name) at \(peer.address)")
    drive(.connected(peer, dialed: address?.description))
    link.readFrames()
  }

  func linkClosed(_ link: PeerLink) {
    guard links[link.peer.id] === link else { return }
    links[link.peer.id] = nil
    content.forget(link.peer.id)
    // Why a quarantined node is gone is shown until it is back.
    if reports[link.peer.id]?.state != NodeState.quarantined.rawValue { reports[link.peer.id] = nil }
    guard !isStopping else { return }
    logger.info("lost the link to \(link.peer.role.rawValue) \(link.peer.name)")
    server.forgetQuestions(from: link.peer.id)
    drive(.disconnected(link.peer.id))
    for dialer in dialers.values { dialer.linkClosed(link.peer.id) }
  }

  // MARK: Frames

  func received(_ frame: PeerFrame, over link: PeerLink) {
    guard links[link.peer.id] === link else { return }
    switch frame {
    case .core(let message): drive(.received(message, from: link.peer.id))
    case .readRequest(let request): server.received(request, from: link.peer.id)
    case .readReply(let reply): server.received(reply, from: link.peer.id)
    case .report(let report): received(report, from: link.peer.id)
    }
  }

  /// A part of a frame has come.
  func hearing(_ link: PeerLink) {
    guard links[link.peer.id] === link else { return }
    drive(.hearing(link.peer.id))
  }

  func send(_ outbound: Outbound) {
    guard let link = links[outbound.to] else { return }
    do {
      if case .append(let append) = outbound.message, !append.entries.isEmpty {
        try link.write(AppendHeader(append), try encoded.encoded(append.entries))
        markDirty(link)
      } else {
        write(.core(outbound.message), to: link)
      }
    } catch {
      logger.error("cannot send to \(link.peer.name): \(error)")
      link.close()
    }
  }

  func write(_ frame: PeerFrame, to link: PeerLink) {
    do {
      try link.write(frame)
      markDirty(link)
    } catch {
      logger.error("cannot send to \(link.peer.name): \(error)")
      link.close()
    }
  }

  private func markDirty(_ link: PeerLink) {
    guard !link.isDirty else { return }
    link.isDirty = true
    dirtyLinks.append(link)
  }

  func flushLinks() {
    guard !dirtyLinks.isEmpty else { return }
    for link in dirtyLinks { link.flush() }
    dirtyLinks.removeAll(keepingCapacity: true)
  }

  // MARK: Reports

  /// Tells all peers how this node is, which also shows that the link is alive.
  func sendReports() {
    let now = BootClock.now()
    for link in links.values where now - link.lastReceived > PeerBacklog.patience {
      logger.warning("closes the link to \(link.peer.name): no word for 5 s")
      link.close()
    }
    guard now - lastReport >= Self.reportInterval else { return }
    lastReport = now
    for link in links.values {
      link.look(at: now)
      guard let complaint = link.complaint(at: now) else { continue }
      logger.warning("closes the link to \(link.peer.name): \(complaint)")
      link.close()
    }
    limitStrangers()
    watchDisk()
    encoded.removeAll()
    judgeContent()
    let report = ownReport
    for link in links.values { write(.report(report), to: link) }
    flushLinks()
  }

  /// Stops taking entries while there is still room for promises, and begins again by itself (design 4.11).
  func watchDisk() {
    guard let available = DataDirectory.availableBytes(at: configuration.dataDirectory) else { return }
    let wanted = isDiskFull ? Self.diskMargin * 3 / 2 : Self.diskMargin
    let hasRoom =
      reserve.isHeld ? available >= wanted : available >= wanted + DiskReserve.size && reserve.hold()
    guard hasRoom == isDiskFull else { return }
    isDiskFull = !hasRoom
    drive(.disk(isFull: isDiskFull))
    if isDiskFull {
      logger.error(
        "the disk of \(configuration.dataDirectory) has less than \((Self.diskMargin + DiskReserve.size) >> 20) MiB left: takes no more writes"
      )
    } else {
      logger.info("the disk of \(configuration.dataDirectory) has room again: takes writes")
      server.resume()
    }
  }

  var ownReport: NodeReport {
    let sizes = fileSizes()
    return NodeReport(
      last: server.core.lastPosition, commit: server.core.commitIndex, applied: server.core.appliedIndex,
      logBytes: UInt64(sizes.log), replicaBytes: UInt64(sizes.replica), walBytes: UInt64(sizes.wal),
      state: ownState.rawValue, base: server.core.base.index,
      filledBytes: server.core.beingFilled?.done ?? 0, fillSize: server.core.beingFilled?.size ?? 0,
      archived: archivedIndex, trouble: quarantineReason ?? "", content: content.toReport, diverged: diverged)
  }
}
