import Foundation
import Replication
import SQLite
import Testing

@testable import Storage

@Suite struct NoRoomTests {
  private let directory = TemporaryDirectory()

  private func entries(_ first: LogIndex, _ count: LogIndex) -> [Entry] {
    (first..<first + count).map { Samples.put($0, "key \($0)", String(repeating: "x", count: 5_000)) }
  }

  @Test func aLogThatFoundNoRoomIsAsItWasAndGoesOnWhenThereIsRoom() throws {
    let store = try directory.openLog()
    try store.append(entries(1, 2), commit: 1)
    let pages = try #require(try store.connection.integer("PRAGMA page_count"))
    try store.connection.execute("PRAGMA max_page_count = \(pages + 3)")
    for _ in 0..<2 {
      let error = #expect(throws: StorageError.self) { try store.append(entries(3, 20), commit: 2) }
      #expect(error?.kind == .noRoom)
      #expect(store.lastIndex == 2 && store.commit == 1)
    }
    try store.connection.execute("PRAGMA max_page_count = 100000")
    try store.append(entries(3, 20), commit: 2)
    let read = try LogReader(directory: directory.path).entries(from: 1, limitBytes: .max, limitCount: .max)
    #expect(read == entries(1, 22))
  }

  @Test func aReplicaThatFoundNoRoomIsAsItWasAndGoesOnWhenThereIsRoom() throws {
    let writer = try directory.openReplica()
    try writer.apply(entries(1, 2))
    let pages = try #require(try writer.connection.integer("PRAGMA page_count"))
    try writer.connection.execute("PRAGMA max_page_count = \(pages + 3)")
    let error = #expect(throws: StorageError.self) { try writer.apply(entries(3, 20)) }
    #expect(error?.kind == .noRoom)
    #expect(writer.applied == 2)
    try writer.connection.execute("PRAGMA max_page_count = 100000")
    try writer.apply(entries(3, 20))
    #expect(try ReplicaReader(directory: directory.path).count() == 22)
  }

  @Test func aReserveIsRealRoomThatOutlastsTheProcess() throws {
    try directory.make()
    let reserve = DiskReserve(directory: directory.path)
    #expect(!reserve.isHeld && !reserve.release())
    #expect(reserve.hold() && reserve.isHeld && reserve.hold())
    var status = stat()
    #expect(stat(directory.path + "/reserve", &status) == 0)
    #expect(Int64(status.st_blocks) * 512 >= DiskReserve.size)
    let next = DiskReserve(directory: directory.path)
    #expect(next.isHeld && next.release() && !next.isHeld && !next.release())
    #expect(stat(directory.path + "/reserve", &status) != 0)
  }
}
