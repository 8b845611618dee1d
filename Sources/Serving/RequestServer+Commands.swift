import Commands
import Replication

// From a client's request to its reply, or to the place where it waits (design 4.6).

extension RequestServer {
  /// In bytes: more than this waits to be applied: new writes wait too, so that memory stays bounded.
  public static let unappliedLimit = 128 << 20
  /// How many arguments a command may have, its name included. It is evaluated in one go, and the node must not be late for a heartbeat.
  public static let argumentLimit = 20_001
  /// To look at all keys with more changes than this over them would take too long.
  static let overlayLimit = 2_000

  /// Answers a request, or returns false if it must wait.
  func execute(_ request: inout Request, for session: Session) -> Bool {
    if let refusal = stripPrefixes(&request) {
      session.answer(refusal)
      session.transaction?.isBroken = true
      return true
    }
    switch table.resolve(request.arguments) {
    case .refused(let reply): refuse(request, reply, for: session)
    case .command(let command):
      session.lastCommand = command
      if session.isRestricted, let refusal = host.authorize(command, request.arguments, for: session) {
        session.transaction?.isBroken = true
        session.answer(refusal)
        return true
      }
      if hasMonitors || session.hasMode, let refusal = heed(command, &request, of: session) {
        session.answer(refusal)
        return true
      }
      if pause.isOn, isPaused(command, session) { return false }
      if session.transaction != nil, !command.isAnsweredInTransaction {
        queue(command, request, for: session)
        return true
      }
      if request.token != nil, let refusal = tokenRefusal(command) {
        session.answer(refusal)
        return true
      }
      switch command.kind {
      case .data:
        let unit = Unit.command(command, request.arguments)
        return isTooLong(command, request, session) || execute(unit, &request, for: session)
      case .session: executeForSession(command, request, session)
      case .transaction: return executeForTransaction(command, &request, for: session)
      }
    }
    return true
  }

  /// What is gathered after MULTI waits with its EXEC.
  private func isPaused(_ command: Command, _ session: Session) -> Bool {
    guard let transaction = session.transaction else { return pause.holds(command) }
    return command.name == "exec" && (pause.holdsReads || transaction.writes)
  }

  private func refuse(_ request: Request, _ reply: Reply, for session: Session) {
    session.lastCommand = nil
    session.transaction?.isBroken = true
    guard case .error(let text) = reply, table.command(named: request.arguments[0])?.name == "exec"
    else { return session.answer(reply) }
    endTransaction(of: session)
    session.answer(.error("EXECABORT Transaction discarded because of: \(text.dropFirst(4))"))
  }

  /// `KV.CONSISTENCY level command…` is the command with its own level, `KV.ONCE token command…` one that is done once.
  private func stripPrefixes(_ request: inout Request) -> Reply? {
    while request.arguments.count > 2, request.arguments[0].first.map({ $0 | 0x20 }) == UInt8(ascii: "k") {
      let word = request.arguments[0].count <= 14 ? String(decoding: request.arguments[0], as: UTF8.self) : ""
      switch word.lowercased() {
      case "kv.consistency":
        switch consistency(named: request.arguments[1]) {
        case .success(let level): request.consistency = level
        case .failure(let error): return .error(error.text)
        }
      case "kv.once":
        guard request.token == nil else { return .error("ERR KV.ONCE can be given once") }
        request.token = request.arguments[1]
      default: return nil
      }
      request.arguments.removeFirst(2)
    }
    return nil
  }

  private func tokenRefusal(_ command: Command) -> Reply? {
    guard command.name != "exec", command.kind != .data || !command.flags.contains(.write) else { return nil }
    return .error("ERR KV.ONCE takes a command that writes, or EXEC, not '\(command.name)'")
  }

  private func consistency(named word: [UInt8]) -> Result<Consistency, CommandError> {
    let word = String(decoding: word, as: UTF8.self).lowercased()
    guard let level = Consistency(rawValue: word) else {
      return .failure(
        CommandError("ERR unknown consistency '\(word.prefix(64))': use linearizable, majority or stale"))
    }
    return .success(level)
  }

  // MARK: Commands on the connection

  func executeForSession(_ command: Command, _ request: Request, _ session: Session) {
    switch command.name {
    case "kv.consistency": session.answer(chooseConsistency(request.arguments, session))
    case "readonly":
      session.consistency = .stale
      session.answer(.ok)
    case "readwrite":
      session.consistency = .linearizable
      session.answer(.ok)
    case "reset":
      endTransaction(of: session)
      host.execute(command, request, for: session)
    default: host.execute(command, request, for: session)
    }
  }

  private func chooseConsistency(_ arguments: [[UInt8]], _ session: Session) -> Reply {
    guard arguments.count > 1 else { return .text(session.consistency.rawValue) }
    switch consistency(named: arguments[1]) {
    case .success(let level): session.consistency = level
    case .failure(let error): return .error(error.text)
    }
    return .ok
  }

  // MARK: Commands on the keyspace

