import Commands
import Replication
import Serving

// KV.ADMIN: changes of the cluster, which end later than they begin.

extension NodeLoop {
  func administer(_ arguments: [[UInt8]], _ session: Session) {
    let words = arguments.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    if words[0].lowercased() == "snapshot" { return giveCopy(words, session) }
    guard server.core.isActive else {
      let active = server.core.knownLeader.flatMap(server.address(of:)).map { " active=\($0)" } ?? ""
      return session.answer(.error("READONLY Only the active master changes the cluster.\(active)"))
    }
    switch (words[0].lowercased(), words.count) {
    case ("remove-slave", 2): remove(words[1], isMaster: false, session)
    case ("remove-master", 2): remove(words[1], isMaster: true, session)
    case ("transfer", 1...2): transfer(to: words.count == 2 ? words[1] : nil, session)
    default:
      session.answer(
        .error("ERR use KV.ADMIN REMOVE-SLAVE name, REMOVE-MASTER name, TRANSFER [name] or SNAPSHOT"))
    }
  }

  private func member(_ text: String, among members: [Member]) -> Member? {
    members.first { $0.id.description == text } ?? members.first { $0.name == text }
      ?? members.first { $0.address == text }
  }

  private func remove(_ text: String, isMaster: Bool, _ session: Session) {
    let current = server.core.configuration?.current
    let kind = isMaster ? "master" : "slave"
    guard let member = member(text, among: (isMaster ? current?.masters : current?.slaves) ?? []) else {
      return session.answer(.error("ERR the cluster has no \(kind) '\(text)'; see 'kvorum status'"))
    }
    change(removing: member.id, session) { core, now, effects in
      core.remove(member.id, at: now, into: &effects)
    }
  }

  private func transfer(to text: String?, _ session: Session) {
    var target: Member?
    if let text {
      target = member(text, among: server.core.configuration?.current.masters ?? [])
      guard target != nil else {
        return session.answer(.error("ERR the cluster has no master '\(text)'; see 'kvorum status'"))
      }
    }
    change(removing: nil, session) { [target] core, now, effects in
      core.transfer(to: target?.id, at: now, into: &effects)
    }
  }

  /// Starts a change and leaves its reply open until an effect of the core tells its end.
  private func change(
    removing removal: NodeID?, _ session: Session,
    _ change: (inout ReplicationCore, Instant, inout [Effect]) -> String?
  ) {
    guard awaitedChange == nil else {
      return session.answer(.error("ERR another change is under way; try again"))
    }
    let ticket = session.answerLater()
    awaitedChange = AwaitedChange(
      session: session, ticket: ticket, removal: removal, deadline: BootClock.now() + .milliseconds(5_000))
    if let refusal = drive(change) { endAwaitedChange("ERR \(refusal)") }
  }

  /// Answers an admin's request; nil means that it was done.
  func endAwaitedChange(_ error: String?) {
    guard let change = awaitedChange else { return }
    awaitedChange = nil
    change.session.fulfil(change.ticket, with: error.map { .error($0) } ?? .ok)
  }

  func expireAwaitedChange() {
    guard let change = awaitedChange, BootClock.now() > change.deadline else { return }
    endAwaitedChange("ERR the change was begun but has not come to its end; see 'kvorum status'")
  }
}
