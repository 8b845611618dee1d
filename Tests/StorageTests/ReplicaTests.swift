import Commands
import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct ReplicaTests {
  private let directory = TemporaryDirectory()

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func `puts count versions and a delete starts them again`() throws {
    let writer = try directory.openReplica()
    let reader = try ReplicaReader(directory: directory.path)
    try writer.apply([Samples.put(1, "k", "a"), Samples.put(2, "k", "b")])
    try writer.apply([Samples.noop(3), Samples.put(4, "k", "c"), Samples.noop(5)])
    #expect(
      try reader.value(for: bytes("k"))
        == Storage.StoredValue(value: bytes("c"), version: 3, createdIndex: 1, modifiedIndex: 4))
    let (value, applied) = try reader.valueAndAppliedIndex(for: bytes("k"))
    #expect(value?.version == 3)
    #expect(applied == 5)
    try writer.apply([Samples.entry(6, [.delete(bytes("k"))])])
    #expect(try reader.value(for: bytes("k")) == nil)
    #expect(try reader.count() == 0)
    try writer.apply([Samples.entry(7, [.put(bytes("k"), [], expiresAt: 99)])])
    #expect(
      try reader.value(for: bytes("k"))
        == Storage.StoredValue(value: [], version: 1, createdIndex: 7, modifiedIndex: 7, expiresAt: 99))
    #expect(try reader.appliedIndex() == 7)
  }

  @Test func `the table is the same whatever the borders of the batches`() throws {
    var generator = SystemRandomNumberGenerator()
    let keys: [[UInt8]] = [bytes("a"), bytes("b"), bytes("ab"), [], [0], [0xFF], [0xFF, 1], bytes("ü")]
    for _ in 0..<30 {
      let entries = (1...120).map { (index: LogIndex) in
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return Samples.noop(index)
        case 1:
          return Entry(
            index: index, epoch: Samples.first, time: 0, payload: .configuration(Samples.configuration))
        default:
          let mutations = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
            let key = keys.randomElement(using: &generator)!
            let expiry = Bool.random(using: &generator) ? Int64.random(in: 0...9, using: &generator) : nil
            return Int.random(in: 0..<3, using: &generator) == 0
              ? Mutation.delete(key)
              : .put(key, [UInt8.random(in: 0...255, using: &generator)], expiresAt: expiry)
          }
          return Samples.entry(index, mutations)
        }
      }
      let twin = replay(entries)
      let directory = TemporaryDirectory()
      let writer = try directory.openReplica()
      let reader = try ReplicaReader(directory: directory.path)
      var rest = entries[...]
      while !rest.isEmpty {
        let batch = rest.prefix(Int.random(in: 1...40, using: &generator))
        rest = rest.dropFirst(batch.count)
        try writer.apply(Array(batch))
      }
      #expect(try reader.everything() == twin)
      #expect(try reader.count() == twin.count())
      #expect(try directory.query(directory.replica, "SELECT count(*) FROM kv") == [["\(twin.count())"]])
    }
  }

  @Test func `keys come in pages, texts before other bytes`() throws {
    let writer = try directory.openReplica()
    let keys: [[UInt8]] = [[], bytes("a"), bytes("b"), bytes("ü"), [0], [0x80], [0xFF]]
    try writer.apply(
      keys.reversed().enumerated().map { Samples.entry(LogIndex($0 + 1), [.put($1, [])]) })
    let reader = try ReplicaReader(directory: directory.path)
    var found: [[UInt8]] = []
    while true {
      let page = try reader.keys(after: found.last, limit: 2).map(\.key)
      found += page
      if page.isEmpty { break }
    }
    #expect(found == keys)
    #expect(try reader.keys(after: bytes("aa"), limit: 1).map(\.key) == [bytes("b")])
  }

  @Test func `large keys and values are kept whole`() throws {
    let writer = try directory.openReplica()
    let key = [UInt8](repeating: 0x61, count: 65_536)
    let value = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0) }
    try writer.apply([Samples.entry(1, [.put(key, value)])])
    #expect(try ReplicaReader(directory: directory.path).value(for: key)?.value == value)
  }

  @Test func `a running replica answers SQL`() throws {
    let writer = try directory.openReplica()
    try writer.apply(Samples.everyKind)
    try writer.apply([Samples.put(9, "user:1", #"{"name":"Grace"}"#)])
    #expect(
      try directory.query(directory.replica, "SELECT value ->> '$.name' FROM kv WHERE key = 'user:1'")
        == [["Grace"]])
    #expect(
      try directory.query(directory.replica, "SELECT node, cluster, applied_index FROM meta")
        == [["fedcba9876543210", "ffffffffffffffff0000000000000007", "9"]])
    #expect(writer.standing.configuration?.configuration.cluster == Samples.configuration.cluster)
  }

  @Test func `the applied index and the rows survive a kill together`() throws {
    let writer = try directory.openReplica()
    try writer.apply([Samples.put(1, "a", "1")])
    try writer.apply([Samples.put(2, "b", "2"), Samples.noop(3)])
    let killed = try directory.copyAsKilled()
    #expect(try killed.openReplica().applied == 3)
    #expect(try ReplicaReader(directory: killed.path).value(for: bytes("b"))?.value == bytes("2"))
    #expect(try ReplicaReader(directory: killed.path).count() == 2)
  }

  @Test func `the replica of another node is refused`() throws {
    do { _ = try directory.openReplica() }
    let error = #expect(throws: StorageError.self) {
      try ReplicaWriter.open(directory: directory.path, node: NodeID(1))
    }
    #expect(error?.kind == .otherNode)
    #expect(error?.description.contains("fedcba9876543210") == true)
  }

  @Test func `entries that are applied already are skipped, as those are that a snapshot held`() throws {
    let directory = TemporaryDirectory()
    let writer = try directory.openReplica()
    try writer.apply([Samples.put(1, "k", "v"), Samples.noop(2)])
    try writer.apply([Samples.put(1, "k", "other")])
    try writer.apply([Samples.noop(2), Samples.put(3, "k", "w")])
    #expect(writer.applied == 3)
    #expect(try ReplicaReader(directory: directory.path).value(for: Array("k".utf8))?.version == 2)
  }

  @Test func `entries that leave a gap or do not rise are refused`() throws {
    for entries in [[Samples.noop(4)], [Samples.noop(3), Samples.noop(3)]] {
      let directory = TemporaryDirectory()
      let writer = try directory.openReplica()
      try writer.apply([Samples.put(1, "k", "v"), Samples.noop(2)])
      let error = #expect(throws: StorageError.self) { try writer.apply(entries) }
      #expect(error?.kind == .invalidWrite)
      let stopped = #expect(throws: StorageError.self) { try writer.apply([]) }
      #expect(stopped?.kind == .stopped)
      #expect(try ReplicaReader(directory: directory.path).appliedIndex() == 2)
    }
  }

  @Test func `a reader sees a new batch at once and never half of one`() throws {
    let writer = try directory.openReplica()
    let reader = try ReplicaReader(directory: directory.path)
    for index in LogIndex(1)...50 {
      try writer.apply([Samples.put(index, "a", "\(index)")])
      let (value, applied) = try reader.valueAndAppliedIndex(for: bytes("a"))
      #expect(value?.modifiedIndex == applied)
      #expect(applied == index)
    }
  }

  @Test func `a lost replica is built again from the committed part of the log`() throws {
    let log = try directory.openLog()
    try log.append(Samples.everyKind, commit: 6)
    let writer = try directory.openReplica()
    try writer.catchUp(with: try LogReader(directory: directory.path), upTo: log.commit)
    #expect(writer.applied == 6)
    let reader = try ReplicaReader(directory: directory.path)
    #expect(try reader.keys(after: nil, limit: 9).map(\.key) == [[], [0xFF, 0]])
    #expect(try log.recover(applied: writer.applied).unapplied == Array(Samples.everyKind[6...]))
  }
}
