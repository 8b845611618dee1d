import Kvorum
import Processes
import Testing

extension IntegrationTests {
  @Suite(.timeLimit(.minutes(2)))
  struct PubSubTests {
    @Test func `a connection of version 2 that subscribes is answered as Redis answers it`() async throws {
      try await withCluster(slaves: 1) { cluster in
        let client = try await cluster.primary.connect()
        func send(_ text: String) async throws {
          try await client.send(RESPConnection.encode(text.split(separator: " ").map { Array($0.utf8) }))
        }
        func confirmation(_ kind: String, _ name: String?, _ count: Int64) -> RawReply {
          .array([.text(kind), name.map { .text($0) } ?? .null, .integer(count)])
        }
        let tail =
          ": only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
        for text in [
          "SUBSCRIBE a a b", "PSUBSCRIBE p*", "GET x", "PING z", "UNSUBSCRIBE a", "PUNSUBSCRIBE",
          "UNSUBSCRIBE",
          "UNSUBSCRIBE", "GET nokey", "SUBSCRIBE a", "RESET", "GET nokey",
        ] {
          try await send(text)
        }
        let replies = try await client.receive(14, within: .seconds(10))
        #expect(
          replies == [
            confirmation("subscribe", "a", 1), confirmation("subscribe", "a", 1),
            confirmation("subscribe", "b", 2), confirmation("psubscribe", "p*", 3),
            .error("ERR Can't execute 'get'" + tail), .array([.text("pong"), .text("z")]),
            confirmation("unsubscribe", "a", 2), confirmation("punsubscribe", "p*", 1),
            confirmation("unsubscribe", "b", 0), confirmation("unsubscribe", nil, 0), .null,
            confirmation("subscribe", "a", 1), .simple("RESET"), .null,
          ])
      }
    }

