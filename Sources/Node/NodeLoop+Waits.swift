import Commands
import NIOCore
import Replication
import Serving

/// A client in WAIT or WAITAOF.
struct ReplicaWait {
  var session: Session
  var ticket: Session.Ticket
  var request: WaitRequest
  /// The client's last write.
  var index: LogIndex
  var deadline: Instant
}

extension NodeLoop {
  /// Answers WAIT or WAITAOF, at once if what it waits for is so already.
  func wait(_ arguments: [[UInt8]], for session: Session) {
    do {
      let request = try WaitRequest(arguments)
      guard server.core.isActive else { return session.answer(request.refusal) }
      let index = session.lastWrite
      let (slaves, local) = (slavesHolding(index), isHere(index))
      guard !request.isMet(slaves: slaves, local: local), !session.answersAtOnce else {
        return session.answer(request.reply(slaves: slaves, local: local))
      }
      let deadline =
        request.milliseconds == 0
        ? Instant.distantFuture : BootClock.now() + .milliseconds(request.milliseconds)
      replicaWaits.append(
        ReplicaWait(
          session: session, ticket: session.answerLater(), request: request, index: index, deadline: deadline)
      )
      guard request.milliseconds > 0 else { return }
      eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(request.milliseconds)) { [weak self] in
        self?.checkReplicaWaits()
      }
    } catch {
      session.answer(.error(error.text))
    }
  }

  /// Answers those who have what they waited for, or have waited for long enough.
  func checkReplicaWaits() {
    guard !replicaWaits.isEmpty else { return }
    let now = BootClock.now()
    let waits = replicaWaits
    replicaWaits = []
    for wait in waits {
      guard server.core.isActive else {
        wait.session.fulfil(wait.ticket, with: Self.unblocked)
        continue
      }
      let (slaves, local) = (slavesHolding(wait.index), isHere(wait.index))
      if wait.request.isMet(slaves: slaves, local: local) || now >= wait.deadline {
        wait.session.fulfil(wait.ticket, with: wait.request.reply(slaves: slaves, local: local))
      } else {
        replicaWaits.append(wait)
      }
    }
  }

  private static let unblocked = Reply.error(
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)")

  /// Ends the wait of another client.
  func unblock(_ arguments: [[UInt8]]) throws(CommandError) -> Reply {
    let request = try UnblockRequest(arguments)
    guard let position = replicaWaits.firstIndex(where: { Int64($0.session.id) == request.id }) else {
      return .integer(0)
    }
    let wait = replicaWaits.remove(at: position)
    let reply =
      request.withError
      ? Reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK")
      : wait.request.reply(slaves: slavesHolding(wait.index), local: isHere(wait.index))
    wait.session.fulfil(wait.ticket, with: reply)
    return .integer(1)
  }

  func awaitsReplicas(_ session: Session) -> Bool { replicaWaits.contains { $0.session === session } }

  /// How many slaves are linked and have the entry on disk.
  private func slavesHolding(_ index: LogIndex) -> Int {
    server.core.followers.count { id, status in
      status.connected && status.match >= index && links[id]?.peer.role == .slave
    }
  }

  /// Whether this node has the entry on disk for certain: nothing is committed before it has.
  private func isHere(_ index: LogIndex) -> Bool { server.core.commitIndex >= index }
}
