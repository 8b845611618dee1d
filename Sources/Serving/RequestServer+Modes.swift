import Commands

// Connections that are more than requests and replies: subscribers and monitors.

extension RequestServer {
  /// Shows a command that is about to be done to those who watch, and returns why the connection may not send it in
  /// its mode, or nil. To be called only if `hasMonitors` or `session.hasMode`.
  func heed(_ command: Command, _ request: inout Request, of session: Session) -> Reply? {
    if session.isSubscriberOnly, let refusal = command.refusalToSubscribers { return refusal }
    if session.isMonitor, let refusal = command.refusalToMonitors { return refusal }
    // A request that has to wait is tried several times.
    if hasMonitors, !request.wasShown {
      request.wasShown = true
      host.show(command, request, from: session)
    }
    return nil
  }
}

extension Session {
  /// Whether some commands are refused because of what the connection is used for.
  var hasMode: Bool { isSubscriberOnly || isMonitor }

  /// Sends something that no request asked for, behind every reply that is owed already; `drain` lets it go.
  public func deliver(_ message: Reply) {
    guard !isClosing else { return }
    replies.addMessage(message)
  }

  /// Answers the request at hand with what is made when all replies before it have left: what it does is then seen
  /// after what the connection's earlier requests did.
  public func answerInTurn(_ make: @escaping () -> Reply) {
    if isCapturing { return answer(make()) }
    replies.addInTurn(make)
  }

  /// Does something when all replies before it have left.
  public func doInTurn(_ work: @escaping () -> Void) {
    replies.addInTurn {
      work()
      return nil
    }
  }

  /// Whether the end of a reign leaves the connection open. One that reads what this node has applied has no use for
  /// a master, and one that listens for events must hear of the new one; but who has subscribed to other channels has
  /// to follow, because messages are published at the active master.
  var staysAfterReign: Bool { hearsEvents || consistency == .stale && !isSubscribed && !isMonitor }
}
