import Commands
import DequeModule
import Logging
import NIOCore
import RESP
import Replication
import Serving

// Messages between clients, events of keys and of the cluster, and MONITOR.

/// Who listens, and what is on its way to them.
struct Audience {
  /// A listener that does not take what it is sent holds at most so many bytes of it; above that it is closed.
  static let outputLimit = 32 << 20
  /// How many channels and patterns a connection may subscribe to: all of them end in one go with it.
  static let subscriptionLimit = 20_000
  /// How many messages of the node's own may wait for a later turn.
  static let outboxLimit = 100_000
  /// How long messages are delivered in one turn of the event loop.
  static let share: Nanoseconds = .milliseconds(5)

  var subscriptions = SubscriptionTable()
  var monitors: Set<UInt64> = []
  /// Which events of keys are published.
  var keyEvents: KeyEventFlags = []

  /// Messages that the node itself has for a channel.
  var outbox: Deque<(channel: [UInt8], payload: [UInt8])> = []
  /// Sessions that were sent something which is not on its way yet, in the order in which they were.
  var addressed: Deque<UInt64> = []
  var isAddressed: Set<UInt64> = []
  /// Sessions with something to be done in their turn for which there was no time.
  var late: Deque<Session> = []
  var isDeliveryPlanned = false
  /// Whether there was no time for all that was to be delivered: nothing more is published before it is.
  var isBehind = false
  /// Set while sessions that were late have their turn.
  var workEnd: Instant?
}

extension NodeLoop {
  // MARK: Commands

  func communicate(_ command: Command, _ arguments: [[UInt8]], _ client: ClientHandler) {
    let session = client.session
    switch command.name {
    case "subscribe": subscribe(client, to: arguments.dropFirst(), as: .channel, "subscribe")
    case "psubscribe": subscribe(client, to: arguments.dropFirst(), as: .pattern, "psubscribe")
    case "unsubscribe": unsubscribe(client, from: arguments.dropFirst(), as: .channel, "unsubscribe")
    case "punsubscribe": unsubscribe(client, from: arguments.dropFirst(), as: .pattern, "punsubscribe")
    case "publish": publish(arguments, session)
    case "pubsub|channels":
      guard arguments.count <= 3 else {
        return session.answer(
          .error("ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP."))
      }
      let channels = audience.subscriptions.activeChannels(matching: arguments.dropFirst(2).first)
      session.answer(.array(channels.map { .bulk($0) }))
    case "pubsub|numsub":
      session.answer(
        .array(
          arguments.dropFirst(2).flatMap { channel in
            [.bulk(channel), .integer(Int64(audience.subscriptions.subscriberCount(of: channel)))]
          }))
    default: session.answer(.integer(Int64(audience.subscriptions.patternCount)))
    }
  }

  /// Messages are published at the active master: elsewhere there is nothing to hear but the events of the cluster.
  private func subscribe(
    _ client: ClientHandler, to names: ArraySlice<[UInt8]>, as kind: SubscriptionTable.Kind, _ word: String
  ) {
    let session = client.session
    if !server.core.isActive, !names.allSatisfy({ SubscriptionTable.isForEvents($0, kind) }) {
      return session.answer(
        .error(
          "READONLY Only events of the cluster are heard here: the active master has the messages.\(activeHint)"
        ))
    }
    guard audience.subscriptions.count(of: session.id) + names.count <= Audience.subscriptionLimit else {
      return session.answer(
        .error(
          "ERR a connection may subscribe to \(Audience.subscriptionLimit) channels and patterns at most"))
    }
    for name in names {
      let count = audience.subscriptions.subscribe(session.id, to: name, as: kind)
      session.answer(PubSubReplies.confirmation(word, name, count: count))
    }
    updateMode(of: client)
  }

  private func unsubscribe(
    _ client: ClientHandler, from names: ArraySlice<[UInt8]>, as kind: SubscriptionTable.Kind, _ word: String
  ) {
    let session = client.session
    let gone = names.isEmpty ? audience.subscriptions.names(of: session.id, as: kind) : Array(names)
    for name in gone {
      let count = audience.subscriptions.unsubscribe(session.id, from: name, as: kind)
      session.answer(PubSubReplies.confirmation(word, name, count: count))
    }
    if gone.isEmpty {
      let count = audience.subscriptions.count(of: session.id)
      session.answer(PubSubReplies.confirmation(word, nil, count: count))
    }
    updateMode(of: client)
  }

  private func publish(_ arguments: [[UInt8]], _ session: Session) {
    guard server.core.isActive, !session.isLeaving else {
      return session.answer(
        .error("READONLY You can't publish here: only the active master has subscribers.\(activeHint)"))
    }
    guard !SentinelEvent.isReserved(arguments[1]) else {
      return session.answer(
        .error(
          "ERR '\(String(decoding: arguments[1], as: UTF8.self))' is a channel of the cluster's own events"))
    }
    // Nobody may act on a message before the writes that were sent ahead of it are safe.
    session.answerInTurn { [unowned self] in
      .integer(Int64(isStopping ? 0 : publish(arguments[2], in: arguments[1])))
    }
  }

  private var activeHint: String {
    server.core.isActive ? "" : confirmedMasterAddress.map { " active=\($0)" } ?? ""
  }

  // MARK: Modes

