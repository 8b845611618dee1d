import Commands
import Replication

// MULTI, EXEC and WATCH: several commands as one entry of the log.

extension RequestServer {
  /// Answers a command that gathers commands, or does what was gathered; false if it must wait.
  func executeForTransaction(_ command: Command, _ request: inout Request, for session: Session) -> Bool {
    switch command.name {
    case "multi":
      if session.transaction != nil {
        session.answer(.error("ERR MULTI calls can not be nested"))
      } else {
        session.transaction = Transaction()
        session.answer(.ok)
      }
    case "discard":
      if session.transaction == nil {
        session.answer(.error("ERR DISCARD without MULTI"))
      } else {
        endTransaction(of: session)
        session.answer(.ok)
      }
    case "unwatch":
      unwatch(session)
      session.answer(.ok)
    case "watch":
      guard session.transaction == nil else {
        session.answer(.error("ERR WATCH inside MULTI is not allowed"))
        return true
      }
      return watch(request, for: session)
    default: return exec(&request, for: session)
    }
    return true
  }

  /// Gathers a command after MULTI.
  func queue(_ command: Command, _ request: Request, for session: Session) {
    guard request.consistency == nil, request.token == nil, !command.flags.contains(.noMulti) else {
      session.transaction?.isBroken = true
      return session.answer(.error("ERR Command not allowed inside a transaction"))
    }
    guard !isTooLong(command, request, session) else {
      session.transaction?.isBroken = true
      return
    }
    guard session.transaction?.add(command, request.arguments) == true else {
      session.transaction?.isBroken = true
      return session.answer(
        .error(
          "ERR the transaction is longer than \(Transaction.commandLimit) commands or "
            + "\(Transaction.byteLimit >> 20) MiB: a longer one would keep the node from its peers; send several"
        ))
    }
    session.answer(.simple("QUEUED"))
  }

  private func exec(_ request: inout Request, for session: Session) -> Bool {
    guard let transaction = session.transaction else {
      session.answer(.error("ERR EXEC without MULTI"))
      return true
    }
    if transaction.isBroken {
      endTransaction(of: session)
      session.answer(.error("EXECABORT Transaction discarded because of previous errors."))
      return true
    }
    guard execute(.transaction(transaction), &request, for: session) else { return false }
    endTransaction(of: session)
    return true
  }

  func endTransaction(of session: Session) {
    session.transaction = nil
    unwatch(session)
  }

  // MARK: Evaluation

  /// Evaluates the gathered commands, each after those before it. Commands on the connection are left open: they are
  /// done once nothing stands in the way any more.
  func evaluate(
    _ transaction: Transaction, in evaluation: inout Evaluation, for session: Session
  ) throws -> Reply {
    var replies: [Reply] = []
    replies.reserveCapacity(transaction.commands.count)
    for (place, queued) in transaction.commands.enumerated() {
      // Between MULTI and EXEC a user may have lost the right to it.
      if let refusal = refusal(of: queued, for: session) {
        replies.append(refusal)
        continue
      }
      switch queued.command.kind {
      case .data: replies.append(try evaluation.run(queued.command, queued.arguments))
      case .session, .transaction: replies.append(.null)
      }
      // Whoever sends a quarter of a million commands at once must not cost the master its lead.
      if place % 1_024 == 1_023 { host.keepLead() }
    }
    return .array(replies)
  }

  /// Does the commands of a transaction that are on the connection, and puts their replies among the others.
  func completeTransaction(_ transaction: Transaction, _ reply: Reply, for session: Session) -> Reply {
    guard case .array(var replies) = reply else { return reply }
    for (place, queued) in transaction.commands.enumerated()
    where refusal(of: queued, for: session) == nil {
      switch queued.command.kind {
      case .data:
        replies[place] = completed(replies[place], of: queued.command, applied: core.appliedIndex)
      case .transaction:
        if queued.command.name == "unwatch" { replies[place] = .ok }
      case .session:
        session.beginCapture()
        executeForSession(
          queued.command, Request(arguments: queued.arguments, arrived: host.now), session)
        replies[place] = session.endCapture()
      }
    }
    return .array(replies)
  }

  private func refusal(of queued: Transaction.Queued, for session: Session) -> Reply? {
    session.isRestricted ? host.authorize(queued.command, queued.arguments, for: session) : nil
  }

  // MARK: Watching

  private func watch(_ request: Request, for session: Session) -> Bool {
    guard core.options.role.isMaster else {
      session.answer(slaveRefusal(isWrite: false))
      return true
    }
    guard !session.isLeaving, core.isActive else {
      session.answer(departureRefusal(isWrite: false))
      return true
    }
    do {
      for key in request.arguments.dropFirst() where session.watched[key] == nil {
        let stored = try view.value(for: key)
        session.watched[key] = stored.map { !isPast($0.expiresAt) } ?? false
        watchers[key, default: []].append(session)
      }
      session.answer(.ok)
    } catch {
      session.answer(.error("ERR \(error)"))
      host.failed(error)
    }
    return true
  }

  /// Whether a key that is watched has changed since, or has come to its end.
  func isWatchBroken(_ session: Session) throws -> Bool {
    if session.isWatchBroken { return true }
    for (key, wasLive) in session.watched where wasLive {
      guard let stored = try view.value(for: key), !isPast(stored.expiresAt) else { return true }
    }
    return false
  }

  private func isPast(_ end: Int64?) -> Bool { end.map { $0 < host.wallMilliseconds } ?? false }

  /// Tells those who watch a key that it changes.
  func touchWatched(_ mutations: [Mutation]) {
    guard !watchers.isEmpty else { return }
    for mutation in mutations {
      // That a key is deleted which was not there, or had come to its end, is no change.
      let isCreation = ![.clear, .delete].contains(mutation.operation)
      let touched = mutation.operation == .clear ? Array(watchers.keys) : [mutation.key]
      for key in touched {
        for session in watchers[key] ?? [] where isCreation || session.watched[key] == true {
          session.isWatchBroken = true
        }
      }
    }
  }

  /// From here on nothing is known of what is watched.
  func breakWatches() {
    for sessions in watchers.values {
      for session in sessions { session.isWatchBroken = true }
    }
  }

  /// Forgets what a session watches.
  func unwatch(_ session: Session) {
    session.isWatchBroken = false
    for key in session.watched.keys {
      watchers[key]?.removeAll { $0 === session }
      if watchers[key]?.isEmpty == true { watchers[key] = nil }
    }
    session.watched = [:]
  }
}
