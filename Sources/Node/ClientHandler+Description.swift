import Access
import Commands
import RESP
import Replication
import Serving

// What people are told of a client.

extension ClientHandler {
  var description: ClientDescription {
    lookAtUnsent()
    var text = ClientDescription(
      id: session.id, address: remoteAddress, localAddress: localAddress)
    text.name = name
    text.age = max(0, BootClock.wallMilliseconds() - connectedAt) / 1_000
    text.idle = (BootClock.now() - lastRequest) / 1_000_000_000
    text.flags = flags
    text.inputBytes = inputBytes
    text.requestBytes = session.requestBytes
    text.unsentBytes = unsentBytes
    text.owedReplies = session.replyCount
    text.owedBytes = session.replyBytes
    text.heldBytes = inputBytes + session.heldBytes + unsentBytes
    text.isRead = isRead
    text.command = session.lastCommand?.name ?? ""
    text.user = String(decoding: user?.name ?? User.defaultName, as: UTF8.self)
    text.subscriptions = node.audience.subscriptions.names(of: session.id, as: .channel).count
    text.patternSubscriptions = node.audience.subscriptions.names(of: session.id, as: .pattern).count
    if session.isSubscribed { text.type = .pubsub }
    text.queuedCommands = session.queuedCommandCount
    text.watchedKeys = session.watchedKeyCount
    text.version = version == .v3 ? 3 : 2
    text.libraryName = libraryName
    text.libraryVersion = libraryVersion
    return text
  }

  private var flags: String {
    let known = [
      (session.waitingCount > 0 || node.awaitsReplicas(session), "b"), (session.isClosing, "c"),
      (session.consistency == .stale, "r"), (isKept, "e"), (session.isSubscribed, "P"),
      (session.isMonitor, "O"),
      (session.queuedCommandCount != nil, "x"), (leavesUseAlone, "T"),
    ]
    return known.filter(\.0).map(\.1).joined()
  }

  /// As a new connection is, for RESET.
  func reset() {
    version = .v2
    name = []
    isKept = false
    leavesUseAlone = false
    session.answerRequests(true)
  }
}
