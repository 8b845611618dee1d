import DequeModule
import NIOCore
import RESP

extension FailoverMachine {
  mutating func submit(_ request: ClientRequest, at now: NIODeadline, into effects: inout [Effect]) {
    guard !isShutDown else {
      effects.append(.complete(id: request.id, .failure(.closed)))
      return
    }
    queue.append(request)
    if active == nil { hurry(at: now, into: &effects) }
    pump(at: now, into: &effects)
  }

  /// Sends what may be sent.
  mutating func pump(at now: NIODeadline, into effects: inout [Effect]) {
    guard !queue.isEmpty else { return }
    guard let active else {
      if let standby = links.first(where: { $0.value.isGreeted })?.key,
        queue.contains(where: { $0.kind == .anyNode })
      {
        let anywhere = queue.filter { $0.kind == .anyNode }
        queue.removeAll { $0.kind == .anyNode }
        for request in anywhere { send(request, to: standby, at: now, into: &effects) }
      }
      return
    }
    // Order: what an old master still owes was submitted before everything in the queue.
    guard !links.contains(where: { $0.key != active && ($0.value.session?.ordered ?? 0) > 0 }) else { return }
    while let request = queue.popFirst() { send(request, to: active, at: now, into: &effects) }
  }

  /// Takes the answer to the oldest command of a link.
  mutating func take(
    _ value: RESPValue, from id: LinkID, at now: NIODeadline, into effects: inout [Effect]
  ) {
    links[id]?.session?.lastHeard = now
    guard let expected = links[id]?.session?.expected.popFirst() else {
      disconnect(id, reason: "answered what was not asked", at: now, into: &effects)
      return
    }
    switch expected {
    case .hello:
      if let refusal = value.errorText {
        disconnect(id, reason: Self.loginTrouble(refusal), at: now, into: &effects)
      }
    case .consistency, .ping, .abandoned:
      break
    case .status:
      links[id]?.session?.probing = false
      takeStatus(value, from: id, at: now, into: &effects)
    case .request(let request):
      if request.kind != .anyNode { links[id]?.session?.ordered -= 1 }
      finish(request, with: value, from: id, at: now, into: &effects)
    }
  }

  private mutating func finish(
    _ request: ClientRequest, with value: RESPValue, from id: LinkID, at now: NIODeadline,
    into effects: inout [Effect]
  ) {
    guard let line = value.errorText else {
      if request.kind == .activeStatus, let status = value.clusterStatus, status.state != .active {
        requeue(request)
        takeStatus(value, from: id, at: now, into: &effects)
      } else {
        effects.append(.complete(id: request.id, .success(value)))
        // The last answer of an old master lets the queue go to the new one.
        if id != active { pump(at: now, into: &effects) }
      }
      return
    }
    switch Refusal(line) {
    case .readOnly(let hint):
      requeue(request)
      demote(id, at: now, into: &effects)
      if let hint { follow(hint, at: now, into: &effects) }
      pump(at: now, into: &effects)
    case .noQuorum(let message):
      var request = request
      let since = request.noQuorum?.since ?? now
      request.noQuorum = .init(since: since, message: message)
      delayed.append((request, now + settings.quorumRetry))
    case .inDoubt, .server:
      effects.append(.complete(id: request.id, .failure(Refusal(line).error)))
      if id != active { pump(at: now, into: &effects) }
    }
  }

  private mutating func send(
    _ request: ClientRequest, to id: LinkID, at now: NIODeadline, into effects: inout [Effect]
  ) {
    if request.kind != .anyNode { links[id]?.session?.ordered += 1 }
    expect(.request(request), .request(id: request.id), from: id, at: now, into: &effects)
  }

  /// Puts a command back to where its number belongs.
  mutating func requeue(_ request: ClientRequest) {
    let place = queue.firstIndex { $0.id > request.id } ?? queue.endIndex
    queue.insert(request, at: place)
  }

  /// Settles a command whose connection ended before its answer.
  mutating func orphan(_ request: ClientRequest, of endpoint: Endpoint, into effects: inout [Effect]) {
    guard request.kind == .write else { return requeue(request) }
    let message =
      "The connection to \(endpoint) ended before the answer; the write may or may not have been done."
    effects.append(.complete(id: request.id, .failure(.inDoubt(epoch: nil, index: nil, message: message))))
  }

