/// What a peer may make a decoder hold in memory. A connection that goes over a limit has to be closed.
public struct RESPLimits: Hashable, Sendable {
  /// The most arguments of a request, and the most elements of one aggregate of a reply.
  public var maxArguments: Int
  /// The most bytes of one bulk string.
  public var maxBulkBytes: Int
  /// The most bytes of one request, or of one reply with all that it contains.
  public var maxTotalBytes: Int
  /// The most bytes of a line: an inline command, a simple string, an error.
  public var maxLineBytes: Int
  /// How deep the aggregates of a reply may nest.
  public var maxDepth: Int
  /// Whether the peer has logged in; the errors for a peer that has not say that this is why its limits are low.
  public var isAuthenticated: Bool

  /// The limits for a peer that is known: values of 64 MiB, with room for what a command adds around them.
  public init(
    maxArguments: Int = 1 << 20, maxBulkBytes: Int = (64 << 20) + (64 << 10), maxTotalBytes: Int = 128 << 20,
    maxLineBytes: Int = 64 << 10, maxDepth: Int = 32, isAuthenticated: Bool = true
  ) {
    self.maxArguments = maxArguments
    self.maxBulkBytes = maxBulkBytes
    self.maxTotalBytes = maxTotalBytes
    self.maxLineBytes = maxLineBytes
    self.maxDepth = maxDepth
    self.isAuthenticated = isAuthenticated
  }

  /// The limits for a peer that has yet to log in, as Redis sets them: enough for `HELLO` and `AUTH`.
  public static let unauthenticated = RESPLimits(
    maxArguments: 10, maxBulkBytes: 16 << 10, maxTotalBytes: 192 << 10, isAuthenticated: false)
}
