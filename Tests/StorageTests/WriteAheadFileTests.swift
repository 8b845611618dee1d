import Foundation
import Replication
import Storage
import Testing

/// SQLite takes the first frame that does not fit for the end of a -wal file. These tests hold a damaged file apart
/// from one that a crash has cut.
@Suite struct WriteAheadFileTests {
  private static let frame = 24 + 4_096

  /// A log whose 20 entries, each a transaction, stand in the -wal file alone, as a killed node leaves it.
  private func killed() throws -> TemporaryDirectory {
    let directory = TemporaryDirectory()
    let log = try directory.openLog()
    for index: LogIndex in 1...20 {
      try log.append([Samples.put(index, "key:\(index)", "value-of-\(index)")], commit: index - 1)
    }
    let copy = try directory.copyAsKilled()
    withExtendedLifetime(log) {}
    return copy
  }

  private func change(_ directory: TemporaryDirectory, _ body: (inout Data) throws -> Void) throws {
    let file = URL(filePath: directory.log + "-wal")
    var bytes = try Data(contentsOf: file)
    try body(&bytes)
    try bytes.write(to: file)
  }

  @Test func `what a kill leaves opens whole`() throws {
    #expect(try killed().openLog().lastIndex == 20)
  }

  @Test func `a flipped bit in an older transaction is refused, and no entry is lost without a word`() throws
  {
    let directory = try killed()
    try change(directory) { bytes in
      let place = try #require(bytes.range(of: Data("value-of-12".utf8)))
      bytes[place.lowerBound] ^= 1
    }
    let error = #expect(throws: StorageError.self) { try directory.openLog() }
    #expect(error?.kind == .damaged)
    #expect(error?.path == directory.log + "-wal")
    #expect(error?.description.contains("is damaged in frame") == true)
  }

  @Test(arguments: [0, 8, 16, 24])
  func `a flipped bit in the header is refused`(_ place: Int) throws {
    let directory = try killed()
    try change(directory) { $0[place] ^= 0x10 }
    let error = #expect(throws: StorageError.self) { try directory.openLog() }
    #expect(error?.description.contains("is damaged in its header") == true)
  }

  @Test func `a file that a crash has cut anywhere opens with what was whole`() throws {
    let whole = try killed()
    let length = try Data(contentsOf: URL(filePath: whole.log + "-wal")).count
    for cut in stride(from: 0, through: length, by: Self.frame / 2 + 7) {
      let directory = try whole.copyAsKilled()
      try change(directory) { $0 = $0.prefix(cut) }
      let log = try directory.openLog()
      #expect(try log.recover(applied: 0).unapplied.count == Int(log.lastIndex))
    }
  }

  @Test func `a last transaction that reached the disk in part and out of order is left out`() throws {
    let directory = try killed()
    // Its last frame is there, the one before is not.
    try change(directory) { bytes in
      let start = bytes.count - 2 * Self.frame
      bytes.replaceSubrange(start..<start + Self.frame, with: Data(count: Self.frame))
    }
    #expect(try directory.openLog().lastIndex == 19)
  }

  @Test func `a log that goes on after such a crash is whole`() throws {
    let directory = try killed()
    try change(directory) { $0 = $0.dropLast(Self.frame + 100) }
    do {
      let log = try directory.openLog()
      try log.append([Samples.put(log.lastIndex + 1, "key:20", "again")])
    }
    let log = try directory.openLog()
    #expect(try log.recover(applied: 0).unapplied.last?.index == log.lastIndex)
  }
}
