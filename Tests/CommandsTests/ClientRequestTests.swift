import Commands
import Testing

/// What is asked about connections, as it is read.
@Suite struct ClientRequestTests {
  private func failure(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch let error as CommandError {
      return error.text
    } catch {
      return "\(error)"
    }
  }

  private func kill(_ text: String) throws -> ClientFilter {
    try ClientFilter(kill: words("CLIENT KILL " + text), isUser: { $0 == "default" })
  }

  private var sample: ClientDescription {
    var client = ClientDescription(id: 7, address: "127.0.0.1:5000", localAddress: "127.0.0.1:6379")
    client.age = 10
    return client
  }

  @Test(arguments: [
    ("1.1.1.1:1 x", "ERR syntax error"), ("id", nil), ("id 0", "ERR client-id should be greater than 0"),
    ("id x", "ERR client-id should be greater than 0"), ("id 1 addr", "ERR syntax error"),
    ("type x", "ERR Unknown client type 'x'"), ("user x", "ERR No such user 'x'"),
    ("maxage x", "ERR maxage is not an integer or out of range"),
    ("maxage 0", "ERR maxage should be greater than 0"), ("skipme maybe", "ERR syntax error"),
    ("id 1 type replica user default addr a laddr b skipme no maxage 3", nil),
  ])
  func `CLIENT KILL is read as Redis reads it`(text: String, error: String?) {
    #expect(failure { _ = try kill(text) } == error)
  }

  @Test(arguments: [
    ("127.0.0.1:5000", true), ("127.0.0.1:5001", false), ("id 7", true), ("id 8", false),
    ("addr 127.0.0.1:5000 laddr 127.0.0.1:6379", true), ("laddr 127.0.0.1:5000", false),
    ("type normal user default", true), ("type pubsub", false), ("maxage 10", true), ("maxage 11", false),
    ("id 7 maxage 11", false),
  ])
  func `all filters of CLIENT KILL must match`(text: String, matches: Bool) throws {
    #expect(try kill(text).matches(sample, caller: 1) == matches)
  }

  @Test func `the connection that asks is spared by the new form unless it says otherwise`() throws {
    #expect(try !kill("id 7").matches(sample, caller: 7))
    #expect(try kill("id 7 skipme no").matches(sample, caller: 7))
    #expect(try kill("127.0.0.1:5000").matches(sample, caller: 7))
  }

  @Test(arguments: [
    ("", nil), (" type normal", nil), (" type x", "ERR Unknown client type 'x'"),
    (" id 1 2", nil), (" id x", "ERR Invalid client ID"), (" id", "ERR syntax error"),
    (" x", "ERR syntax error"), (" type normal id 1", "ERR syntax error"),
  ])
  func `CLIENT LIST is read as Redis reads it`(text: String, error: String?) {
    #expect(failure { _ = try ClientFilter(list: words("CLIENT LIST" + text)) } == error)
  }

  @Test func `a line of CLIENT LIST has the fields of Redis in its order`() {
    var client = sample
    client.name = Array("worker".utf8)
    client.command = "client|list"
    client.flags = "b"
    client.version = 3
    let fields = client.line.split(separator: " ").map { $0.prefix { $0 != "=" } }
    #expect(
      fields.joined(separator: " ")
        == "id addr laddr fd name age idle flags db sub psub ssub multi watch qbuf qbuf-free argv-mem multi-mem rbs "
        + "rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver")
    #expect(client.line.hasPrefix("id=7 addr=127.0.0.1:5000 laddr=127.0.0.1:6379 fd=-1 name=worker age=10 "))
    #expect(client.line.contains(" flags=b ") && client.line.contains(" cmd=client|list user=default "))
  }

  @Test(arguments: [
    ("1", nil), ("1 WRITE", nil), ("1 all", nil), ("x", "ERR timeout is not an integer or out of range"),
    ("-1", "ERR timeout is negative"), ("1 x", "ERR CLIENT PAUSE mode must be WRITE or ALL"),
    (
      "1 all x",
      "ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP."
    ),
  ])
  func `CLIENT PAUSE is read as Redis reads it`(text: String, error: String?) {
    #expect(failure { _ = try PauseRequest(words("CLIENT PAUSE " + text)) } == error)
  }

  @Test(arguments: [
    ("WAIT 1 0", nil), ("WAIT -1 0", nil), ("WAIT x 0", "ERR value is not an integer or out of range"),
    ("WAIT 1 x", "ERR timeout is not an integer or out of range"), ("WAIT 1 -1", "ERR timeout is negative"),
    ("WAIT 1 9223372036854775807", "ERR timeout is out of range"), ("WAITAOF 1 1 0", nil),
    ("WAITAOF 2 1 0", "ERR value is out of range, value must between 0 and 1"),
    ("WAITAOF 0 -1 0", "ERR value is out of range, must be positive"),
  ])
  func `WAIT and WAITAOF are read as Redis reads them`(text: String, error: String?) {
    #expect(failure { _ = try WaitRequest(words(text)) } == error)
  }

  @Test func `WAIT tells of slaves, and WAITAOF of this node too`() throws {
    let wait = try WaitRequest(words("WAIT 2 100"))
    #expect(!wait.isMet(slaves: 1, local: true) && wait.isMet(slaves: 2, local: false))
    #expect(wait.reply(slaves: 3, local: true) == .integer(3))
    let both = try WaitRequest(words("WAITAOF 1 0 100"))
    #expect(!both.isMet(slaves: 3, local: false) && both.isMet(slaves: 0, local: true))
    #expect(both.reply(slaves: 3, local: true) == .array([.integer(1), .integer(3)]))
  }

  @Test func `there is one database, and no key goes to another`() {
    let outside = Reply.error("ERR DB index is out of range")
    #expect(SessionReplies.swapDatabases(words("SWAPDB 0 0")) == .ok)
    #expect(SessionReplies.swapDatabases(words("SWAPDB 0 1")) == outside)
    #expect(SessionReplies.swapDatabases(words("SWAPDB x 0")) == .error("ERR invalid first DB index"))
    #expect(SessionReplies.swapDatabases(words("SWAPDB 0 x")) == .error("ERR invalid second DB index"))
    #expect(SessionReplies.move(words("MOVE k 1")) == outside)
    #expect(
      SessionReplies.move(words("MOVE k 0")) == .error("ERR source and destination objects are the same"))
    #expect(SessionReplies.move(words("MOVE k x")) == notAnInteger)
  }
}