    @Test func `a connection of version 3 goes on with all commands, and messages are pushes`() async throws {
      try await withCluster(slaves: 1) { cluster in
        let client = try await cluster.primary.connect()
        for words in [
          ["HELLO", "3"], ["SUBSCRIBE", "a"], ["SET", "k", "v"], ["PUBLISH", "a", "b"], ["GET", "k"],
          ["PING"],
          ["HELLO", "2"], ["GET", "k"],
        ] {
          try await client.send(RESPConnection.encode(words.map { Array($0.utf8) }))
        }
        guard case .array = try await client.receive() else {
          Issue.record("HELLO is not answered by a map")
          return
        }
        var replies = try await client.receive(8, within: .seconds(10))
        // Where among the later replies the message stands is free; the version may have changed before it leaves.
        let parts = [RawReply.text("message"), .text("a"), .text("b")]
        let place = try #require(replies.firstIndex { [.push(parts), .array(parts)].contains($0) })
        #expect(place > 2, "a message does not overtake the reply to its own PUBLISH")
        replies.remove(at: place)
        #expect(
          replies.prefix(5) == [
            .push([.text("subscribe"), .text("a"), .integer(1)]), .simple("OK"), .integer(1), .text("v"),
            .simple("PONG"),
          ])
        guard case .array(let hello) = replies[5] else {
          Issue.record("\(replies[5])")
          return
        }
        #expect(hello.contains(.integer(2)))
        #expect(
          replies[6].errorText?.hasPrefix("ERR Can't execute 'get'") == true,
          "it is a subscriber of version 2")
      }
    }

    @Test func `messages are heard and published at the active master alone`() async throws {
      try await withCluster(slaves: 1) { cluster in
        for node in [cluster.backup, cluster.slaves[0]] {
          try await eventually("\(node.name) knows the master") {
            try await node.ask("SUBSCRIBE", "news").errorText?.hasSuffix("active=\(cluster.primary.address)")
              == true
          }
          for words in [["PUBLISH", "news", "x"], ["PSUBSCRIBE", "n*"]] {
            let reply = try await node.connect().call(words.map { Array($0.utf8) })
            #expect(reply.errorText?.hasPrefix("READONLY") == true)
          }
          let listener = try await node.connect()
          #expect(
            try await listener.call("SUBSCRIBE", "+sdown")
              == .array([.text("subscribe"), .text("+sdown"), .integer(1)]))
        }
        let forged = try await cluster.primary.ask("PUBLISH", "+switch-master", "kvorum a 1 b 2")
        #expect(forged.isRefusal)
      }
    }

    @Test func `a subscriber that does not read is closed, and others go on`() async throws {
      try await withCluster(slaves: 1) { cluster in
        let deaf = try await cluster.primary.connect()
        _ = try await deaf.call("SUBSCRIBE", "flood")
        let publisher = try await cluster.primary.connect()
        let message = [UInt8](repeating: 120, count: 1 << 20)
        var heard: RawReply = .integer(1)
        // The sockets hold some megabytes beside the limit of 32 MiB.
        for _ in 0..<64 where heard == .integer(1) {
          heard = try await publisher.call([Array("PUBLISH".utf8), Array("flood".utf8), message])
        }
        try await eventually("the subscriber is gone") {
          try await publisher.call("PUBLISH", "flood", "x") == .integer(0)
        }
        guard case .bulk(let info) = try await publisher.call("INFO", "stats") else { return }
        let text = String(decoding: info, as: UTF8.self)
        #expect(text.contains("client_output_buffer_limit_disconnections:1\r\n"))
        #expect(text.contains("pubsub_clients:0\r\n"))
      }
    }

    @Test func `a crowd of subscribers does not cost the master its lead`() async throws {
      try await withCluster { cluster in
        let crowd = Crowd(port: cluster.primary.port)
        try await crowd.join(100, saying: Array("SUBSCRIBE news\r\n".utf8))
        let publisher = try await cluster.primary.connect()
        try await eventually("all have subscribed") {
          try await publisher.call("PUBSUB", "NUMSUB", "news") == .array([.text("news"), .integer(100)])
        }
        let epoch = try await cluster.primary.status().epoch
        let message = RESPConnection.encode(["PUBLISH", "news", "x"].map { Array($0.utf8) })
        try await publisher.send([UInt8](Array(repeating: message, count: 1_000).joined()))
        // A write behind them is answered when all before it are.
        let replies = try await publisher.receive(1_000, within: .seconds(60))
        #expect(replies.allSatisfy { $0 == .integer(100) })
        #expect(try await publisher.call("SET", "a", "1") == .simple("OK"))
        #expect(try await cluster.primary.status().epoch == epoch)
        let heard = try await crowd.answers()
        #expect(heard.allSatisfy { $0?.contains("message") == true })
      }
    }

    @Test func `a connection has a bound of subscriptions`() async throws {
      try await withCluster(slaves: 1) { cluster in
        let client = try await cluster.primary.connect()
        let names = (0...20_000).map { Array("\($0)".utf8) }
        let refusal = try await client.call([Array("SUBSCRIBE".utf8)] + names)
        #expect(refusal == .error("ERR a connection may subscribe to 20000 channels and patterns at most"))
      }
    }

    @Test func `MONITOR shows what others send, without secrets`() async throws {
      try await withCluster(slaves: 1) { cluster in
        let monitor = try await cluster.primary.connect()
        #expect(try await monitor.call("MONITOR") == .simple("OK"))
        let client = try await cluster.primary.connect()
        for words in [
          ["SET", "a key", "v"], ["GET"], ["CONFIG", "GET", "save"], ["AUTH", "secret"], ["ECHO", "end"],
        ] {
          _ = try await client.call(words.map { Array($0.utf8) })
        }
        var lines: [String] = []
        while lines.last?.hasSuffix(#""ECHO" "end""#) != true {
          guard case .simple(let line) = try await monitor.receive() else { break }
          // Nodes and the test itself ask as well.
          lines.append(line)
        }
        let shown = lines.map { $0.drop { $0 != "\"" } }
        #expect(shown.contains(#""SET" "a key" "v""#))
        #expect(shown.contains(#""AUTH" "(redacted)""#))
        #expect(!lines.joined().contains("secret") && !lines.joined().contains("CONFIG"))
        let form = #/^[0-9]+\.[0-9]{6} \[0 127\.0\.0\.1:[0-9]+\] "/#
        #expect(lines.allSatisfy { $0.firstMatch(of: form) != nil })
      }
    }

    @Test(
      .enabled(if: FollowingClient.isThere("redis-py")),
      arguments: FollowingClient.speaksVersion3 ? ["2", "3"] : ["2"])
    func `redis-py hears messages and monitors`(version: String) async throws {
      try await withCluster(slaves: 1) { cluster in
        let run = try await KvorumBinary.run(
          [FollowingClient.sources + "/pubsub.py", cluster.primary.address, version],
          of: FollowingClient.python, in: cluster.home, within: .seconds(60))
        #expect(run.exit == .code(0) && run.output == "ok\n", "\(run)")
      }
    }
  }
}

extension RawReply {
  fileprivate var isRefusal: Bool { errorText?.hasPrefix("ERR '") == true }
}
