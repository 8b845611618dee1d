import Commands
import Testing

@Suite struct CommandTableTests {
  let table = CommandTable.standard

  static let refusals: [(command: String, error: String)] = [
    ("foo", "ERR unknown command 'foo', with args beginning with: "),
    ("foo a b", "ERR unknown command 'foo', with args beginning with: 'a' 'b' "),
    ("GET", "ERR wrong number of arguments for 'get' command"),
    ("Get a b", "ERR wrong number of arguments for 'get' command"),
    ("SET k", "ERR wrong number of arguments for 'set' command"),
    ("KV.GET", "ERR wrong number of arguments for 'kv.get' command"),
    ("CLIENT", "ERR wrong number of arguments for 'client' command"),
    ("CLIENT foo", "ERR unknown subcommand 'foo'. Try CLIENT HELP."),
    ("CLIENT SETNAME", "ERR wrong number of arguments for 'client|setname' command"),
    ("CONFIG GET", "ERR wrong number of arguments for 'config|get' command"),
    ("COMMAND COUNT 1", "ERR wrong number of arguments for 'command|count' command"),
  ]

  @Test(arguments: refusals)
  func `what is not a command is refused in the words of Redis`(command: String, error: String) throws {
    #expect(try evaluate(command) == Outcome(reply: .error(error)))
  }

  @Test func `the error for an unknown command shows only the first bytes`() throws {
    let long = String(repeating: "a", count: 200)
    let outcome = try evaluate("\(long) b \(long) c")
    let (name, argument) = (long.prefix(128), long.prefix(124))
    #expect(
      outcome.reply
        == .error("ERR unknown command '\(name)', with args beginning with: 'b' '\(argument)' "))
  }

  @Test func `every command is found by its name in either case`() {
    for command in table.commands {
      #expect(table.command(named: Array(command.name.utf8)) === command)
      #expect(table.command(named: Array(command.name.uppercased().utf8)) === command)
    }
    #expect(table.command(named: []) == nil)
    #expect(table.command(named: [UInt8](repeating: 0, count: 10_000)) == nil)
    // Differs from "GET" in the bit that tells small letters from capitals, but is not a letter.
    #expect(table.command(named: Array("KV\u{E}GET".utf8)) == nil)
  }

  @Test func `a request for a subcommand resolves to it`() throws {
    guard case .command(let command) = table.resolve(words("client SetName x")) else {
      Issue.record("CLIENT SETNAME is not found")
      return
    }
    #expect(command.name == "client|setname")
    #expect(command.kind == .session)
  }

  @Test func `a declaration does not contradict itself`() {
    for command in table.commands + table.commands.flatMap(\.subcommands) {
      #expect(command.name == command.name.lowercased())
      #expect(!command.flags.isSuperset(of: [.write, .readonly]))
      #expect(command.kind != .data || command.flags.contains(.write) || command.flags.contains(.readonly))
      if let keys = command.keys {
        #expect(command.accepts(argumentCount: max(abs(command.arity), keys.first + 1)))
      }
    }
  }

  @Test func `a session command cannot be evaluated`() throws {
    #expect(try evaluate("PING").reply == .error("ERR 'ping' needs a connection to a node"))
  }

  @Test func `the keys of a command are found`() throws {
    let mset = try #require(table.command(named: Array("mset".utf8)))
    #expect(mset.keys(in: words("MSET a 1 b 2")) == words("a b"))
    let ping = try #require(table.command(named: Array("ping".utf8)))
    #expect(ping.keys(in: words("PING a")) == [])
  }
}
