import Commands
import Replication
import Serving
import Storage
import Transport

// Which master leads, for clients that ask as they would ask a Sentinel.

/// What a client wants to know, kept while it waits for the answer.
struct SentinelQuestion {
  var command: String
  var arguments: [[UInt8]]

  /// Whether it is for the master and nothing else. Then it waits for an election that is under way: a client that is
  /// told that there is no master asks the next node, which may be the dead one, or rests for longer than that takes.
  func isForMaster(named name: String) -> Bool {
    switch command {
    case "sentinel|masters": true
    case "sentinel|master", "sentinel|get-master-addr-by-name": arguments[2].elementsEqual(name.utf8)
    default: false
    }
  }

  func reply(_ view: SentinelView) -> Reply { SentinelReplies.reply(to: command, arguments, view) }
}

extension NodeLoop {
  /// How many such questions may wait; more are answered at once.
  private static let questionLimit = 1_024

  /// The master that may be named to clients; see `ReplicationCore.confirmedLeader`.
  var confirmedMaster: NodeID? { server.core.confirmedLeader(at: BootClock.now()) }

  /// Where clients reach it.
  var confirmedMasterAddress: HostAndPort? {
    confirmedMaster.flatMap { announcedAddress(of: $0) }.flatMap(HostAndPort.init)
  }

  /// The address that a node was told to announce, never one of a socket.
  private func announcedAddress(of id: NodeID) -> String? {
    id == identity.id ? server.core.options.address : server.address(of: id)
  }

  func answerSentinel(_ command: Command, _ arguments: [[UInt8]], _ session: Session) {
    if command.name == "sentinel|failover" {
      guard arguments[2].elementsEqual(configuration.sentinelName.utf8) else {
        return session.answer(SentinelReplies.noSuchMaster)
      }
      return administer([arguments[0], Array("transfer".utf8)], session)
    }
    let question = SentinelQuestion(command: command.name, arguments: arguments)
    let view = sentinelView
    guard view.confirmed == nil, question.isForMaster(named: configuration.sentinelName), !links.isEmpty,
      sentinelQuestions.count < Self.questionLimit
    else { return session.answer(question.reply(view)) }
    sentinelQuestions.append(
      (
        question: question, session: session, ticket: session.answerLater(),
        deadline: BootClock.now() + 2 * server.core.leaseLength
      ))
  }

  /// Answers who asked for the master while there was none, once there is one or the time is up.
  private func answerQuestions(_ view: SentinelView) {
    guard !sentinelQuestions.isEmpty else { return }
    let now = BootClock.now()
    let due = sentinelQuestions.filter { view.confirmed != nil || $0.deadline < now }
    guard !due.isEmpty else { return }
    sentinelQuestions.removeAll { view.confirmed != nil || $0.deadline < now }
    for waiting in due { waiting.session.fulfil(waiting.ticket, with: waiting.question.reply(view)) }
  }

  var sentinelView: SentinelView {
    let membership = server.core.configuration
    let quorums = membership?.sets.map(\.quorum.election) ?? []
    let isMaster = configuration.role.isMaster
    let usable = membership?.sets.map { set in set.slaves.count { links[$0.id] != nil } }.min()
    let members = (membership?.masters ?? []) + (membership?.slaves ?? [])
    return SentinelView(
      name: configuration.sentinelName,
      own: instance(identity.id, configuration.role, server.core.options.address),
      others: members.filter { $0.id != identity.id }.map {
        instance($0.id, $0.role, announcedAddress(of: $0.id) ?? $0.address)
      },
      confirmed: confirmedMaster?.description, round: server.core.epoch.round, quorum: quorums.max() ?? 1,
      usableSlaves: isMaster ? usable ?? 0 : nil, patience: server.core.leaseLength / 1_000_000)
  }

  private func instance(_ id: NodeID, _ role: NodeRole, _ address: String) -> SentinelView.Instance {
    let place = HostAndPort(address) ?? HostAndPort(host: "", port: 0)
    let isOwn = id == identity.id
    let link = links[id]
    // A slave has links to masters only, and tells nothing of other slaves that it does not know.
    let cannotTell = configuration.role == .slave && role == .slave
    let silence = link.map { max(0, BootClock.now() - $0.lastReceived) / 1_000_000 }
    return SentinelView.Instance(
      id: id.description, host: place.host, port: place.port, canLead: role.isMaster,
      isUp: isOwn || link != nil || cannotTell, isQuarantined: diverged.contains(id),
      silence: isOwn || cannotTell ? 0 : silence ?? (BootClock.now() - startedAt) / 1_000_000,
      offset: isOwn ? server.core.lastIndex : reports[id]?.last.index ?? 0)
  }

  /// Tells the subscribers of this node what has happened in the cluster since the last look.
  func watchCluster() {
    guard !isStopping else { return }
    let view = sentinelView
    for event in sentinelWatch.look(at: view) {
      _ = publish(Array(event.payload.utf8), in: Array(event.channel.utf8))
    }
    answerQuestions(view)
  }
}
