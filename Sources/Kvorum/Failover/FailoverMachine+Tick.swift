import NIOCore

extension FailoverMachine {
  /// Does what is due by time alone.
  mutating func tick(at now: NIODeadline, into effects: inout [Effect]) {
    guard !isShutDown else { return }
    expire(at: now, into: &effects)
    endDeadLinks(at: now, into: &effects)
    reconnect(at: now, into: &effects)
    if active == nil {
      search(at: now, into: &effects)
    } else {
      watchActive(at: now, into: &effects)
    }
    failFast(at: now, into: &effects)
    pump(at: now, into: &effects)
  }

  private mutating func endDeadLinks(at now: NIODeadline, into effects: inout [Effect]) {
    for (id, link) in links.sorted(by: { $0.key < $1.key }) {
      guard link.session != nil else { continue }
      let patience = link.isGreeted ? settings.dead : settings.greeting
      if link.isSilent(for: patience, at: now) {
        disconnect(id, reason: "does not answer", at: now, into: &effects)
      } else {
        closeIfSilent(id, at: now, into: &effects)
      }
    }
  }

  private mutating func reconnect(at now: NIODeadline, into effects: inout [Effect]) {
    let isBusy = !queue.isEmpty || !delayed.isEmpty
    for (id, link) in links.sorted(by: { $0.key < $1.key }) {
      guard case .down(let retryAt) = link.state else { continue }
      let waited = link.lastAttempt.map { now - $0 >= settings.backoffBusyMaximum } ?? true
      if retryAt <= now || (isBusy && waited) { connect(id, at: now, into: &effects) }
    }
  }

  /// While none leads, asks all masters again and again, more and more rarely.
  private mutating func search(at now: NIODeadline, into effects: inout [Effect]) {
    var asked = false
    for (id, link) in links.sorted(by: { $0.key < $1.key }) where link.isGreeted {
      guard let session = link.session, !session.probing, now - session.lastProbe >= searchInterval else {
        continue
      }
      probe(id, at: now, into: &effects)
      asked = true
    }
    if asked { searchInterval = min(searchInterval * 2, settings.searchMaximum) }
  }

  /// Notices that the active master is silent, and asks the others whether one of them leads by now.
  private mutating func watchActive(at now: NIODeadline, into effects: inout [Effect]) {
    guard let active, let session = links[active]?.session else { return }
    if session.expected.isEmpty {
      guard now - session.lastHeard >= settings.heartbeat else { return }
      expect(.ping, .ping, from: active, at: now, into: &effects)
      return
    }
    guard links[active]?.isSilent(for: settings.silence, at: now) == true else { return }
    for (id, link) in links.sorted(by: { $0.key < $1.key }) where id != active && link.isGreeted {
      guard let session = link.session, now - session.lastProbe >= settings.searchMaximum else { continue }
      probe(id, at: now, into: &effects)
    }
  }
}
