import Commands

/// The answers to the subcommands of ACL that change nothing.
public enum AccessReplies {
  /// Whether a user may have this name.
  public static func isUserName(_ name: [UInt8]) -> Bool { !name.contains(where: \.isBlank) }

  /// The answer to ACL CAT.
  public static func categories(_ arguments: [[UInt8]], _ table: CommandTable) -> Reply {
    guard arguments.count > 2 else {
      return .array(Command.allCategories.map { .text(String($0.dropFirst())) })
    }
    guard arguments.count == 3 else { return tooMany(arguments) }
    let category = "@" + String(decoding: arguments[2], as: UTF8.self).lowercased()
    guard Command.allCategories.contains(category) else {
      return .error("ERR Unknown category '\(String(decoding: arguments[2].prefix(128), as: UTF8.self))'")
    }
    let commands = table.commands.flatMap { [$0] + $0.subcommands }
    return .array(commands.filter { $0.categories.contains(category) }.map { .text($0.name) })
  }

  /// More arguments than a subcommand takes, of which Redis speaks in other words than elsewhere.
  public static func tooMany(_ arguments: [[UInt8]]) -> Reply {
    let word = String(decoding: arguments[1].prefix(128), as: UTF8.self)
    return .error("ERR unknown subcommand or wrong number of arguments for '\(word)'. Try ACL HELP.")
  }

  /// The answer to ACL GENPASS: so many bits of randomness in hexadecimal digits, 256 unless told.
  public static func password(_ arguments: [[UInt8]]) -> Reply {
    var bits = 256
    if arguments.count > 2 {
      guard let wanted = Int(String(decoding: arguments[2], as: UTF8.self)) else {
        return .error("ERR value is not an integer or out of range")
      }
      bits = wanted
    }
    guard arguments.count <= 3 else { return tooMany(arguments) }
    guard (1...4_096).contains(bits) else {
      return .error(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096"
      )
    }
    var generator = SystemRandomNumberGenerator()
    let digits = Array("0123456789abcdef".utf8)
    return .bulk((0..<(bits + 3) / 4).map { _ in digits.randomElement(using: &generator) ?? digits[0] })
  }

  /// The answer to ACL DRYRUN.
  public static func dryRun(_ arguments: [[UInt8]], _ users: UserList, _ table: CommandTable) -> Reply {
    let request = Array(arguments[3...])
    guard let user = users.user(arguments[2]) else {
      return .error("ERR User '\(String(decoding: arguments[2].prefix(128), as: UTF8.self))' not found")
    }
    switch table.resolve(request) {
    case .refused(let reply):
      if case .error(let text) = reply, text.hasPrefix("ERR unknown") {
        return .error("ERR Command '\(String(decoding: request[0].prefix(128), as: UTF8.self))' not found")
      }
      return reply
    case .command(let command):
      guard let denial = user.denial(of: command, request) else { return .ok }
      return .text(denial.explanation(user: user.name, command: command.name))
    }
  }
}
