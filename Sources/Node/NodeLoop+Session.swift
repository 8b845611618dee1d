import Access
import Commands
import Foundation
import Kvorum
import RESP
import Replication
import Serving
import Storage

// Commands that are answered from the state of the connection or of the cluster.

extension NodeLoop {
  func execute(_ command: Command, _ request: Request, for session: Session) {
    guard let client = clients[session.id] else { return }
    let arguments = request.arguments
    switch command.name {
    case "ping":
      session.answer(
        session.isSubscriberOnly ? PubSubReplies.ping(arguments) : SessionReplies.ping(arguments))
    case "echo": session.answer(SessionReplies.echo(arguments))
    case "select": session.answer(SessionReplies.select(arguments))
    case "hello": session.answer(hello(arguments, client))
    case "auth": session.answer(authenticate(arguments, client))
    case "quit":
      session.answer(.ok)
      session.closeAfterReplies()
    case "reset":
      client.reset()
      silence(client)
      session.consistency = .linearizable
      client.logOut()
      session.answer(.simple("RESET"))
    case "time":
      session.answer(
        SessionReplies.time(microsecondsOfUnixTime: Int64(Date().timeIntervalSince1970 * 1_000_000)))
    case "info": session.answer(.verbatim(Array(info(sections: Array(arguments.dropFirst())).utf8)))
    case "role": session.answer(role())
    case "config|get", "config|set", "config|resetstat", "config|rewrite":
      session.answer(configure(command, arguments))
    case "wait", "waitaof": wait(arguments, for: session)
    case "kv.status": session.answer(.bulk(status().json()))
    case "kv.admin": administer(arguments, session)
    case let name where name.hasPrefix("acl"): session.answer(aboutUsers(command, arguments, client))
    case "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "publish", "pubsub|channels",
      "pubsub|numsub", "pubsub|numpat":
      communicate(command, arguments, client)
    case "monitor": monitor(client)
    case let name where name.hasPrefix("sentinel|") && name != "sentinel|help":
      answerSentinel(command, arguments, session)
    case let name where name.hasPrefix("client"): aboutClients(command, arguments, client)
    case let name where name.hasPrefix("command"): session.answer(table.reply(toCommand: arguments))
    default:
      if let container = table.commands.first(where: { command.name == "\($0.name)|help" }) {
        session.answer(SessionReplies.help(container))
      } else {
        session.answer(
          monitoringReply(command, arguments) ?? .error("ERR '\(command.name)' is not supported"))
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
      updateMode(of: client)
      if let name = request.clientName { client.name = name }
      return SessionReplies.hello(
        version: redisVersion, protocolVersion: client.version == .v3 ? 3 : 2,
        connection: Int64(client.session.id), role: confirmedMaster == identity.id ? "master" : "replica")
    } catch {
      return .error(error.text)
    }
  }

  // MARK: The server

  private func role() -> Reply {
    if confirmedMaster == identity.id {
      let slaves = server.core.followers.compactMap { id, status -> Reply? in
        guard status.connected, let link = links[id], let address = HostAndPort(link.peer.address) else {
          return nil
        }
        return .array([.text(address.host), .text("\(address.port)"), .text("\(status.match)")])
      }
      return .array([.text("master"), .integer(Int64(server.core.lastIndex)), .array(slaves)])
    }
    let master = confirmedMasterAddress
    return .array([
      .text("slave"), .text(master?.host ?? ""), .integer(Int64(master?.port ?? 0)),
      .text(master == nil ? "connect" : "connected"), .integer(Int64(server.core.lastIndex)),
    ])
  }
}
