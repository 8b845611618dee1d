import NIOCore

/// How two nodes show each other that they know the secret of their cluster, before anything else is parsed
/// (schema/peer.md).
///
/// The dialer sends `KVORUM.AUTH` with a nonce; the acceptor answers with a nonce of its own and the proof of its side;
/// the dialer's proof rides behind its introduction, which it covers.
public struct PeerChallenge: Sendable {
  /// The command with which a dialer begins.
  public static let commandName = "KVORUM.AUTH"

  private let secret: PeerSecret
  private let dialerNonce: [UInt8]
  private let acceptorNonce: [UInt8]

  // MARK: The dialer

  /// What a dialer sends first, with the nonce that it has to remember.
  public static func opening(_ nonce: [UInt8]) -> [[UInt8]] {
    [Array(commandName.utf8), Array("\(Handshake.protocolVersion)".utf8), nonce]
  }

  /// Takes the acceptor's answer to `opening`.
  ///
  /// - Throws: `PeerProtocolError` if the other side does not know the secret.
  public init(answer: [UInt8], nonce: [UInt8], secret: PeerSecret) throws {
    guard answer.count == PeerSecret.nonceLength + PeerSecret.proofLength else {
      throw PeerProtocolError("The other side's answer to \(Self.commandName) has \(answer.count) bytes.")
    }
    let acceptorNonce = Array(answer.prefix(PeerSecret.nonceLength))
    let proof = Array(answer.dropFirst(PeerSecret.nonceLength))
    guard
      secret.accepts(
        proof, of: .acceptor, dialerNonce: nonce, acceptorNonce: acceptorNonce, content: [])
    else {
      throw PeerProtocolError(
        "The other side has another peer secret: give all nodes the same --peer-secret-file.")
    }
    self.secret = secret
    dialerNonce = nonce
    self.acceptorNonce = acceptorNonce
  }

  /// The dialer's proof, which covers what it says.
  public func proof(of content: [UInt8]) -> [UInt8] {
    secret.proof(.dialer, dialerNonce: dialerNonce, acceptorNonce: acceptorNonce, content: content)
  }

  // MARK: The acceptor

  /// Takes a dialer's opening, the command's name first.
  ///
  /// - Throws: `PeerProtocolError`; its reason is fit to be sent back.
  public init(opening arguments: [[UInt8]], secret: PeerSecret) throws {
    guard arguments.count == 3, arguments[2].count == PeerSecret.nonceLength else {
      throw PeerProtocolError(
        "\(Self.commandName) takes a protocol version and a nonce; only Kvorum nodes send it.")
    }
    try Handshake.checkVersion(arguments[1])
    self.secret = secret
    dialerNonce = arguments[2]
    acceptorNonce = PeerSecret.nonce()
  }

  /// What the acceptor answers.
  public var answer: [UInt8] {
    acceptorNonce
      + secret.proof(.acceptor, dialerNonce: dialerNonce, acceptorNonce: acceptorNonce, content: [])
  }

  /// Whether the dialer's proof is right for what it said.
  public func accepts(_ proof: [UInt8], of content: [UInt8]) -> Bool {
    secret.accepts(
      proof, of: .dialer, dialerNonce: dialerNonce, acceptorNonce: acceptorNonce, content: content)
  }
}
