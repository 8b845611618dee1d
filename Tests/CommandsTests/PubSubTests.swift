import Commands
import Testing

@Suite struct PubSubReplyTests {
  private func command(_ text: String) throws -> Command {
    guard case .command(let command) = CommandTable.standard.resolve(words(text)) else {
      throw CommandError("no such command: \(text)")
    }
    return command
  }

  @Test func `a subscriber of version 2 may send only what ends its being one`() throws {
    for text in ["SUBSCRIBE a", "PSUBSCRIBE a", "UNSUBSCRIBE", "PUNSUBSCRIBE", "PING", "QUIT", "RESET"] {
      #expect(try command(text).refusalToSubscribers == nil)
    }
    let tail = ": only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
    #expect(try command("GET a").refusalToSubscribers == .error("ERR Can't execute 'get'" + tail))
    #expect(
      try command("CONFIG GET a").refusalToSubscribers == .error("ERR Can't execute 'config|get'" + tail))
    #expect(try command("HELLO 3").refusalToSubscribers == .error("ERR Can't execute 'hello'" + tail))
  }

  @Test func `a monitor may not touch keys`() throws {
    for text in ["GET a", "SET a b", "PUBLISH a b"] {
      #expect(try command(text).refusalToMonitors == .error("ERR Replica can't interact with the keyspace"))
    }
    #expect(try command("PING").refusalToMonitors == nil)
    #expect(try command("SUBSCRIBE a").refusalToMonitors == nil)
  }

  @Test func `PING in a subscription answers an array`() {
    #expect(PubSubReplies.ping(words("PING")) == .array([.text("pong"), .text("")]))
    #expect(PubSubReplies.ping(words("PING z")) == .array([.text("pong"), .text("z")]))
    #expect(
      PubSubReplies.ping(words("PING a b")) == .error("ERR wrong number of arguments for 'ping' command"))
  }

  @Test func `subscriptions of shards do not exist`() {
    for text in ["SSUBSCRIBE a", "SUNSUBSCRIBE", "SPUBLISH a b"] {
      guard case .refused(.error(let error)) = CommandTable.standard.resolve(words(text)) else {
        Issue.record("\(text) is a command")
        continue
      }
      #expect(error.hasPrefix("ERR unknown command"))
    }
  }
}

@Suite struct KeyEventTests {
  @Test(
    "The letters are shown as Redis shows them",
    arguments: [
      ("A", "A"), ("AKE", "AKE"), ("KEA", "AKE"), ("AKEm", "AKEm"), ("KEg$", "g$KE"), ("g$lshzxetdK", "AK"),
      ("KElshn", "lshnKE"), ("m", "m"), ("", ""),
    ])
  func letters(given: String, shown: String) throws {
    #expect(try #require(KeyEventFlags(letters: given)).description == shown)
  }

  @Test func `another letter is refused`() {
    #expect(KeyEventFlags(letters: "q") == nil)
    #expect(KeyEventFlags(letters: "KEé") == nil)
  }

  @Test func `an event is published where the flags say`() throws {
    func channels(_ letters: String, _ event: KeyEvent) throws -> [String] {
      try #require(KeyEventFlags(letters: letters)).isPublishing
        ? event.messages(try #require(KeyEventFlags(letters: letters))).map {
          String(decoding: $0.channel, as: UTF8.self) + " " + String(decoding: $0.payload, as: UTF8.self)
        } : []
    }
    let set = KeyEvent(kind: .string, name: "set", key: Array("foo".utf8))
    #expect(try channels("KEA", set) == ["__keyspace@0__:foo set", "__keyevent@0__:set foo"])
    #expect(try channels("E$", set) == ["__keyevent@0__:set foo"])
    #expect(try channels("Kg", set) == [])
    #expect(try channels("A", set) == [], "neither K nor E")
    #expect(try channels("KE", set) == [], "no kind of events")
    let new = KeyEvent(kind: .new, name: "new", key: [1])
    #expect(try channels("KEA", new) == [], "A leaves new keys out")
    #expect(try channels("En", new).count == 1)
    #expect(try channels("Km", KeyEvent(kind: .keyMiss, name: "keymiss", key: [1])).count == 1)
  }
}

@Suite struct MonitorLineTests {
  private func line(_ arguments: [[UInt8]], at time: Int64 = 1_339_518_083_107_412) -> String? {
    guard case .command(let command) = CommandTable.standard.resolve(arguments) else { return nil }
    return MonitorLine.text(of: command, arguments, microsecondsOfUnixTime: time, client: "127.0.0.1:60866")
  }

  @Test func `a command is shown as Redis shows it`() {
    #expect(line(words("keys *")) == #"1339518083.107412 [0 127.0.0.1:60866] "keys" "*""#)
    #expect(line(words("PING"), at: 5_000_042) == #"5.000042 [0 127.0.0.1:60866] "PING""#)
    let binary: [UInt8] = [0, 7, 8, 9, 10, 13, 34, 92, 65, 0x7F, 0xC3, 0xBC]
    #expect(
      line([Array("ECHO".utf8), binary])?.hasSuffix(#""ECHO" "\x00\a\b\t\n\r\"\\A\x7f\xc3\xbc""#) == true)
  }

  @Test func `no secret is shown`() {
    #expect(line(words("AUTH bob secret"))?.hasSuffix(#""AUTH" "(redacted)" "(redacted)""#) == true)
    #expect(
      line(words("HELLO 3 AUTH bob secret SETNAME x"))?.contains("secret") == false,
      "what follows AUTH is hidden")
    #expect(line(words("HELLO 3 SETNAME x"))?.hasSuffix(#""HELLO" "3" "SETNAME" "x""#) == true)
    #expect(line(words("CONFIG SET requirepass secret")) == nil, "commands on the server are not shown")
  }
}
