/// What subscribers are sent, and how a connection that they have made their own is answered.
public enum PubSubReplies {
  /// A message in a channel that the connection has subscribed to.
  public static func message(_ payload: [UInt8], in channel: [UInt8]) -> Reply {
    .push([.text("message"), .bulk(channel), .bulk(payload)])
  }

  /// A message in a channel whose name matches a pattern that the connection has subscribed to.
  public static func message(_ payload: [UInt8], in channel: [UInt8], matching pattern: [UInt8]) -> Reply {
    .push([.text("pmessage"), .bulk(pattern), .bulk(channel), .bulk(payload)])
  }

  /// The answer for one of the names of SUBSCRIBE and the like, whose word `kind` is.
  ///
  /// - Parameters:
  ///   - name: The channel or pattern; nil if all were to go and there was none.
  ///   - count: How many channels and patterns the connection has after it.
  public static func confirmation(_ kind: String, _ name: [UInt8]?, count: Int) -> Reply {
    .push([.text(kind), .optional(name), .integer(Int64(count))])
  }

  /// The answer to PING on a connection of version 2 that is subscribed to something.
  public static func ping(_ arguments: [[UInt8]]) -> Reply {
    guard arguments.count <= 2 else { return .error(CommandError.wrongArity("ping").text) }
    return .array([.text("pong"), .bulk(arguments.count == 2 ? arguments[1] : [])])
  }
}

extension Command {
  private static let allowedToSubscribers: Set<String> = [
    "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ping", "quit", "reset",
  ]

  /// Why a connection of version 2 that is subscribed to something may not send this; nil if it may. There such a
  /// connection could not tell a message from a reply.
  public var refusalToSubscribers: Reply? {
    guard !Self.allowedToSubscribers.contains(name) else { return nil }
    return .error(
      "ERR Can't execute '\(name)': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "
        + "this context")
  }

  /// Why a connection that has sent MONITOR may not send this; nil if it may.
  public var refusalToMonitors: Reply? {
    guard flags.contains(.write) || flags.contains(.readonly) || name == "publish" else { return nil }
    return .error("ERR Replica can't interact with the keyspace")
  }
}
