import Commands
import Replication
import Serving
import Testing

/// Keys that come to their end go by themselves, by the decision of the active master.
@Suite struct ExpiryTests {
  @Test(arguments: [true, false])
  func `a key goes soon after its end, whether the replica has it yet or not`(isApplied: Bool) {
    let bench = Bench.master()
    let client = bench.connect()
    for line in ["SET a 1 PX 100", "SET b 2 PX 100", "SET c 3 PX 5000", "SET d 4"] { client.send(line) }
    bench.commit()
    if isApplied { bench.applyAll() }
    _ = client.take()
    bench.server.expire()
    #expect(!bench.wantsFlush)
    bench.wallMilliseconds += 150
    bench.server.expire()
    #expect(bench.wantsFlush)
    bench.commit()
    bench.applyAll()
    #expect(bench.stored.count() == 2)
    #expect(bench.server.statistics.expired == 2)
    bench.wallMilliseconds += 5_000
    bench.server.expire()
    bench.commit()
    bench.applyAll()
    #expect(bench.stored.count() == 1)
  }

  @Test func `an end that was put off is not the end`() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET a 1 PX 100")
    client.send("PERSIST a")
    client.send("SET b 1 PX 100")
    client.send("SET b 2 PX 9000")
    bench.commit()
    bench.wallMilliseconds += 150
    bench.server.expire()
    #expect(!bench.wantsFlush)
    client.send("MGET a b")
    #expect(client.take().last == "1 2")
  }

  @Test func `many keys that end at once go in small entries, and a few at a time`() {
    let bench = Bench.master()
    let client = bench.connect()
    for place in 0..<5_000 { client.send("SET k\(place) v PX 100") }
    bench.commit()
    bench.applyAll()
    bench.wallMilliseconds += 150
    var entries: [Int] = []
    while bench.stored.count() > 0, entries.count < 100 {
      let before = bench.server.core.lastIndex
      bench.server.expire()
      for entry in bench.server.core.recentEntries(from: before + 1, through: bench.server.core.lastIndex) {
        if case .mutations(let mutations) = entry.payload { entries.append(mutations.count) }
      }
      #expect(bench.server.core.lastIndex - before <= 8)
      bench.commit()
      bench.applyAll()
    }
    #expect(entries.max() ?? 0 <= 256)
    #expect(entries.reduce(0, +) == 5_000)
  }

  @Test
  func `keys that end long after they were written go without another write, however many in one moment`() {
    let bench = Bench.master()
    let client = bench.connect()
    for place in 0..<1_000 { client.send("SET k\(place) v PX 100000") }
    client.send("SET later v PX 200000")
    bench.commit()
    bench.applyAll()
    bench.server.expire()
    #expect(!bench.wantsFlush)
    bench.wallMilliseconds += 100_001
    // Nothing is applied meanwhile.
    for _ in 0..<10 {
      bench.server.expire()
      if bench.wantsFlush { bench.commit() }
    }
    #expect(bench.server.statistics.expired == 1_000)
    bench.wallMilliseconds += 100_000
    bench.server.expire()
    bench.commit()
    bench.applyAll()
    #expect(bench.stored.count() == 0)
  }

  @Test func `a node that does not lead lets nothing go`() {
    let bench = Bench("m2", slaves: 3)
    bench.stored.set(
      Array("k".utf8),
      StoredValue(value: [1], version: 1, createdIndex: 1, modifiedIndex: 1, expiresAt: 1))
    bench.server.expire()
    #expect(!bench.wantsFlush)
  }

  @Test func `a hash comes to its end with all its fields`() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("HSET h f 1 g 2")
    client.send("PEXPIRE h 100")
    bench.commit()
    bench.wallMilliseconds += 150
    client.send("HGETALL h")
    bench.commit()
    #expect(client.take() == ["2", "1", ""])
    client.send("HLEN h")
    client.send("HSET h new 1")
    bench.commit()
    client.send("HGETALL h")
    #expect(client.take() == ["0", "1", "new=1"])
    bench.applyAll()
    #expect(bench.stored.value(for: Array("h".utf8))?.expiresAt == nil)
  }
}
