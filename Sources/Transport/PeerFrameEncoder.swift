import NIOCore
import Replication
import SwiftProtobuf

/// Appends frames to a buffer: four bytes of length, big-endian, then a `PeerMessage`.
///
/// If a method throws, the buffer is as it was before.
public struct PeerFrameEncoder: Sendable {
  /// The longest frame that may be sent, in bytes without the length prefix.
  public let maximumFrameLength: Int

  /// Makes an encoder.
  public init(maximumFrameLength: Int = PeerFrame.defaultMaximumLength) {
    self.maximumFrameLength = maximumFrameLength
  }

  /// Appends one frame.
  ///
  /// Throws `PeerProtocolError` if the frame would be longer than the limit.
  public func encode(_ frame: PeerFrame, into buffer: inout ByteBuffer) throws {
    switch frame {
    case .core(.append(let append)):
      let header = AppendHeader(append)
      let entries = append.entries[...]
      let entriesSize = try entries.wireSize()
      try write(WireTag.PeerMessage.append, size: header.wireSize + entriesSize, into: &buffer) { writer in
        header.write(to: &writer)
        try entries.write(to: &writer)
      }
    case .core(.pullReply(let reply)):
      let entriesSize = try reply.entries[...].wireSize()
      let size = reply.headerWireSize + entriesSize
      try write(WireTag.PeerMessage.pullReply, size: size, into: &buffer) { writer in
        reply.writeHeader(to: &writer)
        try reply.entries[...].write(to: &writer)
      }
    case .readRequest(let request):
      try write(WireTag.PeerMessage.readRequest, size: request.wireSize, into: &buffer) {
        request.write(to: &$0)
      }
    case .readReply(let reply):
      try write(WireTag.PeerMessage.readReply, size: reply.wireSize, into: &buffer) { reply.write(to: &$0) }
    case .core, .report:
      let body: [UInt8] = try WirePeerMessage(frame).serializedBytes()
      try writeFrame(size: body.count, into: &buffer) { $0.encoded(body) }
    }
  }

  /// Appends an append whose entries were encoded before.
  ///
  /// Throws `PeerProtocolError` if the entries do not continue the header's `previous`, or if the frame would be
  /// longer than the limit.
  public func encode(
    _ header: AppendHeader, entries: EncodedEntries, into buffer: inout ByteBuffer
  ) throws {
    try checkSequence(header, entries)
    let size = header.wireSize + entries.bytes.readableBytes
    try write(WireTag.PeerMessage.append, size: size, into: &buffer) { writer in
      header.write(to: &writer)
      writer.encoded(entries.bytes)
    }
  }

  /// Appends an append up to its entries; `entries.bytes` has to follow on the link at once.
  ///
  /// This saves the copy of the entries: the caller writes two buffers.
  ///
  /// Throws as `encode(_:entries:into:)` does.
  public func encodeHead(
    _ header: AppendHeader, entries: EncodedEntries, into buffer: inout ByteBuffer
  ) throws {
    try checkSequence(header, entries)
    let headerSize = header.wireSize
    let size = headerSize + entries.bytes.readableBytes
    let frame = WireSize.delimited(size)
    try checkLength(frame)
    let head = 4 + frame - entries.bytes.readableBytes
    try buffer.checkRoom(for: head)
    try buffer.writeWire(size: head) { writer in
      writer.bigEndian32(UInt32(frame))
      writer.delimiter(WireTag.PeerMessage.append, size)
      header.write(to: &writer)
    }
  }

  private func checkSequence(_ header: AppendHeader, _ entries: EncodedEntries) throws {
    guard entries.count == 0 || entries.firstIndex == header.previous.index &+ 1 else {
      throw PeerProtocolError(
        "Entries from \(entries.firstIndex) on do not continue an append after \(header.previous.index).")
    }
  }

  private func checkLength(_ size: Int) throws {
    guard size <= min(maximumFrameLength, Int(UInt32.max)) else {
      throw PeerProtocolError(
        "A frame of \(size) bytes is longer than the limit of \(maximumFrameLength); send fewer entries at once."
      )
    }
  }

  private func write(
    _ tag: UInt8, size: Int, into buffer: inout ByteBuffer, _ body: (inout WireWriter) throws -> Void
  ) throws {
    try writeFrame(size: WireSize.delimited(size), into: &buffer) { writer in
      writer.delimiter(tag, size)
      try body(&writer)
    }
  }

  private func writeFrame(
    size: Int, into buffer: inout ByteBuffer, _ body: (inout WireWriter) throws -> Void
  ) throws {
    try checkLength(size)
    try buffer.checkRoom(for: 4 + size)
    try buffer.writeWire(size: 4 + size) { writer in
      writer.bigEndian32(UInt32(size))
      try body(&writer)
    }
  }
}

extension ByteBuffer {
  /// A ByteBuffer that is asked to grow beyond 4 GiB ends the process; half of that is refused here.
  func checkRoom(for size: Int) throws {
    guard size <= Int(Int32.max), writerIndex <= Int(Int32.max) - size else {
      throw PeerProtocolError(
        "\(size) bytes do not fit into a buffer that holds \(writerIndex) already; send what it holds first.")
    }
  }
}
