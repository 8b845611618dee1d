/// A peer sent bytes that the peer protocol does not allow, or was about to be sent such bytes.
///
/// A link on which this is thrown cannot be used any longer: where its next frame begins is not known.
public struct PeerProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A sentence for people that says what was wrong.
  public let reason: String

  /// Makes an error.
  public init(_ reason: String) { self.reason = reason }

  /// The reason.
  public var description: String { reason }
}

/// The other node declined the link with an error line, for example because it belongs to another cluster.
public struct PeerRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The other node's words, without a leading `ERR`.
  public let reason: String

  /// Makes a refusal.
  public init(reason: String) { self.reason = reason }

  /// The reason.
  public var description: String { reason }
}