  func isTooLong(_ command: Command, _ request: Request, _ session: Session) -> Bool {
    guard request.arguments.count > Self.argumentLimit else { return false }
    session.answer(
      .error(
        "ERR '\(command.name)' has \(request.arguments.count - 1) arguments, more than the limit of "
          + "\(Self.argumentLimit - 1): a longer one would keep the node from its peers; send several"))
    return true
  }

  func execute(_ unit: Unit, _ request: inout Request, for session: Session) -> Bool {
    let isWrite = unit.writes
    if isWrite, session.openReads > 0 { return false }
    let consistency = request.consistency ?? session.consistency
    if !isWrite, consistency == .stale {
      session.answer(staleReply(unit, request, session))
      return true
    }
    guard core.options.role.isMaster else {
      session.answer(slaveRefusal(isWrite: isWrite))
      return true
    }
    guard !session.isLeaving else {
      session.answer(departureRefusal(isWrite: isWrite))
      return true
    }
    switch core.admission(at: host.now) {
    case .standby(let active):
      if Mutant.isPlanted(.readsAfterSigning), hasSigned, !isWrite { break }
      session.answer(standbyRefusal(isWrite: isWrite, active: active))
      return true
    case .paused:
      // A write waits for the end of the handover; a read can go on while this master still has its lease.
      guard !isWrite, core.isActive else { return false }
    case .diskFull:
      if isWrite {
        session.answer(.error(Refusal.diskFull))
        return true
      }
    case .noQuorum:
      if isWrite {
        guard !waitsForLease(&request) else { return false }
        session.answer(.error(Refusal.noReplicas))
        return true
      }
    case .open:
      isSuspended = false
      if isWrite, unappliedBytes > Self.unappliedLimit { return false }
    }
    if case .command(let command, _) = unit, !isWrite, consistency == .majority {
      return startMajorityRead(command, &request, for: session)
    }
    // Once it has waited it is not made to wait again, however much is written meanwhile.
    if unit.looksAtAllKeys, view.overlay.changes.count > Self.overlayLimit, !request.hasWaitedForApply {
      request.hasWaitedForApply = true
      host.urgeApply()
      return false
    }
    return evaluate(unit, &request, for: session)
  }

  /// Evaluates a command or a transaction at the active master.
  private func evaluate(_ unit: Unit, _ request: inout Request, for session: Session) -> Bool {
    view.beginEvaluation()
    view.needsVersions = unit.showsVersions
    lookups.isCounting = !unit.writes
    let outcome: Outcome
    do {
      if case .transaction = unit, try isWatchBroken(session) {
        return answerRead(.nullArray, &request, for: session)
      }
      if !unit.writes { try stored.shareSnapshot() }
      var evaluation = Evaluation(view: view, context: context, cursors: cursors)
      let reply = try run(unit, request, in: &evaluation, for: session)
      outcome = evaluation.outcome(reply)
    } catch {
      session.answer(.error("ERR \(error)"))
      host.failed(error)
      return true
    }
    lookups.noteExpired(outcome.mutations.count)
    if outcome.mutations.isEmpty {
      return answerRead(complete(outcome.reply, of: unit, for: session), &request, for: session)
    }
    // A write was admitted before; a long one may have outlived the lease meanwhile, and then waits for its commit.
    if !unit.writes, let isAnswered = refuseToDelete(&request, for: session) { return isAnswered }
    propose(outcome, of: unit, request, for: session)
    return true
  }

  /// A read that meets a key past its expiry writes its delete: that needs admission like any write. Nil if it may, else
  /// whether the read was answered or has to wait.
  private func refuseToDelete(_ request: inout Request, for session: Session) -> Bool? {
    switch core.admission(at: host.now) {
    case .open: return nil
    case .noQuorum:
      guard !waitsForLease(&request) else { return false }
      session.answer(.error(Refusal.noReplicas))
      return true
    case .diskFull:
      session.answer(.error(Refusal.diskFull))
      return true
    case .paused, .standby: return false
    }
  }

  private func run(
    _ unit: Unit, _ request: Request, in evaluation: inout Evaluation, for session: Session
  ) throws -> Reply {
    func body(_ evaluation: inout Evaluation) throws -> Reply {
      switch unit {
      case .command(let command, let arguments): try evaluation.run(command, arguments)
      case .transaction(let transaction): try evaluate(transaction, in: &evaluation, for: session)
      }
    }
    guard let token = request.token else { return try body(&evaluation) }
    return try evaluation.runOnce(token: token, request: unit.words, body)
  }

  /// Adds what the node knows, now that the reply is sure to leave.
  private func complete(_ reply: Reply, of unit: Unit, for session: Session) -> Reply {
    switch unit {
    case .command(let command, _): completed(reply, of: command, applied: core.appliedIndex)
    case .transaction(let transaction): completeTransaction(transaction, reply, for: session)
    }
  }

  private func propose(_ outcome: Outcome, of unit: Unit, _ request: Request, for session: Session) {
    let index = append(outcome)
    let reply = complete(outcome.reply, of: unit, for: session)
    if Mutant.isPlanted(.answerBeforeCommit) { return session.answer(reply) }
    let ticket = session.replies.add(reply, afterCommitOf: index)
    pendingWrites.append(
      PendingReply(
        index: index, session: session, ticket: ticket, deadline: deadline(of: outcome.mutations, request)))
    session.lastWrite = index
    statistics.writes += 1
    if options.logsRequests { host.log(request, index: index) }
  }

