import NIOCore
import Replication
import SwiftProtobuf

/// What the two ends of a link say before the first frame.
///
/// The dialer sends one RESP command, an array of the bulk strings `KVORUM.PEER`, the protocol version and an
/// `Introduction`; the acceptor answers with a bulk string that holds its own, or with an error line. In a cluster with a
/// secret the dialer's proof follows as a fourth bulk string: see `PeerChallenge`.
public enum Handshake {
  /// The name of the command by which a node introduces itself.
  public static let commandName = "KVORUM.PEER"
  /// The version of the peer protocol that this release speaks.
  public static let protocolVersion = 3
  /// The longest introduction or error line, in bytes.
  public static let maximumLength = 64 << 10

  /// What a dialer sends first, or once the acceptor has shown that it knows the secret.
  ///
  /// Throws `PeerProtocolError` if the introduction is longer than `maximumLength` or holds control characters.
  public static func introductionCommand(
    _ introduction: PeerIntroduction, challenge: PeerChallenge? = nil
  ) throws -> ByteBuffer {
    let body = try bytes(of: introduction)
    return request(
      [Array(commandName.utf8), Array(String(protocolVersion).utf8), body]
        + (challenge.map { [$0.proof(of: body)] } ?? []))
  }

  /// Bulk strings as one RESP command.
  public static func request(_ words: [[UInt8]]) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeString("*\(words.count)\r\n")
    for word in words { buffer.writeBulkString(word) }
    return buffer
  }

  /// Reads a dialer's command from its three bulk strings, the name of the command first. A proof behind them must have
  /// been looked at, and taken off, before.
  ///
  /// Throws `PeerProtocolError`; its reason is fit to be sent back by `refusal(_:)`.
  public static func parseIntroductionCommand(_ arguments: [[UInt8]]) throws -> PeerIntroduction {
    guard arguments.count == 3, arguments[0].elementsEqual(commandName.utf8, by: equalIgnoringCase) else {
      throw PeerProtocolError(
        "\(commandName) takes two arguments, a protocol version and an introduction; only Kvorum nodes send it."
      )
    }
    try checkVersion(arguments[1])
    return try introduction(arguments[2])
  }

  static func checkVersion(_ bytes: [UInt8]) throws {
    let version = String(decoding: bytes.prefix(20), as: UTF8.self)
    guard version == String(protocolVersion) else {
      let shown = version.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
      throw PeerProtocolError(
        """
        The dialing node speaks version \(shown) of the peer protocol, this one version \(protocolVersion); run the \
        same release on both.
        """)
    }
  }

  /// What an acceptor answers if it takes part.
  ///
  /// Throws as `introductionCommand(_:)` does.
  public static func acceptance(_ introduction: PeerIntroduction) throws -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeBulkString(try bytes(of: introduction))
    return buffer
  }

  /// What an acceptor answers if it does not: an `ERR` line with the reason, which may be any text.
  public static func refusal(_ reason: String) -> ByteBuffer {
    var line = ByteBuffer(string: "-ERR ")
    line.writeString(printable(reason[...]))
    line.writeString("\r\n")
    return line
  }

  /// Takes the acceptor's answer, or returns nil, and leaves the buffer as it is, while it is not there
  /// completely. What follows it in the buffer is the link's first frames.
  ///
  /// Throws `PeerRefusal` if the acceptor declines, and `PeerProtocolError` if it is no Kvorum node.
  public static func parseIntroductionReply(from buffer: inout ByteBuffer) throws -> PeerIntroduction? {
    try parseReply(from: &buffer).map(introduction)
  }

  /// Takes the acceptor's answer to any word of a dialer, as `parseIntroductionReply(from:)` takes the one to its
  /// introduction.
  public static func parseReply(from buffer: inout ByteBuffer) throws -> [UInt8]? {
    guard let kind = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return nil }
    switch kind {
    case UInt8(ascii: "-"):
      guard let line = try line(in: buffer, limit: maximumLength) else { return nil }
      buffer.moveReaderIndex(forwardBy: line.utf8.count + 3)
      throw PeerRefusal(reason: printable(line.hasPrefix("ERR ") ? line.dropFirst(4) : line[...]))
    case UInt8(ascii: "$"):
      guard let digits = try line(in: buffer, limit: 16) else { return nil }
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(digits),
        length <= maximumLength
      else {
        throw PeerProtocolError(
          "The other side announces an introduction of \(digits) bytes; allowed are 0 to \(maximumLength).")
      }
      let start = buffer.readerIndex + digits.utf8.count + 3
      guard let body = buffer.getBytes(at: start, length: length),
        let end = buffer.getBytes(at: start + length, length: 2)
      else { return nil }
      guard end == [0x0d, 0x0a] else {
        throw PeerProtocolError("The other side's introduction is longer than it announces.")
      }
      buffer.moveReaderIndex(to: start + length + 2)
      return body
    default:
      throw PeerProtocolError(
        """
        The other side answers an introduction with the byte \(kind), not with a bulk string or an error; is there \
        a Kvorum node on that port?
        """)
    }
  }

  /// The rest of the line whose first byte tells its kind, or nil while its end has not come.
  private static func line(in buffer: ByteBuffer, limit: Int) throws -> String? {
    let view = buffer.readableBytesView.dropFirst().prefix(limit + 2)
    guard let end = view.firstIndex(of: 0x0d), end + 1 < view.endIndex else {
      guard view.count < limit + 2 else {
        throw PeerProtocolError(
          "The other side answers an introduction with a line of more than \(limit) bytes.")
      }
      return nil
    }
    let text = view[..<end]
    guard view[end + 1] == 0x0a, let text = String(validating: text, as: UTF8.self) else {
      throw PeerProtocolError("The other side answers an introduction with a line that is not text.")
    }
    return text
  }

  /// Control characters would break the line, or play with the terminal on which it is shown.
  private static func printable(_ text: Substring) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      guard result.utf8.count < maximumLength / 2 else { break }
      let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
      result.unicodeScalars.append(isControl ? " " : scalar)
    }
    return result
  }

  private static func bytes(of introduction: PeerIntroduction) throws -> [UInt8] {
    let message = WireIntroduction(introduction)
    _ = try message.introduction()
    let bytes: [UInt8] = try message.serializedBytes()
    guard bytes.count <= maximumLength else {
      throw PeerProtocolError(
        "This node's introduction takes \(bytes.count) bytes, \(maximumLength) are allowed; shorten its name."
      )
    }
    return bytes
  }

  private static func introduction(_ bytes: [UInt8]) throws -> PeerIntroduction {
    guard bytes.count <= maximumLength else {
      throw PeerProtocolError("An introduction takes \(bytes.count) bytes; \(maximumLength) are allowed.")
    }
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    let message: WireIntroduction
    do {
      message = try WireIntroduction(serializedBytes: bytes, options: options)
    } catch {
      throw PeerProtocolError("An introduction is not a valid message: \(error).")
    }
    return try message.introduction()
  }
}

private func equalIgnoringCase(_ a: UInt8, _ b: UInt8) -> Bool {
  a == b || (a | 0x20 == b | 0x20 && (0x61...0x7a).contains(a | 0x20))
}

extension ByteBuffer {
  fileprivate mutating func writeBulkString(_ content: [UInt8]) {
    writeString("$\(content.count)\r\n")
    writeBytes(content)
    writeString("\r\n")
  }
}