  /// Ends every command that is past its time.
  mutating func expire(at now: NIODeadline, into effects: inout [Effect]) {
    let due = delayed.filter { $0.until <= now }
    delayed.removeAll { $0.until <= now }
    for (request, _) in due { requeue(request) }
    func isOver(_ request: ClientRequest) -> Bool {
      if let noQuorum = request.noQuorum, now - noQuorum.since >= settings.quorumPatience { return true }
      return request.deadline <= now
    }
    if queue.contains(where: isOver) {
      for request in queue where isOver(request) {
        effects.append(.complete(id: request.id, unsent(request, at: now)))
      }
      queue.removeAll(where: isOver)
    }
    for (request, _) in delayed where isOver(request) {
      effects.append(.complete(id: request.id, unsent(request, at: now)))
    }
    delayed.removeAll { isOver($0.request) }
    for (id, link) in links {
      guard let expected = link.session?.expected else { continue }
      for (place, entry) in expected.enumerated() {
        guard case .request(let request) = entry, request.deadline <= now else { continue }
        links[id]?.session?.expected[place] = .abandoned
        if request.kind != .anyNode { links[id]?.session?.ordered -= 1 }
        effects.append(.complete(id: request.id, unanswered(request, by: link.endpoint, at: now)))
      }
    }
  }

  /// Ends the commands that asked not to wait once no master can be reached.
  mutating func failFast(at now: NIODeadline, into effects: inout [Effect]) {
    guard queue.contains(where: \.failsFast) else { return }
    func isHopeless(_ request: ClientRequest) -> Bool {
      request.failsFast
        && links.values.allSatisfy { link in
          guard case .down = link.state, let failure = link.lastFailure else { return false }
          return failure >= request.submitted
        }
    }
    for request in queue where isHopeless(request) {
      effects.append(.complete(id: request.id, unsent(request, at: now)))
    }
    queue.removeAll(where: isHopeless)
  }

  mutating func shutDown(into effects: inout [Effect]) {
    guard !isShutDown else { return }
    for (id, link) in links.sorted(by: { $0.key < $1.key }) {
      for case .request(let request) in link.session?.expected ?? [] {
        if request.kind == .write {
          orphan(request, of: link.endpoint, into: &effects)
        } else {
          effects.append(.complete(id: request.id, .failure(.closed)))
        }
      }
      if link.session != nil { effects.append(.disconnect(id, attempt: link.attempt)) }
    }
    for request in queue + delayed.map(\.request) {
      effects.append(.complete(id: request.id, .failure(.closed)))
    }
    queue.removeAll()
    delayed.removeAll()
    links.removeAll()
    active = nil
    isShutDown = true
  }

  private func unsent(_ request: ClientRequest, at now: NIODeadline) -> Result<RESPValue, KvorumError> {
    if let noQuorum = request.noQuorum { return .failure(.noQuorum(message: noQuorum.message)) }
    let masters = reports.map { "\($0.endpoint) \($0.trouble)" }.joined(separator: "; ")
    let isOver = request.deadline <= now
    let waited = isOver ? "was found within \(Self.text(now - request.submitted))" : "can be found"
    let fate = request.kind == .write ? " Nothing was written." : ""
    return .failure(
      .noActiveMaster(message: "No active master \(waited): \(masters).\(fate)"))
  }

  private func unanswered(
    _ request: ClientRequest, by endpoint: Endpoint, at now: NIODeadline
  ) -> Result<RESPValue, KvorumError> {
    let message = "\(endpoint) did not answer within \(Self.text(now - request.submitted))"
    guard request.kind == .write else { return .failure(.timedOut(message: message + ".")) }
    return .failure(
      .inDoubt(epoch: nil, index: nil, message: message + "; the write may or may not have been done."))
  }

  private static func text(_ span: TimeAmount) -> String {
    let milliseconds = span.nanoseconds / 1_000_000
    return milliseconds < 1_000
      ? "\(milliseconds) ms" : "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
  }
}
