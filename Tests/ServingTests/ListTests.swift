import Commands
import Replication
import Serving
import Testing

/// Lists against plain arrays, with the log applied at any moment, and what their commands cost.
@Suite struct ListTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a list is what an array would be, wherever its elements are`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    let bench = Bench.master()
    let client = bench.connect()
    var lists = PlainLists()
    // With few elements a list is often created and deleted; with many its pages have ends inside.
    let size = seed % 4 == 0 ? 700 : 12
    if size > 100 {
      let line = (["RPUSH", "a"] + (0..<size).map { "\($0 % 5)" }).joined(separator: " ")
      client.send(line)
      bench.commit()
      #expect(client.take() == [lists.run(line)])
    }
    for _ in 0..<250 {
      let line = PlainLists.anyCommand(size: size, below)
      let isTransaction = below(8) == 0
      let lines = isTransaction ? [line, PlainLists.anyCommand(size: size, below), "LRANGE a 0 -1"] : [line]
      if isTransaction { client.send("MULTI") }
      for line in lines { client.send(line) }
      if isTransaction { client.send("EXEC") }
      if bench.wantsFlush { bench.commit() }
      if below(3) == 0 { bench.applyAll() }
      let replies = lines.map { lists.run($0) }
      if isTransaction {
        #expect(client.take().last == replies.joined(separator: " "), "\(lines)")
      } else {
        #expect(client.take() == replies, "\(line)")
      }
    }
    for key in ["a", "b"] {
      client.send("LRANGE \(key) 0 -1")
      if bench.wantsFlush { bench.commit() }
      #expect(client.take() == [lists.run("LRANGE \(key) 0 -1")])
    }
    #expect(bench.failures.isEmpty)
  }

  @Test(arguments: ["LPUSH", "RPUSH"])
  func `several elements that are pushed cost one look at the end`(command: String) throws {
    let view = CountingView()
    func run(_ count: Int) throws -> Int {
      let line = [command, "l"] + (0..<count).map { "\($0)" }
      let before = view.reads
      let outcome = try CommandTable.standard.evaluate(
        line.map { Array($0.utf8) }, view: view, context: CommandContext(now: 0))
      view.keyspace.apply(outcome.mutations, at: 1)
      return view.reads - before
    }
    _ = try run(1)
    let one = try run(1)
    #expect(try run(100) == one)
    #expect(view.longestPage <= 1)
  }

  @Test(arguments: [-1, 0, 1_000, 1_999])
  func `an element is read from the nearer end`(index: Int) throws {
    let view = CountingView()
    let values = (0..<2_000).map { "\($0)" }
    let outcome = try evaluate(["RPUSH", "l"] + values, view)
    view.keyspace.apply(outcome.mutations, at: 1)
    view.membersRead = 0
    #expect(
      try evaluate(["LINDEX", "l", "\(index)"], view).reply == .text("\(index < 0 ? 1_999 : index)"))
    #expect(view.membersRead <= (index == 1_000 ? 1_000 : 1))
    #expect(
      try evaluate(["LRANGE", "l", "1990", "1991"], view).reply == .array([.text("1990"), .text("1991")]))
  }

  @Test func `elements inserted at one spot for ever keep short positions, and the others keep theirs`()
    throws
  {
    var keyspace = PlainKeyspace()
    var expected = ["a", "pivot", "z"]
    var index: LogIndex = 1
    keyspace.apply(try evaluate(["RPUSH", "l"] + expected, keyspace).mutations, at: index)
    var random = SplitMix64(seed: 4)
    var mutations = 0
    for number in 0..<420 {
      let isBefore = number < 200 || number > 380 && Bool.random(using: &random)
      let outcome = try evaluate(
        ["LINSERT", "l", isBefore ? "BEFORE" : "AFTER", "pivot", "\(number)"], keyspace)
      let place = try #require(expected.firstIndex(of: "pivot"))
      expected.insert("\(number)", at: isBefore ? place : place + 1)
      #expect(outcome.reply == .integer(Int64(expected.count)))
      mutations += outcome.mutations.count
      index += 1
      keyspace.apply(outcome.mutations, at: index)
    }
    let members = keyspace.members(of: Array("l".utf8), after: nil, limit: .max)
    #expect(members.map { String(decoding: $0.value, as: UTF8.self) } == expected)
    #expect(members.allSatisfy { $0.name.count <= 64 })
    #expect(members.first?.name == Array("5000000000000000000".utf8))
    #expect(members.last?.name == Array("5000000000000000002".utf8))
    #expect(mutations < 3_000)
  }

  private func evaluate(_ words: [String], _ view: any KeyspaceView) throws -> Outcome {
    try CommandTable.standard.evaluate(
      words.map { Array($0.utf8) }, view: view, context: CommandContext(now: 0))
  }
}

/// A keyspace that counts what is read of it.
private final class CountingView: KeyspaceView {
  var keyspace = PlainKeyspace()
  var reads = 0
  var membersRead = 0
  var longestPage = 0

  func value(for key: [UInt8]) -> StoredValue? {
    reads += 1
    return keyspace.value(for: key)
  }
  func member(_ name: [UInt8], of key: [UInt8]) -> [UInt8]? {
    reads += 1
    return keyspace.member(name, of: key)
  }
  func members(of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool) -> [KeyMember] {
    let page = keyspace.members(of: key, after: name, limit: limit, descending: descending)
    reads += 1
    membersRead += page.count
    longestPage = max(longestPage, page.count)
    return page
  }
  func placeCount(of key: [UInt8]) -> Int { keyspace.placeCount(of: key) }
  func member(at place: Int, of key: [UInt8]) -> KeyMember? { keyspace.member(at: place, of: key) }
  func count() -> Int { keyspace.count() }
  func keys(after key: [UInt8]?, limit: Int) -> [ScannedKey] { keyspace.keys(after: key, limit: limit) }
  func anyKey(_ random: UInt64) -> ScannedKey? { keyspace.anyKey(random) }
}