  /// Makes an entry of what was decided, and tells those whom that concerns.
  @discardableResult
  func append(_ outcome: Outcome) -> LogIndex {
    let index = core.propose(outcome.mutations, time: host.wallMilliseconds)
    view.add(outcome.mutations, at: index, containers: outcome.containers)
    noteExpiry(outcome.mutations)
    touchWatched(outcome.mutations)
    if !outcome.events.isEmpty { pendingEvents.append((index, outcome.events)) }
    host.planFlush()
    return index
  }

  var context: CommandContext {
    CommandContext(
      now: host.wallMilliseconds, limits: options.limits, random: numbers.next(),
      wantsEvents: wantsKeyEvents)
  }

  // MARK: The proof of the lead

  /// A lease that ran out while W slaves still have their links is most likely a moment's stall, here or there: the
  /// write waits for fresh acks rather than fail. Where slaves are gone there is nothing to wait for.
  private func waitsForLease(_ request: inout Request) -> Bool {
    guard !isSuspended, let configuration = core.configuration else { return false }
    let peers = core.connectedPeers
    let hasLinks = configuration.sets.allSatisfy { set in
      set.slaves.count { peers[$0.id] != nil } >= set.quorum.write
    }
    guard hasLinks else { return false }
    if request.confirmation.map({ $0 <= confirmedRound }) ?? true {
      request.confirmation = core.requestConfirmation()
      host.planConfirmation(request.confirmation)
    }
    return true
  }

  /// Whether this master has shown that it leads since the request came: by its lease, or by a confirmation round,
  /// which is asked for if there is none yet. If not, the request waits.
  func mayAnswer(_ request: inout Request) -> Bool {
    if request.confirmation.map({ $0 <= confirmedRound }) ?? false { return true }
    if core.mayRead(at: host.now) { return true }
    if Mutant.isPlanted(.readWithoutLease), core.isActive { return true }
    if Mutant.isPlanted(.readsAfterSigning), hasSigned { return true }
    if request.confirmation == nil {
      request.confirmation = core.requestConfirmation()
      host.planConfirmation(request.confirmation)
    }
    return false
  }

  /// Answers with a reply that is made once nothing stands in the way: what a transaction does on the connection for it is
  /// done once.
  private func answerRead(
    _ makeReply: @autoclosure () -> Reply, _ request: inout Request, for session: Session
  ) -> Bool {
    // The clock is read now, after the request's bytes came and the value was looked up: a lease that had run
    // out in between must not count (design 4.6).
    guard mayAnswer(&request) else { return false }
    let reply = makeReply()
    if options.logsRequests { host.log(request, index: nil) }
    if view.newestSeen > core.commitIndex, !Mutant.isPlanted(.readBeforePendingWrite) {
      let index = view.newestSeen
      let ticket = session.replies.add(reply, afterCommitOf: index)
      pendingReads.append(
        PendingReply(
          index: index, session: session, ticket: ticket, deadline: deadline(of: [], request)))
    } else {
      session.answer(reply)
    }
    return true
  }

  /// When a reply that waits for its commit is given up. Large values and many take their time on every disk: a second
  /// more for each 16 MiB.
  private func deadline(of mutations: [Mutation], _ request: Request) -> Instant {
    let bytes = mutations.reduce(0) { $0 + $1.value.count + 256 }
    return max(request.arrived, pause.end) + options.writeTimeout + Nanoseconds(bytes) * 1_000_000_000
      / (16 << 20)
  }

  // MARK: Stale reads

  private func staleReply(_ unit: Unit, _ request: Request, _ session: Session) -> Reply {
    lookups.isCounting = true
    do {
      return try stored.snapshot {
        let applied = try stored.appliedIndex()
        var evaluation = Evaluation(
          view: StaleView(stored: stored, lookups: lookups), context: context, cursors: cursors)
        let reply = try run(unit, request, in: &evaluation, for: session)
        switch unit {
        case .command(let command, _): return completed(reply, of: command, applied: applied)
        case .transaction(let transaction): return completeTransaction(transaction, reply, for: session)
        }
      }
    } catch {
      host.failed(error)
      return .error("ERR \(error)")
    }
  }

  /// Adds to the reply of KV.GET what a reader from several slaves must know of the node.
  func completed(_ reply: Reply, of command: Command, applied: LogIndex) -> Reply {
    guard command.name == "kv.get", case .map(let pairs) = reply else { return reply }
    let slaves = core.configuration?.sets.map(\.slaves.count).max() ?? 0
    return .map(
      pairs + [
        Reply.Pair(.text("applied_index"), .integer(Int64(clamping: applied))),
        Reply.Pair(.text("slaves"), .integer(Int64(slaves))),
        Reply.Pair(.text("cluster"), .text(core.cluster?.description ?? "")),
      ])
  }
}
