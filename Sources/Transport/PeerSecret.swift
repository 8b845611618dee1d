import Crypto

/// What the nodes of a cluster know and nobody else does. By it they show each other that they are nodes, without
/// sending it.
public struct PeerSecret: Sendable {
  /// The bytes of a nonce.
  public static let nonceLength = 32
  /// The bytes of a proof.
  public static let proofLength = 32
  /// The fewest bytes that a secret may have.
  public static let minimumLength = 16

  /// Who shows that it knows the secret. A proof of one side says nothing for the other, so that none can be sent back
  /// to whom it came from.
  public enum Side: String, Sendable {
    /// The side that made the connection.
    case dialer
    /// The side that took it.
    case acceptor
  }

  private let key: SymmetricKey

  /// A secret of at least `minimumLength` bytes; nil if there are fewer.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.minimumLength else { return nil }
    key = SymmetricKey(data: bytes)
  }

  /// A secret that nobody has had before.
  public static func random() -> PeerSecret { PeerSecret(key: SymmetricKey(size: .bits256)) }

  private init(key: SymmetricKey) { self.key = key }

  /// Bytes that were never sent before.
  public static func nonce() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<nonceLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// What a side sends to show that it knows the secret and means this content.
  public func proof(_ side: Side, dialerNonce: [UInt8], acceptorNonce: [UInt8], content: [UInt8]) -> [UInt8] {
    Array(code(side, dialerNonce, acceptorNonce, content))
  }

  /// Whether a proof is right, in a time that does not depend on where it is wrong.
  public func accepts(
    _ proof: [UInt8], of side: Side, dialerNonce: [UInt8], acceptorNonce: [UInt8], content: [UInt8]
  ) -> Bool {
    // Codes are compared in constant time.
    code(side, dialerNonce, acceptorNonce, content) == proof
  }

  private func code(
    _ side: Side, _ dialerNonce: [UInt8], _ acceptorNonce: [UInt8], _ content: [UInt8]
  ) -> HMAC<SHA256>.MAC {
    var code = HMAC<SHA256>(key: key)
    // Of fixed length, all but the last: no two different calls are one string of bytes.
    code.update(data: Array(SHA256.hash(data: Array("kvorum peer \(side.rawValue)".utf8))))
    code.update(data: Array(SHA256.hash(data: dialerNonce)))
    code.update(data: Array(SHA256.hash(data: acceptorNonce)))
    code.update(data: content)
    return code.finalize()
  }
}
