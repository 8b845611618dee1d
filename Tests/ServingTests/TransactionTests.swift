import Commands
import Replication
import Serving
import Testing

/// MULTI, EXEC and WATCH, and what goes beyond Redis: versions and tokens.
@Suite struct TransactionTests {
  @Test func `a transaction is one entry of the log`() throws {
    let bench = Bench.master()
    let client = bench.connect()
    let before = bench.server.core.lastIndex
    for line in ["MULTI", "SET a 1", "INCR a", "HSET h f v", "DEL a", "EXEC"] { client.send(line) }
    bench.commit()
    #expect(client.take() == ["OK", "QUEUED", "QUEUED", "QUEUED", "QUEUED", "OK 2 1 1"])
    let entries = bench.server.core.recentEntries(from: before + 1, through: bench.server.core.lastIndex)
    #expect(entries.count == 1)
    guard case .mutations(let mutations) = entries[0].payload else {
      Issue.record("no mutations")
      return
    }
    #expect(mutations.map(\.operation) == [.put, .put, .setField, .delete])
  }

  @Test func `nothing of a transaction is answered before its commit`() {
    let bench = Bench.master()
    let (writer, reader) = (bench.connect(), bench.connect())
    for line in ["MULTI", "SET a 1", "SET b 2", "EXEC"] { writer.send(line) }
    reader.send("MGET a b")
    #expect(writer.take() == ["OK", "QUEUED", "QUEUED"])
    #expect(reader.take().isEmpty)
    bench.commit()
    #expect(writer.take() == ["OK OK"])
    #expect(reader.take() == ["1 2"])
  }

  @Test func `a read-only transaction waits for the proof of the lead, and keeps its commands meanwhile`() {
    let bench = Bench.master(useLease: false)
    let client = bench.connect()
    for line in ["MULTI", "GET a", "PING", "EXEC"] { client.send(line) }
    #expect(client.take() == ["OK", "QUEUED", "QUEUED"])
    bench.commit()
    #expect(client.take() == ["nil PONG"])
  }

