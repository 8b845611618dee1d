import DequeModule
import NIOCore
import RESP

extension FailoverMachine {
  @discardableResult
  mutating func addLink(_ endpoint: Endpoint, isConfigured: Bool, at now: NIODeadline) -> LinkID {
    let id = nextLink
    nextLink += 1
    links[id] = MasterLink(endpoint: endpoint, isConfigured: isConfigured, retryAt: now)
    return id
  }

  /// Introduces us on a new connection.
  mutating func greet(_ id: LinkID, at now: NIODeadline, into effects: inout [Effect]) {
    links[id]?.state = .up
    links[id]?.session = .init(lastHeard: now, lastProbe: now)
    links[id]?.trouble = "does not answer"
    expect(.hello, .hello, from: id, at: now, into: &effects)
    if settings.consistency != .linearizable {
      expect(.consistency, .consistency(settings.consistency), from: id, at: now, into: &effects)
    }
    probe(id, at: now, into: &effects)
  }

  /// Why a master did not take our greeting, as the end of a sentence that begins with the address.
  static func loginTrouble(_ refusal: String) -> String {
    refusal.hasPrefix("NOAUTH")
      ? "wants a password"
      : "refused the login: \(refusal.hasSuffix(".") ? String(refusal.dropLast()) : refusal)"
  }

  /// Asks a master what it is, unless the question is already out.
  mutating func probe(_ id: LinkID, at now: NIODeadline, into effects: inout [Effect]) {
    guard let session = links[id]?.session, !session.probing else { return }
    links[id]?.session?.probing = true
    links[id]?.session?.lastProbe = now
    expect(.status, .status, from: id, at: now, into: &effects)
  }

  mutating func expect(
    _ expected: MasterLink.Expected, _ outgoing: Outgoing, from id: LinkID, at now: NIODeadline,
    into effects: inout [Effect]
  ) {
    guard let attempt = links[id]?.attempt, let isIdle = links[id]?.session?.expected.isEmpty else { return }
    if isIdle { links[id]?.session?.lastHeard = now }
    links[id]?.session?.expected.append(expected)
    effects.append(.send(id, attempt: attempt, outgoing))
  }

  /// Takes a master's word on itself and on the cluster.
  mutating func takeStatus(
    _ value: RESPValue, from id: LinkID, at now: NIODeadline, into effects: inout [Effect]
  ) {
    guard let status = value.clusterStatus else {
      let reason =
        value.errorText.map { "answered KV.STATUS with: \($0)" } ?? "does not speak as a Kvorum node"
      disconnect(id, reason: reason, at: now, into: &effects)
      return
    }
    if let cluster, let other = status.cluster, other != cluster {
      disconnect(
        id, reason: "belongs to cluster \(other), not to \(cluster)", at: now, into: &effects)
      return
    }
    if cluster == nil { cluster = status.cluster }
    links[id]?.session?.greeted = true
    links[id]?.failures = 0
    links[id]?.node = status.reporter
    links[id]?.trouble = "is \(status.state)"
    effects.append(.learned(status))
    mergeDoubles(of: id, at: now, into: &effects)
    learnMasters(status, at: now, into: &effects)
    if status.state == .active {
      adopt(id, epoch: status.epoch, at: now, into: &effects)
    } else if active == id {
      demote(id, at: now, into: &effects)
    }
    pump(at: now, into: &effects)
  }

  /// Believes a master that says it leads, unless a newer reign is known.
  private mutating func adopt(
    _ id: LinkID, epoch: String?, at now: NIODeadline, into effects: inout [Effect]
  ) {
    let claimed = epoch.flatMap(ReignNumber.init)
    if let claimed, let highestReign, claimed < highestReign { return }
    let former = active
    if let former, former != id, let claimed, let reign, claimed <= reign { return }
    if let claimed { highestReign = claimed }
    active = id
    reign = claimed
    searchInterval = settings.searchMinimum
    if let former, former != id { closeIfSilent(former, at: now, into: &effects) }
  }

  /// Ends a link that has not answered while another master leads: what it owes is settled without it.
  mutating func closeIfSilent(_ id: LinkID, at now: NIODeadline, into effects: inout [Effect]) {
    guard active != nil, active != id, links[id]?.isSilent(for: settings.silence, at: now) == true else {
      return
    }
    disconnect(id, reason: "does not answer", at: now, into: &effects)
  }

  /// Takes note that a master does not lead, and asks all of them who does.
  mutating func demote(_ id: LinkID, at now: NIODeadline, into effects: inout [Effect]) {
    guard active == id || active == nil else { return }
    if active == id {
      active = nil
      searchInterval = settings.searchMinimum
    }
    if links[id]?.isGreeted == true { links[id]?.trouble = "is standby" }
    hurry(at: now, into: &effects)
  }

