import Replication
import Serving
import Testing

/// What connections ask for themselves: pauses, silence, and what is counted of them.
@Suite struct ConnectionTests {
  @Test func `in a pause of writes a write waits, a read does not, and nothing is late after it`() {
    let bench = Bench.master()
    let (writer, reader) = (bench.connect(), bench.connect())
    bench.server.pause.begin(until: bench.now + .milliseconds(10_000), onlyWrites: true)
    writer.send("SET a 1", "GET a")
    reader.send("GET a")
    #expect(reader.take() == ["nil"])
    bench.advance(milliseconds: 9_000)
    bench.server.expire()
    #expect(writer.take().isEmpty)
    bench.server.pause.finish(at: bench.now)
    bench.server.resume()
    // The lease has run out meanwhile, and is shown anew.
    bench.flush()
    bench.accept("s1", "s2")
    bench.server.expire()
    bench.commit()
    #expect(writer.take() == ["OK", "1"])
  }

  @Test func `in a pause of all commands reads wait too`() {
    let bench = Bench.master()
    let client = bench.connect()
    bench.server.pause.begin(until: bench.now + .milliseconds(1_000), onlyWrites: false)
    client.send("GET a", "PING")
    #expect(client.take().isEmpty)
    bench.server.pause.finish(at: bench.now)
    bench.server.resume()
    #expect(client.take() == ["nil", "PONG"])
  }

  @Test func `a later pause makes the present one longer or stricter, never less`() {
    var pause = ClientPause()
    let start = Instant(nanoseconds: 0)
    pause.begin(until: start + .milliseconds(500), onlyWrites: false)
    pause.begin(until: start + .milliseconds(100), onlyWrites: true)
    #expect(pause.holdsReads && pause.end == start + .milliseconds(500))
    pause.finish(at: start + .milliseconds(50))
    #expect(!pause.isOn && pause.end == start + .milliseconds(50))
    pause.begin(until: start + .milliseconds(200), onlyWrites: true)
    #expect(!pause.holdsReads)
  }

  @Test func `a connection without answers gets none, and what was owed before it still`() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET a 1")
    client.session.answerRequests(false)
    client.send("GET a", "SET a 2", "NONSENSE")
    bench.commit()
    #expect(client.take() == ["OK"])
    client.session.answerRequests(true)
    client.send("GET a")
    #expect(client.take() == ["2"])
  }

  @Test func `one answer is skipped`() {
    let bench = Bench.master()
    let client = bench.connect()
    client.session.skipAnswer()
    client.send("SET a 1", "GET a", "GET b")
    bench.commit()
    #expect(client.take() == ["1", "nil"])
  }

  @Test func `the last write of a connection is its own`() {
    let bench = Bench.master()
    let (writer, reader) = (bench.connect(), bench.connect())
    writer.send("SET a 1", "SET a 2")
    reader.send("GET a")
    #expect(writer.session.lastWrite == bench.server.core.lastIndex)
    #expect(reader.session.lastWrite == 0)
  }

  @Test func `keys that readers looked for are counted, and those of writers are not`() {
    let bench = Bench.master()
    let client = bench.connect()
    client.send("SET a 1", "INCR a", "GET a", "GET b", "MGET a b")
    bench.commit()
    #expect(bench.server.lookups.hits == 2 && bench.server.lookups.misses == 2)
  }
}
