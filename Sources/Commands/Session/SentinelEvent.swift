/// Something that Sentinel tells of to those who have subscribed to a channel of its name.
public struct SentinelEvent: Hashable, Sendable {
  /// The channel, such as `+switch-master`.
  public var channel: String
  /// What is said there.
  public var payload: String

  /// Makes an event.
  public init(_ channel: String, _ payload: String) {
    self.channel = channel
    self.payload = payload
  }

  /// The channels of the events that a node publishes.
  public static let channels = [
    "+switch-master", "+failover-end", "+odown", "+sdown", "-sdown", "+slave", "+sentinel",
  ]

  /// Whether a channel is one of events: then it is heard on every node, and survives the end of a reign.
  public static func isChannel(_ name: [UInt8]) -> Bool {
    name.first == UInt8(ascii: "+") || name.first == UInt8(ascii: "-")
      || name.starts(with: "__sentinel__".utf8)
  }

  /// Whether a pattern covers a channel of events.
  public static func isCovered(by pattern: [UInt8]) -> Bool {
    let pattern = GlobPattern(pattern)
    return channels.contains { pattern.matches(Array($0.utf8)) }
  }

  /// Whether this node alone may publish there: a client that could would lead others to a false master.
  public static func isReserved(_ name: [UInt8]) -> Bool {
    channels.contains { name.elementsEqual($0.utf8) }
  }
}

/// Finds out what has happened from what a node sees of its cluster, time after time.
public struct SentinelWatch: Sendable {
  /// The last look at which a master was confirmed, in whatever epoch.
  private var told: SentinelView?
  /// Whether the end of that master was told.
  private var isMasterDown = false

  /// A watch that has seen nothing yet.
  public init() {}

  /// Takes the next look and returns what is new since the last one, in the order in which it is to be told.
  ///
  /// A switch is told only when the view confirms the new master, which by then takes writes.
  public mutating func look(at view: SentinelView) -> [SentinelEvent] {
    guard let before = told, let last = before.master else {
      if view.master != nil { told = view }
      return []
    }
    let old = "master \(view.name) \(last.host) \(last.port)"
    let isOldUp = ([view.own] + view.others).contains { $0.id == last.id && $0.isUp }
    guard let master = view.master else {
      // One that hands the lead over, or has lost its lease for a moment, is not down.
      guard !isMasterDown, !isOldUp else { return [] }
      isMasterDown = true
      return [SentinelEvent("+sdown", old)]
    }
    defer {
      told = view
      isMasterDown = false
    }
    let hasSwitched = master.id != last.id || master.host != last.host || master.port != last.port
    var events: [SentinelEvent] = []
    if hasSwitched {
      if !isOldUp { events.append(SentinelEvent("+odown", "\(old) #quorum \(view.quorum)/\(view.quorum)")) }
      events.append(SentinelEvent("+failover-end", old))
      events.append(
        SentinelEvent(
          "+switch-master", "\(view.name) \(last.host) \(last.port) \(master.host) \(master.port)"))
    } else if isMasterDown {
      events.append(SentinelEvent("-sdown", old))
    }
    return events + memberEvents(before, view, under: master, hasSwitched: hasSwitched)
  }

  private func memberEvents(
    _ before: SentinelView, _ view: SentinelView, under master: SentinelView.Instance, hasSwitched: Bool
  ) -> [SentinelEvent] {
    let place = "@ \(view.name) \(master.host) \(master.port)"
    let known = Dictionary(([before.own] + before.others).map { ($0.id, $0) }) { first, _ in first }
    var events: [SentinelEvent] = []
    for node in view.replicas {
      let line = "slave \(node.host):\(node.port) \(node.host) \(node.port) \(place)"
      // Like Sentinel: a new master has all its slaves anew.
      let old = hasSwitched ? nil : known[node.id]
      if old == nil { events.append(SentinelEvent("+slave", line)) }
      if let channel = change(of: node, since: old) { events.append(SentinelEvent(channel, line)) }
    }
    for node in view.others {
      let line = "sentinel \(node.id) \(node.host) \(node.port) \(place)"
      if known[node.id] == nil { events.append(SentinelEvent("+sentinel", line)) }
      if let channel = change(of: node, since: known[node.id]) { events.append(SentinelEvent(channel, line)) }
    }
    return events
  }

  private func change(of node: SentinelView.Instance, since old: SentinelView.Instance?) -> String? {
    guard let old else { return node.isUp ? nil : "+sdown" }
    return node.isUp == old.isUp ? nil : node.isUp ? "-sdown" : "+sdown"
  }
}
