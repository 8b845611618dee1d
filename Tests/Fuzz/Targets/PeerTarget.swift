import NIOCore
import Replication
import Transport

extension FuzzTarget {
  /// What a stranger says on the port of a node before the first frame, on both sides.
  static let introductions = FuzzTarget(
    name: "introductions", summary: "the introductions of two peers", corpus: IntroductionTarget.corpus,
    run: IntroductionTarget.run)

  /// What comes over a link between nodes.
  static let frames = FuzzTarget(
    name: "frames", summary: "the frames of a peer link", corpus: FrameTarget.corpus, run: FrameTarget.run)
}

private enum IntroductionTarget {
  static let sample = PeerIntroduction(
    id: NodeID(7), role: .slave, name: "kiel", address: "10.0.0.1:7001", cluster: ClusterID(high: 1, low: 2),
    version: "1.0.0", dataDirectory: "/data")

  static func corpus() throws -> [[UInt8]] {
    let accepted = Array(try Handshake.acceptance(sample).readableBytesView)
    let body = accepted.drop { $0 != 0x0A }.dropFirst().dropLast(2)
    return [
      [0] + accepted, [0] + Array(Handshake.refusal("wrong cluster: a and b").readableBytesView), [1] + body,
      [0] + Array("$65537\r\n".utf8), [0] + Array("-ERR no\r\n".utf8) + [0, 0, 0, 1, 8],
    ]
  }

  static func run(_ input: [UInt8]) throws {
    var source = ByteSource(input)
    if source.bool() {
      let arguments = [
        Array(Handshake.commandName.utf8), Array("\(Handshake.protocolVersion)".utf8), source.rest(),
      ]
      guard let peer = try attempt({ try Handshake.parseIntroductionCommand(arguments) }) else { return }
      // What was taken can be said again, and means the same.
      let again = Array(try Handshake.acceptance(peer).readableBytesView)
      try expect(try reply(again) == peer, "\(peer) changes when it is sent again")
    } else {
      _ = try reply(source.rest())
    }
  }

  static func reply(_ bytes: [UInt8]) throws -> PeerIntroduction? {
    var buffer = ByteBuffer(bytes: bytes)
    return try attempt { try Handshake.parseIntroductionReply(from: &buffer) } ?? nil
  }
}

enum FrameTarget {
  static func corpus() throws -> [[UInt8]] { try SampleFrames.all.map(encoded) }

  static func encoded(_ frame: PeerFrame) throws -> [UInt8] {
    var buffer = ByteBuffer()
    try PeerFrameEncoder().encode(frame, into: &buffer)
    return Array(buffer.readableBytesView)
  }

  static func run(_ input: [UInt8]) throws {
    var buffer = ByteBuffer(bytes: input)
    var decoder = PeerFrameDecoder(maximumFrameLength: 1 << 20)
    while let frame = try attempt({ try decoder.next(from: &buffer) }) ?? nil {
      var again = ByteBuffer(bytes: try encoded(frame))
      var second = PeerFrameDecoder()
      try expect(try second.next(from: &again) == frame, "\(frame) changes when it is sent again")
    }
  }
}

/// What `body` gives, or nil if it refuses with one of the errors that a hostile peer may cause.
private func attempt<Result>(_ body: () throws -> Result) throws -> Result? {
  do { return try body() } catch is PeerProtocolError { return nil } catch is PeerRefusal { return nil }
}
