import NIOCore
import Replication
import Transport

/// What bad clients and false peers send.
enum HostileBytes {
  static let halfRequest = Array("*2\r\n$3\r\nGET\r\n$5\r\nab".utf8)
  static let endlessLine = [UInt8](repeating: 97, count: 60_000)
  /// Each of these is answered with an error, and the connection closed.
  static let impossible = [
    "*1000000000\r\n", "*1\r\n$99999999999\r\n", "*-9223372036854775808\r\n$1\r\n", "*1\r\n:1\r\n",
    "*99999999999999999999\r\n", "*2\r\n$1\r\nabc\r\n", "GET \"unclosed\r\n", "GET / HTTP/1.1\r\n",
  ].map { Array($0.utf8) }

  /// The introduction of a slave that does not exist, as the peer protocol has it.
  static func introduction(_ id: UInt16) -> [UInt8] {
    func text(_ field: UInt8, _ text: String) -> [UInt8] {
      [field << 3 | 2, UInt8(text.utf8.count)] + text.utf8
    }
    let body: [UInt8] =
      [0x09, UInt8(id & 0xFF), UInt8(id >> 8), 0, 0, 0, 0, 0, 0xEE, 0x10, 3] + text(3, "stranger-\(id)")
      + text(4, "127.0.0.1:1")
      + text(6, "1.0.0") + text(7, "/none")
    return RESPConnection.encode([
      Array("KVORUM.PEER".utf8), Array("\(Handshake.protocolVersion)".utf8), body,
    ])
  }

  /// What a follower answers to an append, as a frame of the peer protocol.
  static func answer(_ outcome: Message.AppendReply.Outcome, in epoch: Epoch) throws -> [UInt8] {
    var frame = ByteBuffer()
    let reply = Message.AppendReply(epoch: epoch, number: 1 << 60, outcome: outcome, applied: 0)
    try PeerFrameEncoder().encode(.core(.appendReply(reply)), into: &frame)
    return Array(frame.readableBytesView)
  }

  /// Introductions that cannot be understood.
  static let falseIntroductions = [
    RESPConnection.encode([
      Array("KVORUM.PEER".utf8), Array("\(Handshake.protocolVersion)".utf8),
      [UInt8](repeating: 0xFF, count: 300),
    ]),
    RESPConnection.encode([Array("KVORUM.PEER".utf8), Array("999".utf8), []]),
  ]
}
