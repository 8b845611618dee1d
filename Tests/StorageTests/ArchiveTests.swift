import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct ArchiveTests {
  private let directory = TemporaryDirectory()
  private var folder: String { directory.path + "/archive" }

  private func node() throws -> LogStore {
    let log = try directory.openLog()
    try log.append(Samples.everyKind, commit: LogIndex(Samples.everyKind.count))
    let replica = try directory.openReplica()
    try replica.apply(Samples.everyKind)
    return log
  }

  private var segments: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix("segment-") }
      .sorted()
  }

  private func archive(_ log: LogStore) throws -> LogArchive {
    try LogArchive(directory: folder, node: log.identity.id, log: directory.path)
  }

  @Test func `segments hold what is trimmed, and chain on to each other and to the log`() throws {
    let log = try node()
    let archive = try archive(log)
    for index: LogIndex in [3, 6] {
      #expect(try archive.keep(upTo: index) == index)
      try log.trim(upTo: index, within: try directory.openReplica().makeDurable(), limit: 100)
    }
    #expect(segments.count == 2)
    var entries: [Entry] = []
    var previous = LogBase.zero
    for name in segments {
      let reader = try LogReader(path: folder + "/" + name)
      let base = try reader.base()
      #expect(base.index == previous.index && base.checksum == previous.checksum)
      entries += try reader.entries(from: base.index + 1, limitBytes: .max, limitCount: .max)
      previous = try #require(try reader.point(at: try reader.lastIndex()))
    }
    #expect(previous == log.base)
    entries += try LogReader(directory: directory.path).entries(from: 7, limitBytes: .max, limitCount: .max)
    #expect(entries == Samples.everyKind)
  }

  @Test func `a segment that a run has left before it could trim is used again, and no other one`() throws {
    let log = try node()
    try archive(log).keep(upTo: 4)
    let before = segments
    #expect(try archive(log).keep(upTo: 3) == 4)
    #expect(segments == before)
    // One of another history under the same name does not count.
    let path = folder + "/" + before[0]
    try SQLiteConnection(path: path, mode: .readWrite).execute("UPDATE base SET checksum = 5")
    #expect(try archive(log).keep(upTo: 4) == 4)
    #expect(try LogReader(path: path).base().checksum == 0)
  }

  @Test func `what an attempt that was cut off has left is cleared away`() throws {
    let log = try node()
    let partial = folder + "/.partial-\(log.identity.id)"
    try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: partial + "/log.db"))
    #expect(try archive(log).keep(upTo: 2) == 2)
    #expect(!FileManager.default.fileExists(atPath: partial))
  }

  @Test func `a folder that cannot be written is an error that names it`() throws {
    let log = try node()
    try Data().write(to: URL(fileURLWithPath: folder))
    #expect(throws: StorageError.self) { try archive(log) }
  }
}
