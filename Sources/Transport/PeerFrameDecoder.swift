import NIOCore
import Replication
import SwiftProtobuf

/// Takes frames from a buffer to which the bytes of a link are appended as they come.
///
/// Nothing is trusted: whatever the bytes are, the outcome is a frame that the core can take, nil, or an error.
/// After an error the link is lost, and each further call throws the same.
public struct PeerFrameDecoder: Sendable {
  /// The longest frame that is accepted, in bytes without the length prefix.
  public let maximumFrameLength: Int
  private var failure: PeerProtocolError?

  /// Makes a decoder for one link.
  public init(maximumFrameLength: Int = PeerFrame.defaultMaximumLength) {
    self.maximumFrameLength = maximumFrameLength
  }

  /// Takes the next frame, or returns nil, and leaves the buffer as it is, while it is not there completely.
  ///
  /// It never holds bytes back itself; the caller drops what was read (`discardReadBytes`).
  ///
  /// Throws `PeerProtocolError`.
  public mutating func next(from buffer: inout ByteBuffer) throws -> PeerFrame? {
    if let failure { throw failure }
    do {
      guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
      guard length > 0, Int(length) <= maximumFrameLength else {
        throw PeerProtocolError(
          "A frame announces \(length) bytes; allowed are 1 to \(maximumFrameLength). Is the peer a Kvorum node?"
        )
      }
      guard buffer.readableBytes - 4 >= Int(length) else { return nil }
      let frame = try buffer.withUnsafeReadableBytes { memory in
        try Self.decode(UnsafeRawBufferPointer(rebasing: memory[4..<4 + Int(length)]))
      }
      buffer.moveReaderIndex(forwardBy: 4 + Int(length))
      return frame
    } catch let error as PeerProtocolError {
      failure = error
      throw error
    } catch {
      let error = PeerProtocolError("A frame is not a valid message: \(error).")
      failure = error
      throw error
    }
  }

  private static func decode(_ body: UnsafeRawBufferPointer) throws -> PeerFrame {
    // Of a oneof the last member sent counts; it is merged from its last unbroken run of fields.
    var reader = WireReader(body)
    var run = reader
    var kind: UInt8 = 0
    var mark = reader
    while let tag = try reader.tag() {
      if WireTag.PeerMessage.kinds.contains(tag), tag & 7 == 2, tag != kind {
        kind = tag
        run = mark
      }
      try reader.skip(tag)
      mark = reader
    }

    switch kind {
    case WireTag.PeerMessage.append:
      var draft = AppendDraft()
      try forEach(kind, in: run) { try draft.merge(&$0) }
      return .core(.append(try draft.finished()))
    case WireTag.PeerMessage.pullReply:
      var draft = PullReplyDraft()
      try forEach(kind, in: run) { try draft.merge(&$0) }
      return .core(.pullReply(try draft.finished()))
    case WireTag.PeerMessage.readRequest:
      var draft = ReadRequestDraft()
      try forEach(kind, in: run) { try draft.merge(&$0) }
      return .readRequest(try draft.finished())
    case WireTag.PeerMessage.readReply:
      var draft = ReadReplyDraft()
      try forEach(kind, in: run) { try draft.merge(&$0) }
      return .readReply(try draft.finished())
    case 0:
      throw PeerProtocolError(
        "A frame holds no message that this release knows; run the same release on all nodes.")
    default:
      var options = BinaryDecodingOptions()
      options.discardUnknownFields = true
      return try WirePeerMessage(serializedBytes: [UInt8](body), options: options).frame()
    }
  }

  private static func forEach(
    _ tag: UInt8, in run: WireReader, _ merge: (inout WireReader) throws -> Void
  ) throws {
    var reader = run
    while let next = try reader.tag() {
      guard next == tag else {
        try reader.skip(next)
        continue
      }
      var message = try reader.message()
      try merge(&message)
    }
  }
}
