import NIOCore
import Replication
import SwiftProtobuf
import Testing

@testable import Transport

/// What protobuf demands of every reader, checked on the hand-written one.
@Suite struct ConformanceTests {
  /// Fields that nobody knows, one of each wire type, a nested group and a high field number among them.
  private let unknown: [UInt8] = [
    0xf8, 0x01, 0x96, 0x01,  // 31: varint
    0xf9, 0x01, 1, 2, 3, 4, 5, 6, 7, 8,  // 31: 64 bits
    0xfa, 0x01, 0x03, 9, 9, 9,  // 31: bytes
    0xfb, 0x01, 0x0b, 0x08, 0x01, 0x0c, 0xfc, 0x01,  // 31: a group with a group in it
    0xfd, 0x01, 1, 2, 3, 4,  // 31: 32 bits
    0xf8, 0xff, 0xff, 0xff, 0x0f, 0x00,  // the highest field number
  ]

  @Test func unknownFieldsAreSkippedOnEveryLevel() throws {
    var content = RandomContent(seed: 21)
    for kind in 0..<RandomContent.kinds {
      for _ in 0..<50 {
        let frame = content.frame(kind: kind)
        let body: [UInt8] = try withUnknownFields(.generated(frame)).serializedBytes()
        #expect(try decode(body) == frame)
      }
    }
  }

  @Test func aMessageInTwoPartsIsMerged() throws {
    var content = RandomContent(seed: 22)
    for _ in 0..<200 {
      let append = content.append()
      let whole = WirePeerMessage.generated(.core(.append(append)))
      var head = whole
      head.append.entries = []
      head.append.clearPrevious()
      head.append.epoch.master = 77
      var tail = WirePeerMessage()
      tail.append.previous = whole.append.previous
      tail.append.entries = whole.append.entries
      tail.append.epoch.master = whole.append.epoch.master
      let body: [UInt8] = try head.serializedBytes() + unknown + tail.serializedBytes()
      #expect(try decode(body) == .core(.append(append)))
    }
  }

  @Test func theLastMessageOfAFrameCounts() throws {
    var content = RandomContent(seed: 23)
    var understood = 0
    for _ in 0..<300 {
      let frames = (0..<3).map { _ in content.frame() }
      let bodies = try frames.map { try encode($0) }
      let reference = try WirePeerMessage(serializedBytes: bodies.flatMap { $0 })
      let merged: [UInt8] = try reference.serializedBytes()
      let expected = try? decode(merged)
      let actual = try? decode(bodies.flatMap { $0 })
      #expect(actual == expected)
      understood += expected == nil ? 0 : 1
    }
    #expect(understood > 100)
  }

  @Test func partsOfAnEntryAreMergedAndOfItsPayloadTheLastCounts() throws {
    var content = RandomContent(seed: 24)
    let epoch = Epoch(round: 1, master: NodeID(1))
    for _ in 0..<300 {
      let parts = (0..<3).map { _ in
        WirePeerMessage.generated(Entry(index: 1, epoch: epoch, time: 5, payload: content.payload()))
      }
      let bytes: [UInt8] = try parts.flatMap { try $0.serializedBytes() as [UInt8] }
      var reference = WirePeerMessage()
      reference.append.epoch = WireEpoch(epoch)
      reference.append.previous = WireLogPosition()
      reference.append.entries = [try WireEntry(serializedBytes: bytes)]

      var header = reference
      header.append.entries = []
      let inner: [UInt8] = try header.append.serializedBytes()
      let entry = [WireTag.Append.entries] + varint(bytes.count) + bytes
      let body = [WireTag.PeerMessage.append] + varint(inner.count + entry.count) + inner + entry
      let decoded = try? decode(body)
      #expect(decoded == (try? decode(reference)))
      if let decoded {
        #expect(WirePeerMessage.generated(decoded).append.entries == reference.append.entries)
      }
    }
  }

  private func varint(_ value: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private func with<M: SwiftProtobuf.Message>(_ message: M) throws -> M {
    try M(serializedBytes: message.serializedBytes() + unknown)
  }

  private func withUnknownFields(_ message: WirePeerMessage) throws -> WirePeerMessage {
    var message = message
    switch message.kind {
    case .append(var append):
      append.epoch = try with(append.epoch)
      append.previous.epoch = try with(append.previous.epoch)
      append.previous = try with(append.previous)
      append.entries = try append.entries.map(withUnknownFields)
      message.append = try with(append)
    case .pullReply(var reply):
      reply.entries = try reply.entries.map(withUnknownFields)
      message.pullReply = try with(reply)
    case .readRequest(let request): message.readRequest = try with(request)
    case .readReply(let reply): message.readReply = try with(reply)
    default: break
    }
    return try with(message)
  }

  private func withUnknownFields(_ entry: WireEntry) throws -> WireEntry {
    var entry = entry
    entry.epoch = try with(entry.epoch)
    switch entry.payload {
    case .configuration(let configuration): entry.configuration = try with(configuration)
    case .mutations(var mutations):
      mutations.mutations = try mutations.mutations.map(with)
      entry.mutations = try with(mutations)
    default: break
    }
    return try with(entry)
  }
}
