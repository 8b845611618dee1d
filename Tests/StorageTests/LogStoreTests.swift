import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct LogStoreTests {
  private let directory = TemporaryDirectory()

  @Test func `every kind of entry comes back as it was written`() throws {
    do { try directory.openLog().append(Samples.everyKind) }
    let log = try directory.openLog()
    let state = try log.recover(applied: 0)
    #expect(state.unapplied == Samples.everyKind)
    #expect(state.lastIndex == 8)
    #expect(state.reigns == [Reign(first: 1, epoch: Samples.first), Reign(first: 7, epoch: Samples.second)])
    #expect(
      state.configurations == [IndexedConfiguration(index: 1, configuration: Samples.configuration)])
  }

  @Test func `the checksums in the file are the chain over the entries`() throws {
    try directory.openLog().append(Samples.everyKind)
    let reader = try LogReader(directory: directory.path)
    var checksum = EntryChecksum.initial
    #expect(try reader.checksum(at: 0) == checksum)
    for entry in Samples.everyKind {
      checksum = EntryChecksum.next(after: checksum, entry)
      #expect(try reader.checksum(at: entry.index) == checksum)
    }
    #expect(try reader.checksum(at: 9) == nil)
  }

  @Test func `hard state, commit index and identity survive`() throws {
    let state = HardState(
      cluster: ClusterID(high: 1, low: .max), promised: Epoch(round: .max, master: NodeID(.max)),
      highestRound: 3)
    do {
      let log = try directory.openLog()
      try log.write([
        LogWrite(ticket: 1, entries: [Samples.noop(1), Samples.noop(2)], commit: 1),
        LogWrite(ticket: 2, hardState: state, commit: 2),
      ])
      try log.setListenAddress("10.0.0.2:7002")
    }
    let log = try LogStore.open(directory: directory.path) {
      Issue.record("an existing directory keeps its identity")
      return Samples.identity
    }
    var identity = Samples.identity
    identity.listenAddress = "10.0.0.2:7002"
    #expect(log.identity == identity)
    #expect(log.hardState == state)
    #expect(log.commit == 2)
    let recovered = try log.recover(applied: 1)
    #expect(recovered.hardState == state)
    #expect(recovered.commit == 2)
    #expect(recovered.unapplied == [Samples.noop(2)])
  }

  @Test func `what was written survives a kill`() throws {
    let log = try directory.openLog()
    try log.append(Samples.everyKind, commit: 3)
    let killed = try directory.copyAsKilled()
    let state = try killed.openLog().recover(applied: 0)
    #expect(state.unapplied == Samples.everyKind)
    #expect(state.commit == 3)
  }

  @Test func `what is applied is committed, even if the commit index was not stored yet`() throws {
    let log = try directory.openLog()
    try log.append(Samples.everyKind, commit: 1)
    #expect(try log.recover(applied: 5).commit == 5)
  }

  @Test func `a cut tail is kept in a file of its own`() throws {
    let log = try directory.openLog()
    try log.append(Samples.everyKind, commit: 3)
    let replacement = Samples.put(5, "new", "1", epoch: Epoch(round: 3, master: NodeID(2)))
    let discarded = try log.write([
      LogWrite(ticket: 1, truncateFrom: 5, entries: [replacement], commit: 4)
    ])
    #expect(discarded.map(\.first) == [5])
    #expect(discarded.map(\.last) == [8])
    #expect(discarded.map(\.epoch) == [Samples.first])
    let state = try log.recover(applied: 0)
    #expect(state.unapplied == Array(Samples.everyKind[..<4]) + [replacement])
    #expect(
      state.reigns == [Reign(first: 1, epoch: Samples.first), Reign(first: 5, epoch: replacement.epoch)])

    let kept = try #require(discarded.first).path
    #expect(kept == "\(directory.path)/discarded-1-f000-5.db")
    #expect(
      try directory.query(kept, #"SELECT "index", op FROM log ORDER BY "index""#) == [
        ["5", "put"], ["6", "delete"], ["7", "txn"], ["8", "delete"],
      ])
    #expect(try directory.query(kept, "SELECT count(*) FROM log_part") == [["3"]])
    #expect(try directory.query(kept, "SELECT first FROM reigns ORDER BY first") == [["5"], ["7"]])
    let reader = try LogReader(path: kept)
    #expect(
      try reader.entries(from: 6, limitBytes: .max, limitCount: .max) == Array(Samples.everyKind[5...]))
  }

  @Test func `a second tail with the same beginning does not replace the first`() throws {
    let log = try directory.openLog()
    try log.append([Samples.noop(1), Samples.noop(2)])
    var names: Set<String> = []
    for _ in 1...3 {
      let discarded = try log.write([LogWrite(ticket: 1, truncateFrom: 2, entries: [Samples.noop(2)])])
      names.formUnion(discarded.map(\.path))
    }
    #expect(names.count == 3)
    #expect(names.allSatisfy { FileManager.default.fileExists(atPath: $0) })
  }

  @Test func `the whole log can be cut, and what a batch appended can be cut in the same batch`() throws {
    let log = try directory.openLog()
    let replacement = Samples.put(1, "k", "v", epoch: Samples.second)
    try log.write([
      LogWrite(ticket: 1, entries: Array(Samples.everyKind[..<3])),
      LogWrite(ticket: 2, truncateFrom: 1, entries: [replacement]),
    ])
    let state = try log.recover(applied: 0)
    #expect(state.unapplied == [replacement])
    #expect(state.reigns == [Reign(first: 1, epoch: Samples.second)])
    #expect(state.configurations.isEmpty)
  }

  @Test(arguments: [
    LogWrite(ticket: 1, truncateFrom: 3),
    LogWrite(ticket: 1, entries: [Samples.noop(10)]),
    LogWrite(ticket: 1, entries: [Samples.noop(8)]),
    LogWrite(ticket: 1, entries: [Samples.noop(9, epoch: Samples.first)]),
    LogWrite(ticket: 1, entries: [Samples.entry(9, [], epoch: Samples.second)]),
    LogWrite(ticket: 1, commit: 9),
  ])
  func `a write that cannot be right changes nothing and stops the store`(_ write: LogWrite) throws {
    let log = try directory.openLog()
    try log.append(Samples.everyKind, commit: 3)
    let error = #expect(throws: StorageError.self) { try log.write([write]) }
    #expect(error?.kind == .invalidWrite)
    let stopped = #expect(throws: StorageError.self) {
      try log.append([Samples.noop(9, epoch: Samples.second)])
    }
    #expect(stopped?.kind == .stopped)
    let reader = try LogReader(directory: directory.path)
    #expect(try reader.entries(from: 1, limitBytes: .max, limitCount: .max) == Samples.everyKind)
    #expect(try reader.commit() == 3)
  }

  @Test func `a large transaction is one entry`() throws {
    let log = try directory.openLog()
    let mutations = (0..<5000).map { Mutation.put(Array("key:\($0)".utf8), [UInt8(truncatingIfNeeded: $0)]) }
    let big = Mutation.put([7], [UInt8](repeating: 0xFF, count: 3_000_000))
    try log.append([Samples.entry(1, mutations), Samples.entry(2, [big])])
    #expect(
      try log.recover(applied: 0).unapplied == [Samples.entry(1, mutations), Samples.entry(2, [big])])
  }

  @Test func `a reader stops at its limits, but returns one entry at least`() throws {
    let log = try directory.openLog()
    try log.append((1...100).map { Samples.put($0, "key", String(repeating: "x", count: 1000)) })
    let reader = try LogReader(directory: directory.path)
    func indexes(_ from: LogIndex, bytes: Int, count: Int) throws -> [LogIndex] {
      try reader.entries(from: from, limitBytes: bytes, limitCount: count).map(\.index)
    }
    #expect(try indexes(1, bytes: 1, count: 10) == [1])
    #expect(try indexes(40, bytes: .max, count: 3) == [40, 41, 42])
    #expect(try indexes(99, bytes: .max, count: 9) == [99, 100])
    #expect(try indexes(50, bytes: 3300, count: 50) == [50, 51, 52])
    #expect(try indexes(101, bytes: .max, count: 9) == [])
    #expect(try indexes(500, bytes: .max, count: 9) == [])
    #expect(try reader.lastIndex() == 100)
  }

  @Test func `a running log answers SQL`() throws {
    let log = try directory.openLog()
    try log.append(Samples.everyKind)
    #expect(
      try directory.query(
        directory.log,
        #"SELECT "index", part, op, value ->> '$.name', time FROM changes WHERE key = 'user:1' ORDER BY 1"#)
        == [
          ["3", "0", "put", "Ada", "2025-10-09 08:53:20.123"],
          ["6", "0", "delete", "NULL", "2025-10-09 08:53:20.123"],
        ])
    #expect(
      try directory.query(
        directory.log, #"SELECT part, op, typeof(key), epoch_master FROM changes WHERE "index" = 7"#) == [
          ["0", "put", "text", "0000000000000005"], ["1", "delete", "blob", "0000000000000005"],
          ["2", "put", "text", "0000000000000005"],
        ])
    #expect(
      try directory.query(
        directory.log, "SELECT value ->> '$.cluster' FROM log WHERE op = 'config'")
        == [["ffffffffffffffff0000000000000007"]])
  }

  @Test func `the configurations are found by an index`() throws {
    _ = try directory.openLog()
    let plan = try directory.query(
      directory.log, #"EXPLAIN QUERY PLAN SELECT "index" FROM log WHERE op = 'config' ORDER BY "index""#)
    #expect(plan.count == 1)
    #expect(plan.first?.last?.contains("log_configurations") == true)
  }
}
