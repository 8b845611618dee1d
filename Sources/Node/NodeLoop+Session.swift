import Access
import Commands
import Foundation
import Kvorum
import RESP
import Replication
import Serving

// Commands that are answered from the state of the connection or of the cluster.

extension NodeLoop {
  func execute(_ command: Command, _ request: Request, for session: Session) {
    guard let client = clients[session.id] else { return }
    client.lastCommand = command.name
    let arguments = request.arguments
    switch command.name {
    case "ping": session.answer(SessionReplies.ping(arguments))
    case "echo": session.answer(SessionReplies.echo(arguments))
    case "select": session.answer(SessionReplies.select(arguments))
    case "hello": session.answer(hello(arguments, client))
    case "auth": session.answer(authenticate(arguments, client))
    case "quit":
      session.answer(.ok)
      session.closeAfterReplies()
    case "reset":
      client.version = .v2
      client.name = []
      session.consistency = .linearizable
      client.logOut()
      session.answer(.simple("RESET"))
    case "time":
      session.answer(
        SessionReplies.time(microsecondsOfUnixTime: Int64(Date().timeIntervalSince1970 * 1_000_000)))
    case "info": session.answer(.verbatim(Array(info(sections: arguments.dropFirst()).utf8)))
    case "role": session.answer(role())
    case "config|get":
      session.answer(SessionReplies.configGet(arguments, parameters: configurationParameters))
    case "config|set":
      session.answer(
        .error("ERR CONFIG SET is not supported: options are given when the node starts, see its --help"))
    case "config|resetstat":
      server.statistics = ServingStatistics()
      session.answer(.ok)
    case "kv.status": session.answer(.bulk(status().json()))
    case "kv.admin": administer(arguments, session)
    case let name where name.hasPrefix("acl"): session.answer(aboutUsers(command, arguments, client))
    case let name where name.hasPrefix("client"): aboutClients(command, arguments, client)
    case let name where name.hasPrefix("command"): session.answer(table.reply(toCommand: arguments))
    default:
      if let container = table.commands.first(where: { command.name == "\($0.name)|help" }) {
        session.answer(SessionReplies.help(container))
      } else {
        session.answer(.error("ERR '\(command.name)' is not supported"))
      }
    }
  }

  // MARK: The connection

  private func hello(_ arguments: [[UInt8]], _ client: ClientHandler) -> Reply {
    do {
      let request = try HelloRequest(arguments)
      if let login = request.credentials {
        if let refusal = logIn(login, client, by: "HELLO") { return refusal }
      } else if client.user == nil {
        return .error(
          "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH "
            + "<user> <pass> option can be used to authenticate the client and select the RESP protocol version "
            + "at the same time")
      }
      if let version = request.version { client.version = version == 3 ? .v3 : .v2 }
      if let name = request.clientName { client.name = name }
      return SessionReplies.hello(
        version: redisVersion, protocolVersion: client.version == .v3 ? 3 : 2,
        connection: Int64(client.session.id), role: server.core.isActive ? "master" : "replica")
    } catch {
      return .error(error.text)
    }
  }

  private func aboutClients(_ command: Command, _ arguments: [[UInt8]], _ client: ClientHandler) {
    let session = client.session
    switch command.name {
    case "client|id": session.answer(.integer(Int64(session.id)))
    case "client|info": session.answer(.text(line(client)))
    case "client|list":
      let lines = clients.sorted { $0.key < $1.key }.map { line($0.value) + "\n" }
      session.answer(.verbatim(Array(lines.joined().utf8)))
    case "client|getname": session.answer(client.name.isEmpty ? .null : .bulk(client.name))
    case "client|setname":
      do {
        client.name = try validClientName(arguments[2])
        session.answer(.ok)
      } catch {
        session.answer(.error(error.text))
      }
    case "client|setinfo": session.answer(setInformation(arguments, client))
    case "client|kill": kill(arguments, session)
    case "client|no-evict", "client|no-touch": session.answer(.ok)
    default: session.answer(SessionReplies.help(table.command(named: Array("client".utf8)) ?? command))
    }
  }

  private func setInformation(_ arguments: [[UInt8]], _ client: ClientHandler) -> Reply {
    let attribute = String(decoding: arguments[2], as: UTF8.self).lowercased()
    guard arguments[3].allSatisfy({ (0x21...0x7e).contains($0) }) else {
      return .error("ERR \(attribute) cannot contain spaces, newlines or special characters.")
    }
    switch attribute {
    case "lib-name": client.libraryName = arguments[3]
    case "lib-ver": client.libraryVersion = arguments[3]
    default: return .error("ERR Unrecognized option '\(attribute.prefix(64))'")
    }
    return .ok
  }

  private func kill(_ arguments: [[UInt8]], _ session: Session) {
    let words = arguments.dropFirst(2).map { String(decoding: $0, as: UTF8.self) }
    let victims: [ClientHandler]
    switch (words.count, words.first?.lowercased()) {
    case (1, _): victims = clients.values.filter { $0.remoteAddress == words[0] }
    case (2, "id"): victims = UInt64(words[1]).flatMap { clients[$0] }.map { [$0] } ?? []
    case (2, "addr"): victims = clients.values.filter { $0.remoteAddress == words[1] }
    case (2, "laddr"): victims = clients.values.filter { $0.localAddress == words[1] }
    case (2, "type") where words[1].lowercased() == "normal":
      victims = clients.values.filter { $0.session !== session }
    default: return session.answer(.error("ERR syntax error"))
    }
    if words.count == 1 {
      session.answer(victims.isEmpty ? .error("ERR No such client") : .ok)
    } else {
      session.answer(.integer(Int64(victims.count)))
    }
    for victim in victims { victim.session.closeAfterReplies() }
  }

