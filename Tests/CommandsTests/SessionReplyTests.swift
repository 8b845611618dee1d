import Commands
import Testing

@Suite struct SessionReplyTests {
  let table = CommandTable.standard

  func command(_ text: String) -> Reply { table.reply(toCommand: words(text)) }

  @Test func `COMMAND INFO says of GET what Redis says`() {
    let specification = Reply.fields([
      "flags": .set([.simple("RO"), .simple("access")]),
      "begin_search": .fields(["type": .text("index"), "spec": .fields(["index": .integer(1)])]),
      "find_keys": .fields([
        "type": .text("range"),
        "spec": .fields(["lastkey": .integer(0), "keystep": .integer(1), "limit": .integer(0)]),
      ]),
    ])
    let get = Reply.array([
      .text("get"), .integer(2), .set([.simple("readonly"), .simple("fast")]), .integer(1), .integer(1),
      .integer(1), .set([.simple("@read"), .simple("@string"), .simple("@fast")]), .set([]),
      .set([specification]), .set([]),
    ])
    #expect(command("COMMAND INFO get foo") == .array([get, .nullArray]))
  }

  @Test func `COMMAND and COMMAND INFO without names tell of all commands`() {
    guard case .array(let all) = command("COMMAND") else {
      Issue.record("COMMAND does not answer an array")
      return
    }
    #expect(command("COMMAND COUNT") == .integer(Int64(all.count)))
    #expect(command("COMMAND INFO") == .array(all))
  }

  @Test func `COMMAND DOCS says of MGET what Redis says`() {
    let key = Reply.fields([
      "name": .text("key"), "type": .text("key"), "key_spec_index": .integer(0),
      "flags": .set([.simple("multiple")]),
    ])
    let mget = Reply.fields([
      "summary": .text("Get the values of all the given keys"), "since": .text("1.0.0"),
      "group": .text("string"), "complexity": .text("O(N) where N is the number of keys to retrieve."),
      "arguments": .array([key]),
    ])
    #expect(command("COMMAND DOCS MGET foo") == .fields(["mget": mget]))
  }

  @Test func `COMMAND GETKEYS finds keys or says why not`() {
    #expect(command("COMMAND GETKEYS MSET a 1 b 2") == .array([.text("a"), .text("b")]))
    #expect(command("COMMAND GETKEYS foo a") == .error("ERR Invalid command specified"))
    #expect(command("COMMAND GETKEYS ping a") == .error("ERR The command has no key arguments"))
    #expect(
      command("COMMAND GETKEYS get a b")
        == .error("ERR Invalid number of arguments specified for command"))
  }

  @Test func `COMMAND LIST may be filtered`() {
    #expect(
      command("COMMAND LIST FILTERBY PATTERN client|set*")
        == .array([.text("client|setname"), .text("client|setinfo")]))
    #expect(command("COMMAND LIST FILTERBY MODULE x") == .array([]))
    #expect(command("COMMAND LIST FILTERBY x y") == .error("ERR syntax error"))
    #expect(command("COMMAND LIST x") == .error("ERR syntax error"))
  }

  @Test func `CONFIG GET answers the parameters that match a pattern, once`() {
    let parameters = [("save", ""), ("appendonly", "yes"), ("databases", "1")]
    func get(_ text: String) -> Reply {
      SessionReplies.configGet(words(text), parameters: parameters.map { ConfigurationParameter($0.0, $0.1) })
    }
    #expect(
      get("CONFIG GET s?v* SAVE appendonly") == .fields(["save": .text(""), "appendonly": .text("yes")]))
    #expect(get("CONFIG GET nothing") == .map([]))
  }

  @Test func `HELP tells of every subcommand`() throws {
    guard case .array(let lines) = command("COMMAND HELP") else {
      Issue.record("COMMAND HELP does not answer an array")
      return
    }
    #expect(lines.first == .simple("COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"))
    #expect(lines.contains(.simple("COUNT")))
    #expect(lines.contains(.simple("INFO [<command-name> [<command-name> ...]]")))
  }

  @Test func `PING and SELECT answer like Redis with one database`() {
    #expect(SessionReplies.ping(words("PING")) == .simple("PONG"))
    #expect(SessionReplies.ping(words("PING x")) == .text("x"))
    #expect(
      SessionReplies.ping(words("PING x y")) == .error("ERR wrong number of arguments for 'ping' command"))
    #expect(SessionReplies.select(words("SELECT 0")) == .ok)
    #expect(SessionReplies.select(words("SELECT 1")) == .error("ERR DB index is out of range"))
    #expect(SessionReplies.select(words("SELECT x")) == notAnInteger)
  }

  @Test func `HELLO is read with its options`() throws {
    let request = try HelloRequest(words("HELLO 3 AUTH u p SETNAME me"))
    #expect(request.version == 3)
    #expect(request.credentials == .init(user: Array("u".utf8), password: Array("p".utf8)))
    #expect(request.clientName == Array("me".utf8))
    #expect(try HelloRequest(words("HELLO")).version == nil)
  }

  static let refusedHellos: [(command: String, error: String)] = [
    ("HELLO 4", "NOPROTO unsupported protocol version"),
    ("HELLO x", "ERR Protocol version is not an integer or out of range"),
    ("HELLO 3 foo", "ERR Syntax error in HELLO option 'foo'"),
    ("HELLO 3 AUTH a", "ERR Syntax error in HELLO option 'AUTH'"),
    ("HELLO 3 SETNAME \u{7F}", "ERR Client names cannot contain spaces, newlines or special characters."),
  ]

  @Test(arguments: refusedHellos)
  func `a HELLO that is wrong is refused in the words of Redis`(command: String, error: String) {
    #expect(throws: CommandError(error)) { try HelloRequest(words(command)) }
  }
}

extension Reply {
  fileprivate func isArray(of count: Int) -> Bool {
    if case .array(let elements) = self { return elements.count == count }
    return false
  }
}
