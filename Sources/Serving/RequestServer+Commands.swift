import Commands
import Replication

// From a client's request to its reply, or to the place where it waits (design 4.6).

extension RequestServer {
  /// In bytes: more than this waits to be applied: new writes wait too, so that memory stays bounded.
  public static let unappliedLimit = 128 << 20
  /// How many arguments a command may have, its name included. It is evaluated in one go, and the node must not be late for a heartbeat.
  public static let argumentLimit = 20_001

  /// Answers a request, or returns false if it must wait.
  func execute(_ request: inout Request, for session: Session) -> Bool {
    if let refusal = stripConsistency(&request) {
      session.answer(refusal)
      return true
    }
    switch table.resolve(request.arguments) {
    case .refused(let reply):
      session.lastCommand = nil
      session.answer(reply)
    case .command(let command):
      session.lastCommand = command
      if pause.isOn, pause.holds(command) { return false }
      guard command.kind == .session else { return execute(command, &request, for: session) }
      executeForSession(command, request, session)
    }
    return true
  }

  /// `KV.CONSISTENCY level command…` is the command with its own level.
  private func stripConsistency(_ request: inout Request) -> Reply? {
    guard request.arguments.count > 2, request.arguments[0].count == 14,
      String(decoding: request.arguments[0], as: UTF8.self).lowercased() == "kv.consistency"
    else { return nil }
    switch consistency(named: request.arguments[1]) {
    case .success(let level): request.consistency = level
    case .failure(let error): return .error(error.text)
    }
    request.arguments.removeFirst(2)
    return nil
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

  private func executeForSession(_ command: Command, _ request: Request, _ session: Session) {
    switch command.name {
    case "kv.consistency": session.answer(chooseConsistency(request.arguments, session))
    case "readonly":
      session.consistency = .stale
      session.answer(.ok)
    case "readwrite":
      session.consistency = .linearizable
      session.answer(.ok)
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

  private func execute(_ command: Command, _ request: inout Request, for session: Session) -> Bool {
    guard request.arguments.count <= Self.argumentLimit else {
      session.answer(
        .error(
          "ERR '\(command.name)' has \(request.arguments.count - 1) arguments, more than the limit of "
            + "\(Self.argumentLimit - 1): a longer one would keep the node from its peers; send several"))
      return true
    }
    let isWrite = command.flags.contains(.write)
    if isWrite, session.openReads > 0 { return false }
    let consistency = request.consistency ?? session.consistency
    if !isWrite, consistency == .stale {
      session.answer(staleReply(command, request))
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
    if !isWrite, consistency == .majority { return startMajorityRead(command, &request, for: session) }
    return evaluate(command, &request, for: session)
  }

  /// Evaluates a command at the active master.
  private func evaluate(_ command: Command, _ request: inout Request, for session: Session) -> Bool {
    view.beginEvaluation()
    lookups.isCounting = command.flags.contains(.readonly)
    view.needsVersions = command.name.utf8.first == UInt8(ascii: "k")
    let outcome: Outcome
    do {
      if command.flags.contains(.readonly) { try stored.shareSnapshot() }
      outcome = try command.evaluate(request.arguments, view: view, context: context)
    } catch {
      session.answer(.error("ERR \(error)"))
      host.failed(error)
      return true
    }
    lookups.noteExpired(outcome.mutations.count)
    if outcome.mutations.isEmpty {
      let reply = completed(outcome.reply, of: command, applied: core.appliedIndex)
      return answerRead(reply, &request, for: session)
    }
    // A read that meets a key past its expiry writes its delete: that needs admission like any write.
    switch core.admission(at: host.now) {
    case .open: break
    case .noQuorum:
      guard !waitsForLease(&request) else { return false }
      session.answer(.error(Refusal.noReplicas))
      return true
    case .diskFull:
      session.answer(.error(Refusal.diskFull))
      return true
    case .paused, .standby: return false
    }
    propose(outcome, request, for: session)
    return true
  }

  private func propose(_ outcome: Outcome, _ request: Request, for session: Session) {
    let index = core.propose(outcome.mutations, time: host.wallMilliseconds)
    view.overlay.add(outcome.mutations, at: index)
    if Mutant.isPlanted(.answerBeforeCommit) {
      session.answer(outcome.reply)
      return host.planFlush()
    }
    let ticket = session.replies.add(outcome.reply, afterCommitOf: index)
    pendingWrites.append(
      PendingReply(
        index: index, session: session, ticket: ticket, deadline: deadline(of: outcome.mutations, request)))
    session.lastWrite = index
    statistics.writes += 1
    if options.logsRequests { host.log(request, index: index) }
    host.planFlush()
  }

  var context: CommandContext { CommandContext(now: host.wallMilliseconds, limits: options.limits) }

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

  private func answerRead(_ reply: Reply, _ request: inout Request, for session: Session) -> Bool {
    // The clock is read now, after the request's bytes came and the value was looked up: a lease that had run
    // out in between must not count (design 4.6).
    guard mayAnswer(&request) else { return false }
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

  /// When a reply that waits for its commit is given up. Large values take their time on every disk: a second more
  /// for each 16 MiB.
  private func deadline(of mutations: [Mutation], _ request: Request) -> Instant {
    let bytes = mutations.reduce(0) { $0 + $1.value.count }
    return max(request.arrived, pause.end) + options.writeTimeout + Nanoseconds(bytes) * 1_000_000_000
      / (16 << 20)
  }

  // MARK: Stale reads

  private func staleReply(_ command: Command, _ request: Request) -> Reply {
    lookups.isCounting = true
    do {
      return try stored.snapshot {
        let applied = try stored.appliedIndex()
        let outcome = try command.evaluate(
          request.arguments, view: StaleView(stored: stored, lookups: lookups), context: context)
        return completed(outcome.reply, of: command, applied: applied)
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
