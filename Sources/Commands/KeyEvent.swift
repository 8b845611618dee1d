/// Something that happened to a key, for those who have asked for keyspace notifications
/// (redis.io, "Redis keyspace notifications").
public struct KeyEvent: Hashable, Sendable {
  /// What kind of event it is: the classes that `notify-keyspace-events` chooses from.
  public enum Kind: UInt8, Sendable {
    /// Any key, such as `del` and `expire`.
    case generic
    /// A string.
    case string
    /// A list.
    case list
    /// A set.
    case set
    /// A hash.
    case hash
    /// A sorted set.
    case sortedSet
    /// A key came to its end.
    case expired
    /// A key had to make room; never here.
    case evicted
    /// A key was created.
    case new
    /// A key was asked for that does not exist.
    case keyMiss
  }

  /// What kind of event it is.
  public var kind: Kind
  /// The event as Redis calls it, such as `set`.
  public var name: String
  /// The key.
  public var key: [UInt8]

  /// Makes an event from its parts.
  public init(kind: Kind, name: String, key: [UInt8]) {
    self.kind = kind
    self.name = name
    self.key = key
  }
}
