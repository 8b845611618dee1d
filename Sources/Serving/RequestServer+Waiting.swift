import Commands
import DequeModule
import Replication

// Requests that cannot be answered yet, and the sessions that they belong to (design 4.12).

extension RequestServer {
  func list(_ session: Session) {
    guard !session.isListed else { return }
    session.isListed = true
    waitingSessions.append(session)
  }

  /// Tries the requests that had to wait once more, in the order in which they came on each connection.
  func retryWaiting() {
    guard !waitingSessions.isEmpty else { return }
    let listed = waitingSessions
    waitingSessions = []
    departedWaiting = 0
    for session in listed { session.isListed = false }
    for session in listed { advance(session) }
  }

  private func advance(_ session: Session) {
    while !session.isClosing, var request = session.waiting.first {
      let begun = host.now
      guard execute(&request, for: session) else {
        session.waiting[0] = request
        list(session)
        break
      }
      host.executed(request, for: session, since: begun)
      session.waiting.removeFirst()
    }
    session.drain()
  }

  /// Answers requests that have waited for too long; nothing was done for them.
  func expireWaiting(at now: Instant) {
    if departedWaiting > 0 {
      waitingSessions.removeAll { sessions[$0.id] == nil }
      departedWaiting = 0
    }
    var touched = false
    for session in waitingSessions {
      while let first = session.waiting.first, isExpired(first, of: session, at: now) {
        session.waiting.removeFirst()
        refuseWaiting(
          first, of: session, .error(isWrite(first, of: session) ? Refusal.noReplicas : Refusal.unconfirmed))
        advance(session)
        touched = true
      }
    }
    if touched { retryWaiting() }
  }

  /// An EXEC that is refused has done nothing, and neither will the next one.
  private func refuseWaiting(_ request: Request, of session: Session, _ reply: Reply) {
    session.answer(reply)
    if isExec(request) { endTransaction(of: session) }
  }

  private func isExpired(_ request: Request, of session: Session, at now: Instant) -> Bool {
    let age = now - max(request.arrived, pause.end)
    guard age > min(options.writeTimeout, options.readTimeout) else { return false }
    return age > (isWrite(request, of: session) ? options.writeTimeout : options.readTimeout)
  }

  private func isWrite(_ request: Request, of session: Session) -> Bool {
    if isExec(request), let transaction = session.transaction { return transaction.writes }
    return table.command(named: request.arguments[0])?.flags.contains(.write) == true
  }

  private func isExec(_ request: Request) -> Bool {
    table.command(named: request.arguments[0])?.name == "exec"
  }

  /// Answers what waits on a connection that is about to close; nothing was done for it.
  func failWaiting(_ session: Session) {
    while let request = session.waiting.popFirst() {
      refuseWaiting(request, of: session, departureRefusal(isWrite: isWrite(request, of: session)))
    }
  }

  // MARK: Sessions

  func opened(_ session: Session) {
    sessions[session.id] = session
    statistics.connections += 1
  }

  func closed(_ session: Session) {
    sessions[session.id] = nil
    unwatch(session)
    // Taking it from the list at once would cost a crowd that leaves the square of its number.
    if session.isListed { departedWaiting += 1 }
  }

  /// The closed socket is the signal to look for the active master, for most clients (design 4.12).
  func closeSessions(_ reason: String) {
    let open = orderedSessions.filter { !$0.staysAfterReign }
    if !open.isEmpty { host.log("closes \(open.count) client connections: \(reason)") }
    for session in open {
      failWaiting(session)
      session.leave()
    }
  }
}
