import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct ScrubTests {
  private let directory = TemporaryDirectory()

  /// A replica of a thousand keys.
  private func make() throws {
    let entries = (1...1_000).map { Samples.put(LogIndex($0), "key\($0)", "value\($0)") }
    try directory.openReplica().apply(entries)
  }

  private func tamper(_ sql: String) throws {
    try SQLiteConnection(path: DataDirectory.replica(in: directory.path), mode: .readWrite).execute(sql)
  }

  private func scrub() throws -> Int {
    let scrub = try ReplicaScrub(directory: directory.path)
    var steps = 0
    while try !scrub.step().isAtEnd { steps += 1 }
    try scrub.checkSum()
    return steps
  }

  @Test func `a sound replica is read to its end in small steps, again and again`() throws {
    try make()
    #expect(try scrub() == 5)
    let again = try ReplicaScrub(directory: directory.path)
    for _ in 0..<2 { while try !again.step().isAtEnd {} }
  }

  @Test(arguments: [
    ("UPDATE kv SET value = 'x' WHERE key = 'key900'", "the row of the key 'key900'"),
    ("UPDATE kv SET checksum = checksum + 1 WHERE key = 'key7'", "the row of the key 'key7'"),
    ("DELETE FROM kv WHERE key = 'key7'", "it has 999 rows, and 1000 were written"),
    (
      "DELETE FROM kv WHERE key = 'key7'; UPDATE meta SET key_count = 999",
      "its rows do not add up to what was written"
    ),
  ])
  func `what another hand has changed is damage`(sql: String, says: String) throws {
    try make()
    try tamper(sql)
    let error = try #require(throws: StorageError.self) { try scrub() }
    #expect(error.kind == .damaged)
    #expect(error.description.contains(says), "\(error)")
  }
}

@Suite struct RefillTests {
  private let directory = TemporaryDirectory()
  private let other = TemporaryDirectory()

  /// A node whose log begins after an entry, and another one's replica at one.
  private func make(base: LogIndex, last: LogIndex = 8, copyAt: LogIndex) throws {
    let log = try directory.openLog()
    try log.write([
      LogWrite(
        ticket: 1, entries: Array(Samples.everyKind.prefix(Int(last))),
        hardState: HardState(
          cluster: Samples.configuration.cluster, promised: Epoch(round: 9, master: NodeID(7)),
          highestRound: 9),
        commit: last)
    ])
    let replica = try directory.openReplica()
    try replica.apply(Array(Samples.everyKind.prefix(Int(last))))
    if base > 0 { try log.trim(upTo: base, within: try replica.makeDurable(), limit: 100) }
    try other.openReplica().apply(Array(Samples.everyKind.prefix(Int(copyAt))))
    try ReplicaReader(directory: other.path).copy(to: try refill.incoming)
  }

  private var refill: ReplicaRefill { get throws { try ReplicaRefill(directory: directory.path) } }

  /// Starts the node as a release does.
  private func start() throws -> RecoveredState {
    let log = try directory.openLog()
    let replica = try directory.openReplica()
    try log.finishInstallation(by: replica.standing)
    try replica.catchUp(with: try LogReader(directory: directory.path), upTo: log.commit)
    return try log.recover(applied: replica.applied)
  }

  @Test func `a log with all entries builds the replica again by itself`() throws {
    try make(base: 0, copyAt: 8)
    #expect(try refill.setAside() == .nothing)
    #expect(FileManager.default.fileExists(atPath: directory.path + "/replica-damaged.db"))
    #expect(try start().applied == 8)
  }

  @Test(arguments: [5, 6, 8] as [LogIndex])
  func `a copy takes the place of a replica that a trimmed log cannot build`(copyAt: LogIndex) throws {
    try make(base: 5, copyAt: copyAt)
    #expect(try refill.setAside() == .copy(standingAtLeast: 5))
    let error = try #require(throws: StorageError.self) { try start() }
    #expect(error.kind == .replicaBehind)
    #expect(try refill.take().index == copyAt)
    let state = try start()
    #expect(state.applied == 8)
    #expect(state.base.index == 5)
    // Nothing that was promised is forgotten.
    #expect(state.hardState.promised == Epoch(round: 9, master: NodeID(7)))
  }

  @Test func `a copy beyond the log begins it anew, and the promises stay`() throws {
    try make(base: 3, last: 6, copyAt: 8)
    _ = try refill.setAside()
    #expect(try refill.take().index == 8)
    let state = try start()
    #expect(state.base.index == 8)
    #expect(state.lastIndex == 8)
    #expect(state.hardState.promised == Epoch(round: 9, master: NodeID(7)))
  }

  @Test func `an older copy, a damaged one and one of another cluster are refused`() throws {
    try make(base: 5, copyAt: 4)
    _ = try refill.setAside()
    #expect(try #require(throws: StorageError.self) { try refill.take() }.kind == .replicaBehind)
    try FileManager.default.removeItem(atPath: refill.incoming)
    try ReplicaReader(directory: other.path).copy(to: refill.incoming)
    try SQLiteConnection(path: refill.incoming, mode: .readWrite).execute(
      "UPDATE kv SET version = version + 1")
    #expect(try #require(throws: StorageError.self) { try refill.take() }.kind == .damaged)
  }
}
