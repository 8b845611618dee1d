import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct TrimmingTests {
  private let directory = TemporaryDirectory()

  /// A log whose entries are all committed and applied.
  private func open(_ entries: [Entry]) throws -> (log: LogStore, replica: ReplicaWriter) {
    let log = try directory.openLog()
    try log.append(entries, commit: LogIndex(entries.count))
    let replica = try directory.openReplica()
    try replica.apply(entries)
    return (log, replica)
  }

  @Test func `a trimmed log begins after its base, and goes on as before`() throws {
    do {
      let (log, replica) = try open(Samples.everyKind)
      try log.trim(upTo: 7, within: try replica.makeDurable(), limit: 5)
      #expect(log.base.index == 5)
      try log.trim(upTo: 7, within: try replica.makeDurable(), limit: 5)
      #expect(log.base.position == LogPosition(epoch: Samples.second, index: 7))
      #expect(log.base.configuration?.configuration == Samples.configuration)
    }
    let log = try directory.openLog()
    let state = try log.recover(applied: 7)
    #expect(state.base == LogPosition(epoch: Samples.second, index: 7))
    #expect(state.unapplied == [Samples.everyKind[7]])
    #expect(state.reigns.map(\.first) == [1, 7])
    #expect(state.configurations.map(\.index) == [1])
    try log.append([Samples.put(9, "a", "1", epoch: Samples.second)], commit: 9)
    let reader = try LogReader(directory: directory.path)
    #expect(try reader.entries(from: 8, limitBytes: .max, limitCount: .max).count == 2)
    #expect(try reader.lastIndex() == 9)
  }

  @Test func `the whole log can go, and the next entry continues the chain`() throws {
    do {
      let (log, replica) = try open(Samples.everyKind)
      try log.trim(upTo: 8, within: try replica.makeDurable(), limit: 100)
      #expect(try LogReader(directory: directory.path).lastIndex() == 8)
    }
    let log = try directory.openLog()
    #expect(log.lastIndex == 8)
    try log.append([Samples.noop(9, epoch: Samples.second)], commit: 9)
    let expected = Samples.everyKind.reduce(EntryChecksum.initial) { EntryChecksum.next(after: $0, $1) }
    let reader = try LogReader(directory: directory.path)
    #expect(try reader.checksum(at: 8) == expected)
    #expect(
      try reader.checksum(at: 9)
        == EntryChecksum.next(after: expected, Samples.noop(9, epoch: Samples.second)))
    #expect(try log.recover(applied: 8).reigns.last == Reign(first: 7, epoch: Samples.second))
  }

  @Test func `entries that were trimmed are said to be trimmed`() throws {
    let (log, replica) = try open(Samples.everyKind)
    try log.trim(upTo: 4, within: try replica.makeDurable(), limit: 100)
    let reader = try LogReader(directory: directory.path)
    for first: LogIndex in [0, 1, 4] {
      let error = #expect(throws: StorageError.self) {
        try reader.entries(from: first, limitBytes: .max, limitCount: .max)
      }
      #expect(error?.kind == .trimmed)
    }
    #expect(try reader.entries(from: 5, limitBytes: .max, limitCount: .max).first == Samples.everyKind[4])
  }

  @Test func `nothing is trimmed that is not applied on disk`() throws {
    let log = try directory.openLog()
    try log.append(Samples.everyKind, commit: 8)
    let replica = try directory.openReplica()
    try replica.apply(Array(Samples.everyKind.prefix(3)))
    let durable = try replica.makeDurable()
    let error = #expect(throws: StorageError.self) { try log.trim(upTo: 4, within: durable, limit: 100) }
    #expect(error?.kind == .invalidWrite)
  }

  @Test func `a base that was edited is found`() throws {
    do {
      let (log, replica) = try open(Samples.everyKind)
      try log.trim(upTo: 4, within: try replica.makeDurable(), limit: 100)
    }
    try directory.tamper(directory.log, "UPDATE base SET checksum = checksum + 1")
    let reader = try LogReader(directory: directory.path)
    #expect(throws: StorageError.self) { try reader.entries(from: 5, limitBytes: .max, limitCount: .max) }
    try directory.tamper(directory.log, "UPDATE base SET \"index\" = 3")
    #expect(throws: StorageError.self) { try reader.entries(from: 5, limitBytes: .max, limitCount: .max) }
  }

  @Test func `a replica that is older than the trimmed log is refused with the way out`() throws {
    let (log, replica) = try open(Samples.everyKind)
    try log.trim(upTo: 8, within: try replica.makeDurable(), limit: 100)
    let error = #expect(throws: StorageError.self) { try log.recover(applied: 3) }
    #expect(error?.kind == .replicaBehind)
    #expect(error?.description.contains("kvorum admin snapshot") == true)
  }

  @Test func `room that a burst took goes back to the file system`() throws {
    let value = [UInt8](repeating: 7, count: 200_000)
    let entries = (1...200).map { Samples.entry(LogIndex($0), [.put(Array("k".utf8), value)]) }
    let (log, replica) = try open(entries)
    try log.checkpoint()
    let full = log.sizes.database
    let durable = try replica.makeDurable()
    for index in LogIndex(1)...200 { try log.trim(upTo: index, within: durable, limit: 1) }
    try log.checkpoint()
    #expect(full > 40_000_000)
    #expect(log.sizes.database < full / 3)
  }
}
