import Commands
import Testing

@testable import Access

@Suite("What a user may do")
struct PermissionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var rules: String
    var request: String
    var denial: Denial?
    var testDescription: String { "\(rules): \(request)" }

    init(_ rules: String, _ request: String, _ denial: Denial? = nil) {
      self.rules = rules
      self.request = request
      self.denial = denial
    }
  }

  static func key(_ text: String) -> Denial { .key(Array(text.utf8)) }

  static let cases = [
    Case("", "GET a", .command),
    Case("+get", "GET a", key("a")),
    Case("+get ~a", "GET a"),
    Case("+get ~a", "GET ab", key("ab")),
    Case("+get ~a*", "GET ab"),
    Case("+get ~a[0-9]", "GET a7"),
    Case("+get ~a[0-9]", "GET ax", key("ax")),
    Case("+get ~*", "SET a 1", .command),
    Case("+@all ~x:*", "MSET x:1 v y v", key("y")),
    Case("+@all ~x:*", "MSET x:1 y x:2 y"),
    Case("+@all ~x:*", "DEL x:1 x:2 z", key("z")),
    Case("+@all %R~a", "GET a"),
    Case("+@all %R~a", "SET a 1", key("a")),
    Case("+@all %R~a", "DEL a", key("a")),
    Case("+@all %R~a", "EXISTS a"),
    Case("+@all %W~a", "SET a 1"),
    Case("+@all %W~a", "SET a 1 EX 10 get", key("a")),
    Case("+@all %W~a", "SET a get"),
    Case("+@all %W~a", "GET a", key("a")),
    Case("+@all %W~a", "GETDEL a", key("a")),
    Case("+@all %R~a %W~a*", "GETDEL a", key("a")),
    Case("+@all %RW~a", "GETDEL a"),
    Case("+@read ~*", "GET a"),
    Case("+@read ~*", "SET a 1", .command),
    Case("+@write ~*", "SET a 1"),
    Case("+@write ~*", "GET a", .command),
    Case("+@string -set ~*", "SET a 1", .command),
    Case("-@all +@read +ping", "PING"),
    Case("+@all -@dangerous ~*", "KV.ADMIN TRANSFER", .command),
    Case("+@all -@admin ~*", "KV.ADMIN TRANSFER", .command),
    Case("+@all -@admin", "ACL SETUSER u +@all", .command),
    Case("+@all -@admin", "ACL WHOAMI"),
    Case("+@all -@admin", "CONFIG GET x", .command),
    Case("+@admin", "CONFIG GET x"),
    Case("+config", "CONFIG GET x"),
    Case("+config|get", "CONFIG GET x"),
    Case("+config|get", "CONFIG SET x y", .command),
    Case("+@all -config|set", "CONFIG SET x y", .command),
    Case("+@all -config|set", "CONFIG GET x"),
    Case("+@all -config +config|get", "CONFIG GET x"),
    Case("+select|0", "SELECT 0"),
    Case("+select|0", "SELECT 1", .command),
    Case("-@all", "AUTH x"),
    Case("-@all", "HELLO 3"),
    Case("-@all", "QUIT"),
    Case("+get ~a (+set ~b)", "GET a"),
    Case("+get ~a (+set ~b)", "SET b 1"),
    Case("+get ~a (+set ~b)", "SET a 1", key("a")),
    Case("+get ~a (+set ~b)", "GET b", key("b")),
    Case("+get ~a (+set ~b)", "DEL b", .command),
    Case("+set (+get ~b)", "GET a", key("a")),
  ]

  @Test("A command is allowed or refused by the rules", arguments: cases)
  func permission(_ example: Case) throws {
    var user = User(name: Array("u".utf8))
    try user.apply(words(example.rules), .standard)
    #expect(user.denial(of: try command(example.request), words(example.request)) == example.denial)
  }

  @Test("Only a user without any rule that forbids something is unrestricted")
  func unrestricted() throws {
    let open = User.unrestricted(User.defaultName)
    #expect(open.isUnrestricted && open.accepts([]))
    for rule in ["resetkeys", "resetchannels", "-get", "-@all", "+@all -get +get"] {
      var user = open
      try user.apply(words(rule), .standard)
      #expect(!user.isUnrestricted, "\(rule)")
    }
  }

  @Test("A user who may do everything is denied nothing")
  func everything() {
    for command in CommandTable.standard.commands.flatMap({ [$0] + $0.subcommands }) {
      let arguments = Array(repeating: Array("x".utf8), count: abs(command.arity))
      #expect(User.unrestricted(User.defaultName).denial(of: command, arguments) == nil)
    }
  }

  @Test("A refusal does not name the key, and an admin's explanation does")
  func texts() {
    let user = Array("bob".utf8)
    let denied = Self.key("k")
    #expect(denied.reply(user: user, command: "get") == "NOPERM No permissions to access a key")
    #expect(
      Denial.command.reply(user: user, command: "config|set")
        == "NOPERM User bob has no permissions to run the 'config|set' command")
    #expect(
      Denial.channel([]).reply(user: user, command: "publish") == "NOPERM No permissions to access a channel")
    #expect(
      denied.explanation(user: user, command: "get") == "User bob has no permissions to access the 'k' key")
  }

  private func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }

  private func command(_ request: String) throws -> Command {
    guard case .command(let command) = CommandTable.standard.resolve(words(request)) else {
      throw CommandError("there is no command for \(request)")
    }
    return command
  }
}
