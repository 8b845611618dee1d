import NIOCore
import SwiftProtobuf

@testable import Transport

/// The bytes as one frame.
func framed(_ body: [UInt8]) -> ByteBuffer {
  var buffer = ByteBuffer()
  buffer.writeInteger(UInt32(body.count))
  buffer.writeBytes(body)
  return buffer
}

/// What a decoder makes of a body.
func decode(_ body: [UInt8]) throws -> PeerFrame? {
  var buffer = framed(body)
  var decoder = PeerFrameDecoder()
  return try decoder.next(from: &buffer)
}

/// What a decoder makes of a generated message.
func decode(_ message: WirePeerMessage) throws -> PeerFrame? {
  let body: [UInt8] = try message.serializedBytes()
  return try decode(body)
}

/// The body of a frame as the encoder writes it.
func encode(_ frame: PeerFrame) throws -> [UInt8] {
  var buffer = ByteBuffer()
  try PeerFrameEncoder().encode(frame, into: &buffer)
  return Array(buffer.readableBytesView.dropFirst(4))
}
