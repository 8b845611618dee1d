import Commands
import Replication
import Serving
import Testing

/// Design 4.6 for commands that look at all keys, and the promise of SCAN.
@Suite struct ScanTests {
  /// A whole scan, with something done between its steps.
  private func scan(
    _ bench: Bench, _ command: String, between: (Int) -> Void = { _ in }
  ) -> [String] {
    let client = bench.connect()
    var cursor = "0"
    var found: [String] = []
    for step in 0..<1_000 {
      client.send(command.replacing("CURSOR", with: cursor))
      if bench.wantsFlush { bench.commit() }
      let reply = client.take().last?.split(separator: " ").map(String.init) ?? []
      found += reply.dropFirst()
      cursor = reply.first ?? "0"
      if cursor == "0" { return found }
      between(step)
    }
    Issue.record("the scan does not end")
    return found
  }

  @Test(arguments: [0, 1, 2]) func `a scan finds every key once`(applied: Int) {
    let bench = Bench.master()
    let client = bench.connect()
    for place in 0..<500 {
      client.send("SET k\(place) v")
      if place == 250, applied > 0 {
        bench.commit()
        bench.applyAll()
      }
    }
    bench.commit()
    if applied == 2 { bench.applyAll() }
    let found = scan(bench, "SCAN CURSOR COUNT 7")
    #expect(found.count == 500)
    #expect(Set(found).count == 500)
  }

  @Test func `a scan finds each key that is there all the time, while others come and go`() {
    let bench = Bench.master()
    let client = bench.connect()
    for place in 0..<300 { client.send("SET stays\(place) v") }
    for place in 0..<300 { client.send("SET goes\(place) v") }
    bench.commit()
    bench.applyAll()
    let found = scan(bench, "SCAN CURSOR COUNT 10") { step in
      client.send("DEL goes\(step * 7 % 300)")
      client.send("SET comes\(step) v")
      client.send("SET stays\(step) changed")
      bench.commit()
      if step % 3 == 0 { bench.applyAll() }
    }
    #expect(Set(found.filter { $0.hasPrefix("stays") }).count == 300)
  }

  @Test func `a scan that another master goes on with misses nothing`() {
    let bench = Bench.master()
    let client = bench.connect()
    for place in 0..<100 { client.send("SET k\(place) v") }
    bench.commit()
    client.send("SCAN 0 COUNT 50")
    let cursor = client.take().last?.split(separator: " ").first.map(String.init) ?? ""
    let next = Bench.master(seed: 99)
    let other = next.connect()
    for place in 0..<100 { other.send("SET k\(place) v") }
    next.commit()
    _ = other.take()
    other.send("SCAN \(cursor) COUNT 1000")
    #expect(other.take().last?.split(separator: " ").count == 101)
  }

  @Test func `the members of a hash and of a set are scanned the same way`() {
    let bench = Bench.master()
    let client = bench.connect()
    for place in 0..<200 {
      client.send("HSET h f\(place) v\(place)")
      client.send("SADD s m\(place)")
      if place == 100 {
        bench.commit()
        bench.applyAll()
      }
    }
    bench.commit()
    let fields = scan(bench, "HSCAN h CURSOR COUNT 9")
    #expect(fields.count == 400)
    #expect(Set(fields).count == 400)
    #expect(Set(scan(bench, "SSCAN s CURSOR COUNT 9")).count == 200)
    #expect(scan(bench, "HSCAN h CURSOR COUNT 9 NOVALUES").count == 200)
    #expect(Set(scan(bench, "SSCAN s CURSOR MATCH m1* COUNT 9")).count == 111)
  }

  @Test func `to look at all keys waits once for the replica when too many changes lie over it`() {
    let bench = Bench.master()
    let client = bench.connect()
    for place in 0..<2_100 { client.send("SET k\(place) v") }
    bench.commit()
    _ = client.take()
    client.send("DBSIZE")
    #expect(client.take().isEmpty)
    #expect(bench.isUrged)
    bench.applyAll()
    #expect(client.take() == ["2100"])
  }

  @Test func `random members come from what is stored and what is not, each as likely`() {
    let bench = Bench.master()
    let client = bench.connect()
    for place in 0..<20 { client.send("SADD s m\(place)") }
    bench.commit()
    bench.applyAll()
    for place in 20..<40 { client.send("SADD s m\(place)") }
    for place in 0..<10 { client.send("SREM s m\(place)") }
    bench.commit()
    _ = client.take()
    var counts: [String: Int] = [:]
    for _ in 0..<3_000 {
      client.send("SRANDMEMBER s")
      counts[client.take().last ?? "", default: 0] += 1
    }
    #expect(counts.count == 30)
    // A hundred each: four standard deviations are forty.
    #expect(counts.values.allSatisfy { (60...140).contains($0) }, "\(counts)")
  }
}
