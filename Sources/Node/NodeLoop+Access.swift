import Access
import Commands
import Foundation
import Logging
import Serving

// Who is on a connection, and what they may do (schema: Redis' access lists).

extension NodeLoop {
  static let notLoggedIn = Reply.error("NOAUTH Authentication required.")
  private static let wrongPassword = Reply.error(
    "WRONGPASS invalid username-password pair or user is disabled.")

  /// The one place where permission is given or refused.
  func authorize(_ command: Command, _ arguments: [[UInt8]], for session: Session) -> Reply? {
    guard let client = clients[session.id] else { return Self.notLoggedIn }
    guard let user = client.user else {
      // HELLO says more about it by itself.
      return command.flags.contains(.noAuth) ? nil : Self.notLoggedIn
    }
    guard let denial = user.denial(of: command, arguments) else { return nil }
    let (reason, object) = denial.logged
    note(reason, object ?? Array(command.name.utf8), user.name, client)
    return .error(denial.reply(user: user.name, command: command.name))
  }

  private func note(
    _ reason: AccessLog.Reason, _ object: [UInt8], _ user: [UInt8], _ client: ClientHandler
  ) {
    accessLog.note(
      reason, object: object, user: user, client: client.description.line, inTransaction: false,
      at: BootClock.wallMilliseconds())
  }

  // MARK: Logging in

  func authenticate(_ arguments: [[UInt8]], _ client: ClientHandler) -> Reply {
    do throws(CommandError) {
      let credentials = try HelloRequest.Credentials(authArguments: arguments)
      if arguments.count == 2, users.anybody != nil {
        return .error(
          "ERR AUTH <password> called without any password configured for the default user. "
            + "Are you sure your configuration is correct?")
      }
      return logIn(credentials, client, by: "AUTH") ?? .ok
    } catch {
      return .error(error.text)
    }
  }

  /// Lets a client be the user that it names; returns the refusal if the password is wrong.
  func logIn(_ login: HelloRequest.Credentials, _ client: ClientHandler, by command: String) -> Reply? {
    guard let user = users.authenticate(login.user, login.password) else {
      note(.auth, Array(command.utf8), login.user, client)
      return Self.wrongPassword
    }
    client.user = user
    return nil
  }

  var users: UserList {
    _read { yield credentials.users }
    _modify { yield &credentials.users }
  }

  /// Puts another list in the place of the one in force; who is not on it any more is cut off.
  func replaceUsers(_ list: UserList) {
    users = list
    for client in clients.values {
      guard let name = client.user?.name, !client.isNode else { continue }
      if let user = list.user(name) { client.user = user } else { client.cutOff() }
    }
  }

  // MARK: ACL

  func aboutUsers(_ command: Command, _ arguments: [[UInt8]], _ client: ClientHandler) -> Reply {
    switch command.name {
    case "acl|whoami": .bulk(client.user?.name ?? User.defaultName)
    case "acl|users": .array(users.all.map { .bulk($0.name) })
    case "acl|list": .array(users.all.map { .bulk($0.line) })
    case "acl|getuser": users.user(arguments[2])?.reply ?? .null
    case "acl|setuser": changeUser(arguments)
    case "acl|deluser": removeUsers(Array(arguments[2...]))
    case "acl|cat": AccessReplies.categories(arguments, table)
    case "acl|genpass": AccessReplies.password(arguments)
    case "acl|dryrun": AccessReplies.dryRun(arguments, users, table)
    case "acl|load": loadUsers()
    case "acl|save": saveUsers()
    case "acl|log": log(arguments)
    default: SessionReplies.help(table.command(named: Array("acl".utf8)) ?? command)
    }
  }

  private func changeUser(_ arguments: [[UInt8]]) -> Reply {
    guard AccessReplies.isUserName(arguments[2]) else {
      return .error("ERR Usernames can't contain spaces or null characters")
    }
    do throws(RuleFailure) {
      let user = try users.change(arguments[2], Array(arguments[3...]))
      for client in clients.values where client.user?.name == user.name && !client.isNode {
        client.user = user
      }
      return .ok
    } catch {
      return .error(error.text)
    }
  }

  /// Whether a session is subscribed to what its user may not hear any more: it is closed then, as Redis does.
  func listensTooFar(_ session: Session, _ user: User) -> Bool {
    let subscriptions = audience.subscriptions
    return subscriptions.names(of: session.id, as: .channel).contains {
      !user.mayListen(to: $0, isPattern: false)
    }
      || subscriptions.names(of: session.id, as: .pattern).contains {
        !user.mayListen(to: $0, isPattern: true)
      }
  }

  private func removeUsers(_ names: [[UInt8]]) -> Reply {
    guard !names.contains(User.defaultName) else {
      return .error("ERR The 'default' user cannot be removed")
    }
    var removed: Int64 = 0
    for name in names where users.remove(name) {
      removed += 1
      for client in clients.values where client.user?.name == name && !client.isNode { client.cutOff() }
    }
    return .integer(removed)
  }

  private func loadUsers() -> Reply {
    guard configuration.security.usersFile != nil else { return Self.noUsersFile }
    do {
      let list = try Credentials.users(configuration.security)
      try configuration.security.validate(list, listen: listenAddress)
      replaceUsers(list)
      return .ok
    } catch {
      return .error(
        "ERR \(error). WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
      )
    }
  }

  private func saveUsers() -> Reply {
    guard let path = configuration.security.usersFile else { return Self.noUsersFile }
    do {
      try Credentials.save(users, to: path)
      return .ok
    } catch {
      logger.error("cannot save the users: \(error)")
      return .error(
        "ERR There was an error trying to save the ACLs. Please check the server logs for more information")
    }
  }

  private static let noUsersFile = Reply.error(
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL "
      + "SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in "
      + "order to store users in the Redis configuration.")

  private func log(_ arguments: [[UInt8]]) -> Reply {
    var count = 10
    guard arguments.count <= 3 else { return AccessReplies.tooMany(arguments) }
    if arguments.count > 2 {
      if String(decoding: arguments[2], as: UTF8.self).lowercased() == "reset" {
        accessLog.reset()
        return .ok
      }
      guard let wanted = Int(String(decoding: arguments[2], as: UTF8.self)) else {
        return .error("ERR value is not an integer or out of range")
      }
      count = max(0, wanted)
    }
    return accessLog.reply(count: count, at: BootClock.wallMilliseconds())
  }
}
