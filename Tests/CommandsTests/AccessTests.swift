import Testing

@testable import Commands

@Suite("What follows from a declaration for those who may not do everything")
struct AccessTests {
  @Test(
    "A command is in the categories in which Redis has it",
    arguments: [
      ("ping", "@fast @connection"), ("get", "@read @string @fast"), ("set", "@write @string @slow"),
      ("del", "@keyspace @write @slow"), ("exists", "@keyspace @read @fast"),
      ("ttl", "@keyspace @read @fast"),
      ("keys", "@keyspace @read @slow @dangerous"), ("dbsize", "@keyspace @read @fast"),
      ("auth", "@fast @connection"), ("client", "@slow"), ("client|id", "@slow @connection"),
      ("client|kill", "@admin @slow @dangerous @connection"), ("config", "@slow"),
      ("config|get", "@admin @slow @dangerous"), ("info", "@slow @dangerous"),
      ("role", "@admin @fast @dangerous"), ("time", "@fast"), ("command", "@slow @connection"),
      ("command|docs", "@slow @connection"), ("acl", "@slow"), ("acl|whoami", "@slow"),
      ("acl|setuser", "@admin @slow @dangerous"), ("acl|genpass", "@slow"),
      ("kv.admin", "@admin @slow @dangerous"), ("kv.get", "@read @string @fast"),
    ])
  func categories(_ name: String, _ expected: String) throws {
    let command = try #require(CommandTable.standard.command(fullName: Array(name.utf8)))
    #expect(Set(command.categories) == Set(expected.split(separator: " ").map(String.init)))
  }

  @Test("Every category is one that ACL CAT names")
  func known() {
    for command in CommandTable.standard.commands.flatMap({ [$0] + $0.subcommands }) {
      #expect(Set(command.categories).isSubset(of: Command.allCategories), "\(command.name)")
    }
  }

  @Test(
    "A request is shown without the passwords in it",
    arguments: [
      ("AUTH secret", "AUTH (redacted)"), ("auth bob secret", "auth (redacted) (redacted)"),
      ("HELLO 3 AUTH bob secret SETNAME x", "HELLO 3 AUTH (redacted) (redacted) (redacted) (redacted)"),
      ("HELLO 3", "HELLO 3"), ("ACL SETUSER bob on >secret", "ACL SETUSER (redacted) (redacted) (redacted)"),
      ("ACL WHOAMI", "ACL WHOAMI"), ("CONFIG SET requirepass secret", "CONFIG SET requirepass (redacted)"),
      ("CONFIG GET requirepass", "CONFIG GET requirepass"), ("SET auth hello", "SET auth hello"),
    ])
  func redaction(_ request: String, _ shown: String) throws {
    let arguments = request.split(separator: " ").map { Array($0.utf8) }
    guard case .command(let command) = CommandTable.standard.resolve(arguments) else {
      throw CommandError("there is no command for \(request)")
    }
    #expect(command.redacted(arguments).map(\.lossyText).joined(separator: " ") == shown)
  }
}
