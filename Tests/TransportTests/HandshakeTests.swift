import NIOCore
import Replication
import Testing

@testable import Transport

@Suite struct HandshakeTests {
  private let introduction = PeerIntroduction(
    id: NodeID(0xabc), role: .backup, name: "m2", address: "10.0.0.2:12346",
    cluster: ClusterID(high: 1, low: 2), version: "1.0.0", dataDirectory: "/var/lib/kvorum/m2")

  /// The three bulk strings of a command, read as a Redis server would.
  private func arguments(of command: ByteBuffer) throws -> [[UInt8]] {
    var rest = command
    #expect(rest.readString(length: 4) == "*3\r\n")
    return try (0..<3).map { _ in
      #expect(rest.readString(length: 1) == "$")
      var digits = ""
      while let character = rest.readString(length: 1), character != "\r" { digits += character }
      #expect(rest.readString(length: 1) == "\n")
      let length = try #require(Int(digits))
      let bytes = rest.readBytes(length: length)
      let content = try #require(bytes)
      #expect(rest.readString(length: 2) == "\r\n")
      return content
    }
  }

  @Test func aCommandIsThreeBulkStringsAndComesOutAsItWentIn() throws {
    var content = RandomContent(seed: 41)
    for _ in 0..<300 {
      let introduction = content.introduction()
      let arguments = try arguments(of: Handshake.introductionCommand(introduction))
      #expect(arguments[0] == Array("KVORUM.PEER".utf8))
      #expect(arguments[1] == Array("\(Handshake.protocolVersion)".utf8))
      #expect(try Handshake.parseIntroductionCommand(arguments) == introduction)
    }
  }

  @Test func anAnswerThatComesByteByByteLeavesTheFirstFramesInTheBuffer() throws {
    var content = RandomContent(seed: 42)
    let introduction = content.introduction()
    let answer = try Handshake.acceptance(introduction)
    var buffer = ByteBuffer()
    for byte in answer.readableBytesView.dropLast() {
      buffer.writeInteger(byte)
      #expect(try Handshake.parseIntroductionReply(from: &buffer) == nil)
    }
    buffer.writeString("\nrest")
    #expect(try Handshake.parseIntroductionReply(from: &buffer) == introduction)
    #expect(buffer == ByteBuffer(string: "rest"))
  }

  @Test func anErrorLineIsARefusalWithItsWords() throws {
    var whole = Handshake.refusal("this is cluster aa, not bb")
    var partial = try #require(whole.getSlice(at: 0, length: whole.readableBytes - 1))
    #expect(try Handshake.parseIntroductionReply(from: &partial) == nil)
    let refusal = #expect(throws: PeerRefusal.self) { try Handshake.parseIntroductionReply(from: &whole) }
    #expect(refusal?.reason == "this is cluster aa, not bb")

    var other = ByteBuffer(string: "-NOAUTH Authentication required.\r\n")
    let kept = #expect(throws: PeerRefusal.self) { try Handshake.parseIntroductionReply(from: &other) }
    #expect(kept?.reason == "NOAUTH Authentication required.")
  }

  @Test func aRefusalStaysOneLineWhateverItsReason() throws {
    var line = Handshake.refusal("a\r\nb\u{1b}[2J" + String(repeating: "é", count: 100_000))
    #expect(line.readableBytes <= Handshake.maximumLength)
    let refusal = #expect(throws: PeerRefusal.self) { try Handshake.parseIntroductionReply(from: &line) }
    #expect(refusal?.reason.hasPrefix("a  b [2J") == true)
  }

  @Test func anotherProtocolVersionIsRefusedWithBothVersions() throws {
    var arguments = try arguments(of: Handshake.introductionCommand(introduction))
    arguments[1] = Array("2".utf8)
    let error = #expect(throws: PeerProtocolError.self) { try Handshake.parseIntroductionCommand(arguments) }
    #expect(error?.reason.contains("speaks version 2") == true)
    #expect(error?.reason.contains("this one version \(Handshake.protocolVersion)") == true)
  }

  @Test func aCommandThatIsNoIntroductionIsRefused() throws {
    let good = try arguments(of: Handshake.introductionCommand(introduction))
    for bad: [[UInt8]] in [
      [], [good[0]], good + [[1]], [Array("GET".utf8), good[1], good[2]], [good[0], good[1], [0xff]],
      [good[0], good[1], []], [good[0], good[1], [UInt8](repeating: 0, count: 70_000)],
    ] {
      #expect(throws: PeerProtocolError.self) { try Handshake.parseIntroductionCommand(bad) }
    }
  }

  @Test(arguments: [
    "$-1\r\n", "$\r\n", "$+5\r\n", "$70000\r\n", "$99999999999999999999\r\n", "HTTP/1.1 400 Bad Request\r\n",
    "+OK\r\n", "$2\r\nabcd", "$1\rx", "$12345678901234567890123", "$1\r\n\u{1}\r\n",
  ])
  func anAnswerOfSomethingElseThanANodeIsRefused(answer: String) {
    var buffer = ByteBuffer(string: answer)
    #expect(throws: PeerProtocolError.self) { try Handshake.parseIntroductionReply(from: &buffer) }
  }

  @Test func anErrorLineWithoutEndIsRefused() throws {
    var buffer = ByteBuffer(string: "-" + String(repeating: "x", count: Handshake.maximumLength))
    #expect(try Handshake.parseIntroductionReply(from: &buffer) == nil)
    buffer.writeString("xx")
    #expect(throws: PeerProtocolError.self) { try Handshake.parseIntroductionReply(from: &buffer) }
  }

  @Test func anIntroductionThatCannotBeShownOrIsTooLongIsNotSent() {
    var escaping = introduction
    escaping.name = "m2\u{1b}[2J"
    #expect(throws: PeerProtocolError.self) { try Handshake.introductionCommand(escaping) }
    var long = introduction
    long.name = String(repeating: "m", count: 70_000)
    #expect(throws: PeerProtocolError.self) { try Handshake.acceptance(long) }
    var nobody = introduction
    nobody.id = NodeID(0)
    #expect(throws: PeerProtocolError.self) { try Handshake.introductionCommand(nobody) }
  }

  @Test func randomAnswersNeverGiveMoreThanAnError() {
    var random = SplitMix64(seed: 43)
    for _ in 0..<20_000 {
      var bytes = (0..<Int.random(in: 1...40, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { bytes = Array("$\(bytes.count)\r\n".utf8) + bytes + [13, 10] }
      var buffer = ByteBuffer(bytes: bytes)
      do { #expect(try Handshake.parseIntroductionReply(from: &buffer) == nil) } catch {
        #expect(error is PeerProtocolError || error is PeerRefusal)
      }
    }
  }
}