  @Test func `a transaction that waits in vain is over, and the next EXEC does not do it`() {
    let bench = Bench.master(useLease: false)
    let client = bench.connect()
    for line in ["MULTI", "GET a", "EXEC"] { client.send(line) }
    bench.advance(milliseconds: 1_500)
    bench.server.expire()
    client.send("EXEC")
    #expect(
      client.take() == [
        "OK", "QUEUED",
        "CLUSTERDOWN Too few slaves confirmed in time that this master still leads; try again.",
        "ERR EXEC without MULTI",
      ])
  }

  @Test func `a command that fails in a transaction does nothing, and the others are done`() {
    let bench = Bench.master()
    let client = bench.connect()
    let long = String(repeating: "x", count: 70_000)
    for line in ["MULTI", "MSET a 1 \(long) 2", "SET b 2", "EXEC"] { client.send(line) }
    bench.commit()
    #expect(client.take().last?.hasPrefix("ERR the key has 70000 bytes") == true)
    client.send("MGET a b")
    #expect(client.take() == ["nil 2"])
  }

  @Test(arguments: [
    "SET k v", "DEL k", "EXPIRE k 100", "APPEND k x", "RENAME k other", "FLUSHALL", "MSET x 1 k 2",
    "GETDEL k",
    "COPY other k REPLACE",
  ])
  func `a watched key that another client writes stops the transaction`(write: String) {
    let bench = Bench.master()
    let (watcher, writer) = (bench.connect(), bench.connect())
    writer.send("MSET k old other v")
    bench.commit()
    watcher.send("WATCH k")
    writer.send(write)
    bench.commit()
    for line in ["MULTI", "SET k mine", "EXEC"] { watcher.send(line) }
    if bench.wantsFlush { bench.commit() }
    #expect(watcher.take() == ["OK", "OK", "QUEUED", "nil"])
    // The watch is over with EXEC.
    for line in ["MULTI", "SET k mine", "EXEC"] { watcher.send(line) }
    bench.commit()
    #expect(watcher.take() == ["OK", "QUEUED", "OK"])
  }

  @Test(arguments: ["SET other v", "GET k", "DEL nothing", "EXPIRE nothing 1", "HGETALL nothing"])
  func `a watched key that nobody writes stops nothing`(other: String) {
    let bench = Bench.master()
    let (watcher, writer) = (bench.connect(), bench.connect())
    writer.send("SET k v")
    bench.commit()
    watcher.send("WATCH k nothing")
    writer.send(other)
    if bench.wantsFlush { bench.commit() }
    for line in ["MULTI", "SET k mine", "EXEC"] { watcher.send(line) }
    bench.commit()
    #expect(watcher.take() == ["OK", "OK", "QUEUED", "OK"])
  }

  @Test func `a watched key that comes to its end stops the transaction, one that had ended before does not`()
  {
    let bench = Bench.master()
    let (early, late) = (bench.connect(), bench.connect())
    early.send("SET k v PX 100")
    bench.commit()
    _ = early.take()
    early.send("WATCH k")
    bench.wallMilliseconds += 200
    late.send("WATCH k")
    // The background removes it meanwhile, which is no change for the one who did not see it.
    bench.server.expire()
    bench.commit()
    for client in [early, late] {
      for line in ["MULTI", "SET done 1", "EXEC"] { client.send(line) }
      if bench.wantsFlush { bench.commit() }
    }
    #expect(early.take() == ["OK", "OK", "QUEUED", "nil"])
    #expect(late.take() == ["OK", "OK", "QUEUED", "OK"])
  }

  @Test func `a connection that goes leaves no watch behind`() {
    let bench = Bench.master()
    let (watcher, writer) = (bench.connect(), bench.connect())
    watcher.send("WATCH a b c")
    #expect(bench.server.watchedKeyCount == 3)
    watcher.session.closed()
    #expect(bench.server.watchedKeyCount == 0)
    writer.send("SET a 1")
    bench.commit()
    #expect(writer.take() == ["OK"])
  }

  @Test func `a transaction that is too long is refused as a whole`() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("MULTI")
    let value = String(repeating: "x", count: 33 << 20)
    client.send("SET a \(value)")
    client.send("SET b \(value)")
    client.send("EXEC")
    let replies = client.take()
    #expect(replies[1] == "QUEUED")
    #expect(replies[2].hasPrefix("ERR the transaction is longer than 131072 commands or 64 MiB"))
    #expect(replies[3] == "EXECABORT Transaction discarded because of previous errors.")
    client.send("EXISTS a b")
    #expect(client.take() == ["0"])
  }

  // MARK: Versions

  @Test(arguments: [1, 100]) func `a key is set if its version is the expected one`(appliesEvery period: Int)
  {
    let bench = Bench.master()
    let client = bench.connect()
    let lines: [(String, String)] = [
      ("KV.VERSION k", "0"), ("KV.CAS k 1 a", "nil"), ("KV.CAS k 0 a", "1"), ("KV.CAS k 0 b", "nil"),
      ("KV.VERSION k", "1"), ("KV.CAS k 1 b", "2"), ("SET k c", "OK"), ("KV.CAS k 2 d", "nil"),
      ("KV.CAS k 3 d EX 100", "4"), ("TTL k", "100"), ("KV.CAS k 4 e KEEPTTL", "5"), ("TTL k", "100"),
      ("DEL k", "1"), ("KV.VERSION k", "0"), ("KV.CAS k 0 f", "1"),
      ("KV.CAS k x f", "ERR the expected version is not a number from 0 on"),
      ("KV.CAS k 1 f NX", "ERR syntax error"), ("HSET h f 1 g 2", "2"), ("KV.VERSION h", "2"),
      ("HDEL h f", "1"), ("KV.VERSION h", "3"), ("EXPIRE h 100", "1"), ("KV.VERSION h", "4"),
    ]
    for (place, (line, reply)) in lines.enumerated() {
      client.send(line)
      if bench.wantsFlush { bench.commit() }
      if place % period == period - 1 { bench.applyAll() }
      #expect(client.take() == [reply], "\(line)")
    }
  }

  // MARK: Tokens

  @Test func `a command with a token is done once, and a repetition is answered the same`() {
    let bench = Bench.master()
    let client = bench.connect()
    for _ in 0..<3 {
      client.send("KV.ONCE t1 INCR n")
      if bench.wantsFlush { bench.commit() }
    }
    #expect(client.take() == ["1", "1", "1"])
    client.send("KV.ONCE t2 INCR n")
    bench.commit()
    client.send("KV.ONCE t2 DECR n")
    client.send("KV.ONCE t3 GET n")
    client.send("KV.ONCE t3 SET n")
    #expect(
      client.take()
        == [
          "2", "ERR this token was used for another command: choose a new one for each",
          "ERR KV.ONCE takes a command that writes, or EXEC, not 'get'", "ERR syntax error",
        ].map { $0 == "ERR syntax error" ? "ERR wrong number of arguments for 'set' command" : $0 })
  }

  @Test func `a repetition at the next master is answered what the first was`() throws {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("KV.ONCE t INCR n")
    bench.commit()
    #expect(client.take() == ["1"])
    bench.applyAll()
    let record = try #require(bench.stored.value(for: Array("kvorum:once:t".utf8)))
    #expect(record.expiresAt == bench.wallMilliseconds + 3_600_000)
    // Another node has nothing but the keyspace.
    let next = Bench.master(seed: 2)
    next.stored.set(Array("kvorum:once:t".utf8), record)
    let other = next.connect()
    other.send("KV.ONCE t INCR n")
    #expect(other.take() == ["1"])
    other.send("EXISTS n")
    #expect(other.take() == ["0"])
  }

  @Test func `a transaction with a token is done once`() {
    let bench = Bench.master()
    let client = bench.connect()
    for _ in 0..<2 {
      for line in ["MULTI", "INCR n", "HSET h f v", "HGETALL h", "KV.ONCE t EXEC"] { client.send(line) }
      if bench.wantsFlush { bench.commit() }
      #expect(client.take() == ["OK", "QUEUED", "QUEUED", "QUEUED", "1 1 f=v"])
    }
    client.send("GET n")
    #expect(client.take() == ["1"])
  }

  @Test func `what failed is tried again by a repetition`() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET n text")
    client.send("KV.ONCE t INCR n")
    bench.commit()
    client.send("SET n 5")
    client.send("KV.ONCE t INCR n")
    bench.commit()
    #expect(client.take() == ["OK", "ERR value is not an integer or out of range", "OK", "6"])
  }
}
