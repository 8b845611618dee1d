/// Bytes that are not the Redis protocol, or more of them than the limits allow.
///
/// Where the next request begins is unknown after this, so the connection has to be closed.
public struct RESPProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, in the words of Redis where it has some; without the prefix of `description`.
  public var reason: String

  /// Makes an error from its reason.
  public init(_ reason: String) { self.reason = reason }

  /// The text of the error reply, its `ERR` included, that a server sends before it closes the connection.
  public var reply: String { "ERR \(description)" }

  /// The reason after the words that Redis puts before it.
  public var description: String { "Protocol error: \(reason)" }
}
