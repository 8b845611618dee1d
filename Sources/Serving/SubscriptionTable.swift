import Commands

/// Who has subscribed to which channels and patterns.
///
/// Each call costs a look into a few dictionaries, whatever the number of subscribers; finding the receivers of a
/// message costs one match a pattern.
public struct SubscriptionTable {
  /// The id of a session.
  public typealias Subscriber = UInt64

  /// What a name stands for.
  public enum Kind: Sendable {
    /// One channel.
    case channel
    /// All channels whose names match a pattern as `GlobPattern` has it.
    case pattern
  }

  /// About how many bytes of memory a subscription takes beside its name, which is held twice.
  private static let overhead = 128

  private struct Pattern {
    var glob: GlobPattern
    var subscribers: Set<Subscriber>
  }

  private struct Own {
    var channels: Set<[UInt8]> = []
    var patterns: Set<[UInt8]> = []
    var bytes = 0
    /// How many of them are for events of the cluster.
    var events = 0
    var count: Int { channels.count + patterns.count }
  }

  private var channels: [[UInt8]: Set<Subscriber>] = [:]
  private var patterns: [[UInt8]: Pattern] = [:]
  private var subscribers: [Subscriber: Own] = [:]

  /// A table without subscribers.
  public init() {}

  // MARK: Changes

  /// Adds a subscription and returns how many channels and patterns the subscriber has then.
  public mutating func subscribe(_ subscriber: Subscriber, to name: [UInt8], as kind: Kind) -> Int {
    var own = subscribers.removeValue(forKey: subscriber) ?? Own()
    let isNew: Bool
    switch kind {
    case .channel:
      isNew = own.channels.insert(name).inserted
      channels[name, default: []].insert(subscriber)
    case .pattern:
      isNew = own.patterns.insert(name).inserted
      patterns[name, default: Pattern(glob: GlobPattern(name), subscribers: [])].subscribers.insert(
        subscriber)
    }
    if isNew {
      own.bytes += Self.overhead + 2 * name.count
      own.events += Self.isForEvents(name, kind) ? 1 : 0
    }
    subscribers[subscriber] = own
    return own.count
  }

  /// Ends a subscription, if there is one, and returns how many channels and patterns the subscriber has then.
  public mutating func unsubscribe(_ subscriber: Subscriber, from name: [UInt8], as kind: Kind) -> Int {
    guard var own = subscribers.removeValue(forKey: subscriber) else { return 0 }
    let wasThere: Bool
    switch kind {
    case .channel:
      wasThere = own.channels.remove(name) != nil
      channels[name]?.remove(subscriber)
      if channels[name]?.isEmpty == true { channels[name] = nil }
    case .pattern:
      wasThere = own.patterns.remove(name) != nil
      patterns[name]?.subscribers.remove(subscriber)
      if patterns[name]?.subscribers.isEmpty == true { patterns[name] = nil }
    }
    if wasThere {
      own.bytes -= Self.overhead + 2 * name.count
      own.events -= Self.isForEvents(name, kind) ? 1 : 0
    }
    if own.count > 0 { subscribers[subscriber] = own }
    return own.count
  }

  /// Ends all subscriptions of a subscriber.
  public mutating func removeAll(of subscriber: Subscriber) {
    for kind in [Kind.channel, .pattern] {
      for name in names(of: subscriber, as: kind) { _ = unsubscribe(subscriber, from: name, as: kind) }
    }
  }

  // MARK: One subscriber

  /// What a subscriber has subscribed to, in the order of the bytes of the names.
  public func names(of subscriber: Subscriber, as kind: Kind) -> [[UInt8]] {
    let own = subscribers[subscriber]
    let names = kind == .channel ? own?.channels : own?.patterns
    return (names ?? []).sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// How many channels and patterns a subscriber has.
  public func count(of subscriber: Subscriber) -> Int { subscribers[subscriber]?.count ?? 0 }

  /// Whether it has subscribed to events of the cluster.
  public func hearsEvents(_ subscriber: Subscriber) -> Bool {
    subscribers[subscriber].map { $0.events > 0 } ?? false
  }

  /// Whether a name stands for a channel of the cluster's own events, or for several channels with such ones among them.
  public static func isForEvents(_ name: [UInt8], _ kind: Kind) -> Bool {
    kind == .channel ? SentinelEvent.isChannel(name) : SentinelEvent.isCovered(by: name)
  }

  /// About how many bytes of memory its subscriptions take.
  public func bytes(of subscriber: Subscriber) -> Int { subscribers[subscriber]?.bytes ?? 0 }

  // MARK: Messages

  /// Calls `deliver` for each subscription that a message in a channel is for, with the pattern if it is by one, and
  /// returns how many there are. A subscriber may be named several times.
  public func receivers(of channel: [UInt8], _ deliver: (Subscriber, _ pattern: [UInt8]?) -> Void) -> Int {
    var count = 0
    if let direct = channels[channel] {
      count += direct.count
      for subscriber in direct { deliver(subscriber, nil) }
    }
    for (name, pattern) in patterns where pattern.glob.matches(channel) {
      count += pattern.subscribers.count
      for subscriber in pattern.subscribers { deliver(subscriber, name) }
    }
    return count
  }

  // MARK: Figures

  /// How many sessions have subscribed to anything.
  public var subscriberCount: Int { subscribers.count }
  /// How many channels have subscribers.
  public var channelCount: Int { channels.count }
  /// How many patterns have subscribers.
  public var patternCount: Int { patterns.count }

  /// The channels that have subscribers, those whose names match a pattern only if there is one.
  public func activeChannels(matching pattern: [UInt8]?) -> [[UInt8]] {
    let glob = pattern.map { GlobPattern($0) }
    return channels.keys.filter { glob?.matches($0) ?? true }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// How many have subscribed to a channel by its name.
  public func subscriberCount(of channel: [UInt8]) -> Int { channels[channel]?.count ?? 0 }
}
