import Commands

/// What was refused lately, for ACL LOG.
public struct AccessLog: Sendable {
  /// Why something was refused. The raw values are those of Redis.
  public enum Reason: String, Sendable {
    /// A login failed.
    case auth
    /// The command is not allowed.
    case command
    /// A key is not allowed.
    case key
    /// A channel is not allowed.
    case channel
  }

  private struct Entry: Sendable {
    var id: Int64
    var count: Int64
    var reason: Reason
    var context: String
    var object: [UInt8]
    var user: [UInt8]
    var client: String
    var created: Int64
    var updated: Int64
  }

  private static let limit = 128
  /// The same again within this time only counts.
  private static let sameness: Int64 = 60_000
  /// Objects are what clients send, and they can be long.
  private static let objectLimit = 256

  private var entries: [Entry] = []
  private var nextID: Int64 = 0

  /// An empty log.
  public init() {}

  /// Takes note of something refused, at a moment of Unix time in milliseconds.
  public mutating func note(
    _ reason: Reason, object: [UInt8], user: [UInt8], client: String, inTransaction: Bool, at now: Int64
  ) {
    let object = Array(object.prefix(Self.objectLimit))
    let user = Array(user.prefix(Self.objectLimit))
    let context = inTransaction ? "multi" : "toplevel"
    let same = entries.firstIndex {
      $0.reason == reason && $0.context == context && $0.user == user && $0.object == object
        && now - $0.updated <= Self.sameness
    }
    if let same {
      var entry = entries.remove(at: same)
      entry.count += 1
      entry.updated = now
      entry.client = client
      entries.insert(entry, at: 0)
    } else {
      entries.insert(
        Entry(
          id: nextID, count: 1, reason: reason, context: context, object: object, user: user, client: client,
          created: now, updated: now), at: 0)
      nextID += 1
      if entries.count > Self.limit { entries.removeLast() }
    }
  }

  /// Forgets everything.
  public mutating func reset() { entries = [] }

  /// The newest entries, as ACL LOG answers them.
  public func reply(count: Int, at now: Int64) -> Reply {
    .array(
      entries.prefix(count).map { entry in
        .fields([
          "count": .integer(entry.count), "reason": .text(entry.reason.rawValue),
          "context": .text(entry.context), "object": .bulk(entry.object), "username": .bulk(entry.user),
          "age-seconds": .double(Double(now - entry.updated) / 1_000), "client-info": .text(entry.client),
          "entry-id": .integer(entry.id), "timestamp-created": .integer(entry.created),
          "timestamp-last-updated": .integer(entry.updated),
        ])
      })
  }
}

extension Denial {
  /// What ACL LOG says of it.
  public var logged: (reason: AccessLog.Reason, object: [UInt8]?) {
    switch self {
    case .command: (.command, nil)
    case .key(let key): (.key, key)
    case .channel(let channel): (.channel, channel)
    }
  }
}
