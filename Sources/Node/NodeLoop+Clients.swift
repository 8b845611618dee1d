import Access
import Commands
import NIOCore
import Replication
import Serving

// The commands on the connections of clients.

extension NodeLoop {
  func aboutClients(_ command: Command, _ arguments: [[UInt8]], _ client: ClientHandler) {
    do {
      if let reply = try answer(command, arguments, client) { client.session.answer(reply) }
    } catch {
      client.session.answer(.error(error.text))
    }
  }

  /// The reply, or nil if none is due.
  private func answer(
    _ command: Command, _ arguments: [[UInt8]], _ client: ClientHandler
  ) throws(CommandError) -> Reply? {
    let session = client.session
    switch command.name {
    case "client|id": return .integer(Int64(session.id))
    case "client|info": return .verbatim(Array((client.description.line + "\n").utf8))
    case "client|list": return list(try ClientFilter(list: arguments), caller: session.id)
    case "client|getname": return client.name.isEmpty ? .null : .bulk(client.name)
    case "client|setname":
      client.name = try validClientName(arguments[2])
      return .ok
    case "client|setinfo": return setInformation(arguments, client)
    case "client|kill":
      kill(try ClientFilter(kill: arguments, isUser: { isUser($0) }), client)
      return nil
    case "client|no-evict":
      client.isKept = try isOn(arguments[2])
      return .ok
    case "client|no-touch":
      client.leavesUseAlone = try isOn(arguments[2])
      return .ok
    case "client|reply": return try chooseAnswers(arguments[2], session)
    case "client|pause":
      pauseClients(try PauseRequest(arguments))
      return .ok
    case "client|unpause":
      // After its own answer, since those that waited are answered now.
      eventLoop.execute { [self] in endPause() }
      return .ok
    case "client|unblock": return try unblock(arguments)
    case "client|getredir", "client|tracking", "client|trackinginfo", "client|caching":
      return SessionReplies.tracking(arguments)
    default: return SessionReplies.help(table.command(named: Array("client".utf8)) ?? command)
    }
  }

  private func isUser(_ name: String) -> Bool { credentials.users.user(Array(name.utf8)) != nil }

  private func isOn(_ word: [UInt8]) throws(CommandError) -> Bool {
    switch String(decoding: word, as: UTF8.self).lowercased() {
    case "on": return true
    case "off": return false
    default: throw CommandError("ERR syntax error")
    }
  }

  private func setInformation(_ arguments: [[UInt8]], _ client: ClientHandler) -> Reply {
    let attribute = String(decoding: arguments[2], as: UTF8.self).lowercased()
    guard attribute == "lib-name" || attribute == "lib-ver" else {
      return .error("ERR Unrecognized option '\(String(decoding: arguments[2].prefix(64), as: UTF8.self))'")
    }
    guard arguments[3].allSatisfy({ (0x21...0x7e).contains($0) }) else {
      return .error("ERR \(attribute) cannot contain spaces, newlines or special characters.")
    }
    if attribute == "lib-name" {
      client.libraryName = arguments[3]
    } else {
      client.libraryVersion = arguments[3]
    }
    return .ok
  }

  private func list(_ filter: ClientFilter, caller: UInt64) -> Reply {
    let lines = clients.values.map(\.description).filter { filter.matches($0, caller: caller) }
      .sorted { $0.id < $1.id }.map { $0.line + "\n" }
    return .verbatim(Array(lines.joined().utf8))
  }

  private func kill(_ filter: ClientFilter, _ caller: ClientHandler) {
    let session = caller.session
    let victims = clients.values.filter { filter.matches($0.description, caller: session.id) }
    for victim in victims where victim !== caller { victim.evict() }
    if filter.isOldForm {
      session.answer(victims.isEmpty ? .error("ERR No such client") : .ok)
    } else {
      session.answer(.integer(Int64(victims.count)))
    }
    if victims.contains(where: { $0 === caller }) { session.closeAfterReplies() }
  }

  private func chooseAnswers(_ word: [UInt8], _ session: Session) throws(CommandError) -> Reply? {
    switch String(decoding: word, as: UTF8.self).lowercased() {
    case "on":
      session.answerRequests(true)
      return .ok
    case "off": session.answerRequests(false)
    case "skip": session.skipAnswer()
    default: throw CommandError("ERR syntax error")
    }
    return nil
  }

  // MARK: Pauses

  private func pauseClients(_ request: PauseRequest) {
    let end = BootClock.now() + .milliseconds(request.milliseconds)
    server.pause.begin(until: end, onlyWrites: request.onlyWrites)
    schedulePauseEnd()
  }

  private func schedulePauseEnd() {
    let wait = max(0, server.pause.end - BootClock.now())
    eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) { [weak self] in
      guard let self, server.pause.isOn, BootClock.now() >= server.pause.end else { return }
      endPause()
    }
  }

  /// What waited goes on.
  private func endPause() {
    server.pause.finish(at: BootClock.now())
    server.resume()
  }

  // MARK: Limits

  /// Closes clients that have sent nothing for longer than `timeout`, and those whose output has been over its soft
  /// limit for too long.
  func closeIdleClients() {
    let now = BootClock.now()
    guard now >= nextIdleCheck else { return }
    nextIdleCheck = now + .milliseconds(1_000)
    for client in clients.values {
      client.checkOutput(at: now)
      guard clientLoad.idleSeconds > 0, client.isIdle, !awaitsReplicas(client.session),
        now - client.lastRequest > Nanoseconds(clientLoad.idleSeconds) * 1_000_000_000
      else { continue }
      monitor.idleDisconnections += 1
      client.session.closeAfterReplies()
    }
  }
}