  func line(_ client: ClientHandler) -> String {
    let age = (BootClock.wallMilliseconds() - client.connectedAt) / 1_000
    let idle = (BootClock.now() - client.lastRequest) / 1_000_000_000
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    return "id=\(client.session.id) addr=\(client.remoteAddress) laddr=\(client.localAddress) "
      + "name=\(text(client.name)) age=\(age) idle=\(idle) flags=N db=0 resp=\(client.version == .v3 ? 3 : 2) "
      + "cmd=\(client.lastCommand.isEmpty ? "NULL" : client.lastCommand) "
      + "user=\(text(client.user?.name ?? User.defaultName)) "
      + "lib-name=\(text(client.libraryName)) lib-ver=\(text(client.libraryVersion))"
  }

  // MARK: The server

  private func role() -> Reply {
    if server.core.isActive {
      let slaves = server.core.followers.compactMap { id, status -> Reply? in
        guard status.connected, let link = links[id], let address = HostAndPort(link.peer.address) else {
          return nil
        }
        return .array([.text(address.host), .text("\(address.port)"), .text("\(status.match)")])
      }
      return .array([.text("master"), .integer(Int64(server.core.lastIndex)), .array(slaves)])
    }
    let master = server.core.knownLeader.flatMap(server.address(of:)).flatMap(HostAndPort.init)
    return .array([
      .text("slave"), .text(master?.host ?? ""), .integer(Int64(master?.port ?? 0)),
      .text(master == nil ? "connect" : "connected"), .integer(Int64(server.core.lastIndex)),
    ])
  }

  private var configurationParameters: [(name: String, value: String)] {
    [
      ("appendfsync", "always"), ("appendonly", "yes"), ("bind", listenAddress.host), ("databases", "1"),
      ("maxclients", "\(clientLoad.connectionLimit)"), ("maxmemory-clients", "\(clientLoad.memoryLimit)"),
      ("dir", configuration.dataDirectory), ("maxmemory", "0"), ("maxmemory-policy", "noeviction"),
      ("port", "\(listenAddress.port)"), ("proto-max-bulk-len", "\(configuration.maxValueBytes)"),
      ("save", ""), ("timeout", "0"), ("max-key-bytes", "\(configuration.maxKeyBytes)"),
      ("max-value-bytes", "\(configuration.maxValueBytes)"),
      ("lease", "\(server.core.leaseLength / 1_000_000)"),
      ("write-timeout", "\(configuration.writeTimeoutMilliseconds)"),
      ("read-timeout", "\(configuration.readTimeoutMilliseconds)"),
    ]
  }

  // MARK: Administration

  private func administer(_ arguments: [[UInt8]], _ session: Session) {
    let words = arguments.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    if words[0].lowercased() == "snapshot" { return giveCopy(words, session) }
    guard server.core.isActive else {
      let active = server.core.knownLeader.flatMap(server.address(of:)).map { " active=\($0)" } ?? ""
      return session.answer(.error("READONLY Only the active master changes the cluster.\(active)"))
    }
    switch (words[0].lowercased(), words.count) {
    case ("remove-slave", 2): remove(words[1], isMaster: false, session)
    case ("remove-master", 2): remove(words[1], isMaster: true, session)
    case ("transfer", 1...2): transfer(to: words.count == 2 ? words[1] : nil, session)
    default:
      session.answer(
        .error("ERR use KV.ADMIN REMOVE-SLAVE name, REMOVE-MASTER name, TRANSFER [name] or SNAPSHOT"))
    }
  }

  private func member(_ text: String, among members: [Member]) -> Member? {
    members.first { $0.id.description == text } ?? members.first { $0.name == text }
      ?? members.first { $0.address == text }
  }

  private func remove(_ text: String, isMaster: Bool, _ session: Session) {
    let current = server.core.configuration?.current
    let kind = isMaster ? "master" : "slave"
    guard let member = member(text, among: (isMaster ? current?.masters : current?.slaves) ?? []) else {
      return session.answer(.error("ERR the cluster has no \(kind) '\(text)'; see 'kvorum status'"))
    }
    change(removing: member.id, session) { core, now, effects in
      core.remove(member.id, at: now, into: &effects)
    }
  }

  private func transfer(to text: String?, _ session: Session) {
    var target: Member?
    if let text {
      target = member(text, among: server.core.configuration?.current.masters ?? [])
      guard target != nil else {
        return session.answer(.error("ERR the cluster has no master '\(text)'; see 'kvorum status'"))
      }
    }
    change(removing: nil, session) { [target] core, now, effects in
      core.transfer(to: target?.id, at: now, into: &effects)
    }
  }

  /// Starts a change and leaves its reply open until an effect of the core tells its end.
  private func change(
    removing removal: NodeID?, _ session: Session,
    _ change: (inout ReplicationCore, Instant, inout [Effect]) -> String?
  ) {
    guard awaitedChange == nil else {
      return session.answer(.error("ERR another change is under way; try again"))
    }
    let ticket = session.answerLater()
    awaitedChange = AwaitedChange(
      session: session, ticket: ticket, removal: removal, deadline: BootClock.now() + .milliseconds(5_000))
    if let refusal = drive(change) { endAwaitedChange("ERR \(refusal)") }
  }

  /// Answers an admin's request; nil means that it was done.
  func endAwaitedChange(_ error: String?) {
    guard let change = awaitedChange else { return }
    awaitedChange = nil
    change.session.fulfil(change.ticket, with: error.map { .error($0) } ?? .ok)
  }

  func expireAwaitedChange() {
    guard let change = awaitedChange, BootClock.now() > change.deadline else { return }
    endAwaitedChange("ERR the change was begun but has not come to its end; see 'kvorum status'")
  }
}
