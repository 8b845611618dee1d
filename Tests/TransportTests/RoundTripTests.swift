import NIOCore
import Replication
import SwiftProtobuf
import Testing

@testable import Transport

@Suite struct RoundTripTests {
  @Test(arguments: 0..<RandomContent.kinds)
  func everyKindOfFrameComesOutAsItWentIn(kind: Int) throws {
    var content = RandomContent(seed: UInt64(kind))
    for _ in 0..<200 {
      let frame = content.frame(kind: kind)
      var buffer = ByteBuffer()
      try PeerFrameEncoder().encode(frame, into: &buffer)
      var decoder = PeerFrameDecoder()
      #expect(try decoder.next(from: &buffer) == frame)
      #expect(buffer.readableBytes == 0)
    }
  }

  @Test(arguments: 0..<RandomContent.kinds)
  func theGeneratedCodeReadsWhatTheEncoderWrites(kind: Int) throws {
    var content = RandomContent(seed: 100 + UInt64(kind))
    for _ in 0..<200 {
      let frame = content.frame(kind: kind)
      #expect(try WirePeerMessage(serializedBytes: encode(frame)) == .generated(frame))
    }
  }

  @Test(arguments: 0..<RandomContent.kinds)
  func theDecoderReadsWhatTheGeneratedCodeWrites(kind: Int) throws {
    var content = RandomContent(seed: 200 + UInt64(kind))
    for _ in 0..<200 {
      let frame = content.frame(kind: kind)
      #expect(try decode(.generated(frame)) == frame)
    }
  }

  @Test func framesThatComeByteByByteComeOutInOrder() throws {
    var content = RandomContent(seed: 7)
    let frames = (0..<60).map { content.frame(kind: $0 % RandomContent.kinds) }
    var sent = ByteBuffer()
    for frame in frames { try PeerFrameEncoder().encode(frame, into: &sent) }

    var decoder = PeerFrameDecoder()
    var received = ByteBuffer()
    var out: [PeerFrame] = []
    for byte in sent.readableBytesView {
      received.writeInteger(byte)
      while let frame = try decoder.next(from: &received) { out.append(frame) }
    }
    #expect(out == frames)
    #expect(received.readableBytes == 0)
  }

  @Test func aValueOf64MiBCrossesInAnEntryAndInAReadReply() throws {
    let value = [UInt8](repeating: 0xa5, count: 64 << 20)
    let epoch = Epoch(round: 1, master: NodeID(1))
    let entry = Entry(index: 1, epoch: epoch, time: 0, payload: .mutations([.put([1], value)]))
    let append = Message.Append(epoch: epoch, number: 1, previous: .zero, entries: [entry], commit: 0)
    let reply = ReadReply(
      number: 1, value: value, modifiedIndex: 1, version: 1, expiresAt: nil, appliedIndex: 1)
    for frame in [PeerFrame.core(.append(append)), .readReply(reply)] {
      var buffer = ByteBuffer()
      try PeerFrameEncoder().encode(frame, into: &buffer)
      var decoder = PeerFrameDecoder()
      #expect(try decoder.next(from: &buffer) == frame)
    }
  }
}
