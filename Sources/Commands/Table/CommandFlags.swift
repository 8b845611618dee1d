/// What kind of command it is, in the words of `COMMAND INFO`.
public struct CommandFlags: OptionSet, Hashable, Sendable {
  /// The bits.
  public var rawValue: UInt32
  /// Makes flags from their bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// May change the keyspace.
  public static let write = CommandFlags(rawValue: 1 << 0)
  /// Reads the keyspace.
  public static let readonly = CommandFlags(rawValue: 1 << 1)
  /// May need more memory or disk, so it is refused when there is none left.
  public static let denyOOM = CommandFlags(rawValue: 1 << 2)
  /// Changes or shows the server rather than the data.
  public static let admin = CommandFlags(rawValue: 1 << 3)
  /// Sends or awaits messages.
  public static let pubsub = CommandFlags(rawValue: 1 << 4)
  /// Has no meaning inside a script.
  public static let noScript = CommandFlags(rawValue: 1 << 5)
  /// Is answered while the node is still starting.
  public static let loading = CommandFlags(rawValue: 1 << 6)
  /// Is answered by a node that may be behind.
  public static let stale = CommandFlags(rawValue: 1 << 7)
  /// Takes a time that does not grow with its arguments.
  public static let fast = CommandFlags(rawValue: 1 << 8)
  /// Is answered before the client has logged in.
  public static let noAuth = CommandFlags(rawValue: 1 << 9)
  /// Is answered while a long command runs.
  public static let allowBusy = CommandFlags(rawValue: 1 << 10)
  /// Is refused between MULTI and EXEC.
  public static let noMulti = CommandFlags(rawValue: 1 << 11)
  /// Waits for something, and so long the connection's next commands wait.
  public static let blocking = CommandFlags(rawValue: 1 << 12)
  /// Has keys at places that depend on its other arguments.
  public static let movableKeys = CommandFlags(rawValue: 1 << 13)
  /// Is not shown by MONITOR, since it may hold a secret.
  public static let skipMonitor = CommandFlags(rawValue: 1 << 14)

  private static let named: [(CommandFlags, String)] = [
    (.write, "write"), (.readonly, "readonly"), (.denyOOM, "denyoom"), (.admin, "admin"),
    (.pubsub, "pubsub"), (.noScript, "noscript"), (.blocking, "blocking"), (.loading, "loading"),
    (.stale, "stale"), (.fast, "fast"), (.noAuth, "no_auth"),
    (.allowBusy, "allow_busy"), (.noMulti, "no_multi"), (.movableKeys, "movablekeys"),
    (.skipMonitor, "skip_monitor"),
  ]

  /// The names that Redis gives them, in its order.
  public var names: [String] { Self.named.filter { contains($0.0) }.map(\.1) }
}