  /// What its subscriptions and its version of the protocol mean for a connection.
  func updateMode(of client: ClientHandler) {
    let session = client.session
    let count = audience.subscriptions.count(of: session.id)
    session.isSubscribed = count > 0
    session.isSubscriberOnly = count > 0 && client.version == .v2
    session.hearsEvents = audience.subscriptions.hearsEvents(session.id)
    client.subscriptionBytes = audience.subscriptions.bytes(of: session.id)
    session.isMonitor = audience.monitors.contains(session.id)
  }

  /// Ends all that a connection listens to.
  func silence(_ client: ClientHandler) {
    forgetListener(client.session.id)
    updateMode(of: client)
  }

  /// The connection is gone.
  func forgetListener(_ id: UInt64) {
    audience.subscriptions.removeAll(of: id)
    audience.monitors.remove(id)
    server.hasMonitors = !audience.monitors.isEmpty
  }

  func monitor(_ client: ClientHandler) {
    // Like Redis: a second MONITOR is not answered.
    guard audience.monitors.insert(client.session.id).inserted else { return }
    server.hasMonitors = true
    updateMode(of: client)
    client.session.answer(.ok)
  }

  func show(_ command: Command, _ request: Request, from session: Session) {
    guard let client = clients[session.id],
      let line = MonitorLine.text(
        of: command, request.arguments, microsecondsOfUnixTime: BootClock.wallMicroseconds(),
        client: client.remoteAddress)
    else { return }
    for monitor in audience.monitors { deliver(.simple(line), to: monitor) }
  }

  // MARK: Messages

  /// Sends a message to all who listen to a channel, and returns how many subscriptions that reaches.
  func publish(_ payload: [UInt8], in channel: [UInt8]) -> Int {
    let subscriptions = audience.subscriptions
    return subscriptions.receivers(of: channel) { subscriber, pattern in
      deliver(
        pattern.map { PubSubReplies.message(payload, in: channel, matching: $0) }
          ?? PubSubReplies.message(payload, in: channel), to: subscriber)
    }
  }

  /// Tells those who want to know what has happened to keys; to be called once it is committed.
  func publishKeyEvents(_ events: [KeyEvent]) {
    guard audience.keyEvents.isPublishing, audience.subscriptions.subscriberCount > 0 else { return }
    for event in events { audience.outbox += event.messages(audience.keyEvents) }
    while audience.outbox.count > Audience.outboxLimit, let message = audience.outbox.popFirst() {
      _ = publish(message.payload, in: message.channel)
    }
    planDelivery()
  }

  /// From now on these events are published.
  func choose(_ flags: KeyEventFlags) {
    audience.keyEvents = flags
    server.wantsKeyEvents = flags.isPublishing
  }

  /// Behind the replies that are owed already, and once a turn of the event loop for all that is sent in it.
  private func deliver(_ message: Reply, to id: UInt64) {
    guard let session = clients[id]?.session else { return }
    session.deliver(message)
    if audience.isAddressed.insert(id).inserted { audience.addressed.append(id) }
    planDelivery()
  }

  private func planDelivery() {
    guard !audience.isDeliveryPlanned else { return }
    audience.isDeliveryPlanned = true
    eventLoop.execute { [self] in deliverForAWhile() }
  }

  /// A message costs as much as it has receivers, and links and timers must have their time, or a crowd of subscribers
  /// would cost a master its lease.
  func mayWork(for session: Session) -> Bool {
    guard !isStopping else { return true }
    let now = BootClock.now()
    let mayWork = audience.workEnd.map { now < $0 } ?? !(audience.isBehind || isShareUsedUp(at: now))
    if !mayWork {
      audience.late.append(session)
      planDelivery()
    }
    return mayWork
  }

  private func deliverForAWhile() {
    guard !isStopping else { return }
    let end = BootClock.now() + Audience.share
    func isOver() -> Bool {
      keepLead()
      return BootClock.now() >= end
    }
    var hasTime = true
    while hasTime, let id = audience.addressed.popFirst() {
      audience.isAddressed.remove(id)
      if let client = clients[id] {
        client.session.drain()
        closeIfDeaf(client)
      }
      hasTime = !isOver()
    }
    audience.isBehind = !audience.addressed.isEmpty
    while hasTime, let message = audience.outbox.popFirst() {
      _ = publish(message.payload, in: message.channel)
      hasTime = !isOver()
    }
    audience.workEnd = end
    while hasTime, let session = audience.late.popFirst() {
      session.drain()
      hasTime = !isOver()
    }
    audience.workEnd = nil
    // Last of all, so that nothing that is done here plans the next one earlier.
    audience.isDeliveryPlanned = false
    guard !(audience.addressed.isEmpty && audience.outbox.isEmpty && audience.late.isEmpty) else { return }
    audience.isDeliveryPlanned = true
    eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in deliverForAWhile() }
  }

  private func closeIfDeaf(_ client: ClientHandler) {
    client.account()
    guard client.heldBytes > Audience.outputLimit else { return }
    client.lookAtUnsent()
    client.account()
    guard client.heldBytes > Audience.outputLimit else { return }
    logger.warning(
      "closes the client \(client.remoteAddress), which listens and does not read: \(client.heldBytes >> 10) KiB wait"
    )
    server.statistics.deafClients += 1
    client.evict()
  }

  // MARK: INFO

  var audienceFigures: [(String, String)] {
    [
      ("pubsub_clients", "\(audience.subscriptions.subscriberCount)"),
      ("pubsub_channels", "\(audience.subscriptions.channelCount)"),
      ("pubsub_patterns", "\(audience.subscriptions.patternCount)"), ("pubsubshard_channels", "0"),
    ]
  }
}
