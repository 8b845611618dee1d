import Replication
import Storage

enum LogFileTarget {
  private struct Fixture: Sendable {
    var database: [UInt8]
    var wal: [UInt8]
    var entries: [Entry]
  }

  /// A log with all kinds of entries: some in log.db, some only in the -wal file, as a killed node leaves it.
  private static let fixture: Result<Fixture, any Error> = Result {
    let directory = ScratchDirectory()
    let path = DataDirectory.log(in: directory.path)
    var entries = SampleFrames.entries
    func put(_ range: ClosedRange<UInt64>, size: Int) -> [Entry] {
      range.map { index in
        Entry(
          index: index, epoch: SampleFrames.second, time: Int64(index),
          payload: .mutations([
            .put(
              Array("key:\(index)".utf8), [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size))
          ]))
      }
    }
    let store = try LogStore.open(directory: directory.path) {
      NodeIdentity(id: NodeID(3), name: "n3", role: .slave, listenAddress: nil, createdAt: 0)
    }
    let hard = HardState(
      cluster: SampleFrames.configuration.cluster, promised: SampleFrames.second, highestRound: 2)
    let older = put(4...80, size: 40) + put(81...82, size: 9_000)
    try store.write([LogWrite(ticket: 1, entries: entries + older, hardState: hard, commit: 60)])
    try store.checkpoint()
    let newer = put(83...100, size: 60)
    for entry in newer {
      try store.write([LogWrite(ticket: entry.index, entries: [entry], commit: entry.index - 5)])
    }
    entries += older + newer
    return Fixture(database: directory.read(path), wal: directory.read(path + "-wal"), entries: entries)
  }

  static func run(_ input: [UInt8]) throws {
    let fixture = try fixture.get()
    var source = ByteSource(input)
    let directory = ScratchDirectory()
    let path = DataDirectory.log(in: directory.path)
    var (database, wal) = (fixture.database, fixture.wal)
    let isOneSpotOfWAL = FileDamage.apply(&source, database: &database, wal: &wal)
    try directory.write(database, to: path)
    try directory.write(wal, to: path + "-wal")

    try refusing(path) { try read(LogReader(directory: directory.path), fixture) }
    try refusing(path) {
      let store = try LogStore.open(directory: directory.path) {
        NodeIdentity(id: NodeID(99), name: "new", role: .slave, listenAddress: nil, createdAt: 0)
      }
      guard store.identity.id != NodeID(99) else { return }
      let last = store.lastIndex
      try use(store, fixture, path)
      // The last transactions may have been cut by a crash; no other may be lost without a word.
      try expect(
        !isOneSpotOfWAL || last >= 96,
        "damage in the -wal file took entries after \(last), and nothing says so")
    }
  }

  /// Reads whatever can be read; all of it must be what was written.
  private static func read(_ reader: LogReader, _ fixture: Fixture) throws {
    _ = try reader.identity()
    _ = try reader.hardState()
    _ = try reader.commit()
    _ = try reader.lastIndex()
    var next: LogIndex = 1
    while true {
      let entries = try reader.entries(from: next, limitBytes: 4_096, limitCount: 7)
      guard let last = entries.last else { return }
      try check(entries, fixture)
      next = last.index + 1
    }
  }

  private static func check(_ entries: [Entry], _ fixture: Fixture) throws {
    for entry in entries {
      try expect(
        entry.index >= 1 && entry.index <= UInt64(fixture.entries.count)
          && fixture.entries[Int(entry.index - 1)] == entry,
        "the log gives back \(entry), which was never written")
    }
  }

  /// A log that opens and recovers is a part of what was written, from the start on, and can go on.
  private static func use(_ store: LogStore, _ fixture: Fixture, _ path: String) throws {
    let state = try store.recover(applied: 0)
    try check(state.unapplied, fixture)
    try expect(state.unapplied.count == Int(state.lastIndex), "entries are missing, and nothing says so")
    try expect(
      state.commit <= state.lastIndex, "\(state.commit) are committed of \(state.lastIndex)")
    var core = ReplicationCore(
      options: ReplicationOptions(id: NodeID(3), role: .slave, name: "n3", address: "h:3", seed: 1),
      recovered: state, now: Instant(nanoseconds: 0))
    _ = core.receive(.timer, at: Instant(nanoseconds: 10_000_000_000))
    let next = Entry(
      index: state.lastIndex + 1, epoch: Epoch(round: 1 << 62, master: NodeID(1)), time: 0, payload: .noop)
    try store.write([LogWrite(ticket: 1, entries: [next], commit: state.commit)])
    try expect(store.lastIndex == next.index, "an entry was written and is not there")
    if state.lastIndex > state.commit {
      try store.write([LogWrite(ticket: 2, truncateFrom: state.commit + 1)])
    }
  }
}
