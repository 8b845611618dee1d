import NIOCore
import Replication
import Testing

@testable import Transport

@Suite struct EncodedEntriesTests {
  @Test func entriesEncodedOnceGiveTheSameFrameAsAnAppendThatHoldsThem() throws {
    var content = RandomContent(seed: 11)
    let encoder = PeerFrameEncoder()
    for _ in 0..<300 {
      let append = content.append()
      let entries = try EncodedEntries(append.entries)
      let header = AppendHeader(append)
      var whole = ByteBuffer()
      try encoder.encode(.core(.append(append)), into: &whole)

      var joined = ByteBuffer()
      try encoder.encode(header, entries: entries, into: &joined)
      #expect(joined == whole)

      var inTwo = ByteBuffer()
      try encoder.encodeHead(header, entries: entries, into: &inTwo)
      inTwo.writeImmutableBuffer(entries.bytes)
      #expect(inTwo == whole)
    }
  }

  @Test func aSliceOfEntriesTellsItsOwnBounds() throws {
    let epoch = Epoch(round: 3, master: NodeID(5))
    let entries = (1...10).map { Entry(index: $0, epoch: epoch, time: 0, payload: .noop) }
    let encoded = try EncodedEntries(entries[4..<7])
    #expect(encoded.count == 3)
    #expect(encoded.firstIndex == 5)
    #expect(encoded.last == LogPosition(epoch: epoch, index: 7))
    #expect(try EncodedEntries([]).last == .zero)
  }

  @Test func entriesThatDoNotContinueTheHeaderAreNotSent() throws {
    let epoch = Epoch(round: 1, master: NodeID(1))
    let entries = try EncodedEntries([Entry(index: 5, epoch: epoch, time: 0, payload: .noop)])
    let header = AppendHeader(
      epoch: epoch, number: 1, previous: LogPosition(epoch: epoch, index: 3), commit: 0)
    var buffer = ByteBuffer()
    #expect(throws: PeerProtocolError.self) {
      try PeerFrameEncoder().encode(header, entries: entries, into: &buffer)
    }
    #expect(throws: PeerProtocolError.self) {
      try PeerFrameEncoder().encodeHead(header, entries: entries, into: &buffer)
    }
    #expect(buffer.readableBytes == 0)
  }

  @Test func theCacheGivesTheEntriesThatWereAskedFor() throws {
    var content = RandomContent(seed: 12)
    let epoch = Epoch(round: 2, master: NodeID(8))
    let log = (1...40).map { Entry(index: $0, epoch: epoch, time: 0, payload: content.payload()) }
    var cache = EncodedEntriesCache(capacity: 3)
    for _ in 0..<500 {
      let first = Int.random(in: 0..<6, using: &content.random)
      let count = Int.random(in: 0..<4, using: &content.random)
      let wanted = Array(log[first..<first + count])
      #expect(try cache.encoded(wanted).bytes == EncodedEntries(wanted).bytes)
    }
  }

  @Test func theCacheTellsReignsApart() throws {
    var cache = EncodedEntriesCache()
    let old = Entry(index: 1, epoch: Epoch(round: 1, master: NodeID(1)), time: 0, payload: .noop)
    let new = Entry(index: 1, epoch: Epoch(round: 2, master: NodeID(1)), time: 0, payload: .noop)
    _ = try cache.encoded([old])
    #expect(try cache.encoded([new]).bytes == EncodedEntries([new]).bytes)
  }
}