  /// Asks every master at once, and tries again those that are down.
  mutating func hurry(at now: NIODeadline, into effects: inout [Effect]) {
    for (id, link) in links.sorted(by: { $0.key < $1.key }) {
      switch link.state {
      case .down:
        if link.lastAttempt.map({ now - $0 >= settings.backoffMinimum }) ?? true {
          connect(id, at: now, into: &effects)
        }
      case .connecting:
        break
      case .up:
        if let session = link.session, now - session.lastProbe >= searchInterval {
          probe(id, at: now, into: &effects)
        }
      }
    }
  }

  /// Makes sure that there is a link to a master that another one named.
  mutating func follow(_ endpoint: Endpoint, at now: NIODeadline, into effects: inout [Effect]) {
    if let known = links.first(where: { $0.value.endpoint == endpoint })?.key {
      if case .down = links[known]?.state { connect(known, at: now, into: &effects) }
      return
    }
    // A node that names ever new addresses must not cost ever more connections.
    guard links.count < 16 else { return }
    connect(addLink(endpoint, isConfigured: false, at: now), at: now, into: &effects)
  }

  private mutating func learnMasters(
    _ status: ClusterStatus, at now: NIODeadline, into effects: inout [Effect]
  ) {
    var masters = status.nodes.filter { $0.role != "slave" && $0.state != .removed }
      .map { NodeReference(id: $0.id, role: $0.role, name: $0.name, address: $0.address) }
    // A node that was just added leads before every other one has heard of it.
    if let active = status.active, !masters.contains(where: { $0.id == active.id }) { masters.append(active) }
    let endpoints = masters.compactMap { try? Endpoint($0.address) }
    for (id, link) in links where !link.isConfigured && !endpoints.contains(link.endpoint) && id != active {
      let busy = link.session.map { $0.ordered > 0 } ?? false
      guard !busy, status.state == .active else { continue }
      forget(id, into: &effects)
    }
    for master in masters {
      guard let endpoint = try? Endpoint(master.address) else { continue }
      let isKnown = links.values.contains { $0.endpoint == endpoint || $0.node?.id == master.id }
      if !isKnown { follow(endpoint, at: now, into: &effects) }
    }
  }

  /// Drops a learned link to a node that another link reaches too.
  private mutating func mergeDoubles(of id: LinkID, at now: NIODeadline, into effects: inout [Effect]) {
    guard let node = links[id]?.node?.id else { return }
    let doubles = links.filter { $0.value.node?.id == node && $0.value.isGreeted }.map(\.key).sorted()
    guard doubles.count > 1 else { return }
    // The one that just spoke is still needed by the caller; the next status removes it.
    for double in doubles where double != id && double != active && links[double]?.isConfigured == false {
      if links[double]?.session?.ordered == 0 { forget(double, into: &effects) }
    }
  }

  private mutating func forget(_ id: LinkID, into effects: inout [Effect]) {
    guard let link = links.removeValue(forKey: id) else { return }
    effects.append(.disconnect(id, attempt: link.attempt))
  }

  mutating func connect(_ id: LinkID, at now: NIODeadline, into effects: inout [Effect]) {
    guard var link = links[id] else { return }
    link.attempt += 1
    link.state = .connecting
    link.lastAttempt = now
    links[id] = link
    effects.append(.connect(id, attempt: link.attempt, link.endpoint))
  }

  /// Ends a connection from our side.
  mutating func disconnect(
    _ id: LinkID, reason: String, at now: NIODeadline, into effects: inout [Effect]
  ) {
    guard let attempt = links[id]?.attempt else { return }
    effects.append(.disconnect(id, attempt: attempt))
    // News that still comes from this connection must not be taken for news of the next.
    links[id]?.attempt += 1
    lose(id, reason: reason, at: now, into: &effects)
  }

  /// Settles what a lost connection owed, and plans the next attempt.
  mutating func lose(_ id: LinkID, reason: String, at now: NIODeadline, into effects: inout [Effect]) {
    guard var link = links[id] else { return }
    let owed = link.session?.expected ?? []
    let base = min(
      settings.backoffMinimum.nanoseconds << min(link.failures, 10), settings.backoffMaximum.nanoseconds)
    let pause = TimeAmount.nanoseconds(Int64.random(in: base / 2...base, using: &random))
    link.session = nil
    link.failures += 1
    link.lastFailure = now
    link.trouble = reason
    link.state = .down(retryAt: now + pause)
    links[id] = link
    if active == id {
      active = nil
      searchInterval = settings.searchMinimum
    }
    for case .request(let request) in owed { orphan(request, of: link.endpoint, into: &effects) }
    if active == nil, link.failures == 1 { hurry(at: now, into: &effects) }
  }
}
