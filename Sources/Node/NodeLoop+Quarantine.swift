import Kvorum
import Logging
import Replication
import Serving
import Storage
import Transport

// What happens when a replica is not what the log makes of it (design 4.6): the node ends at once, so that it neither
// votes nor serves, and is started again with a replica that is sound.

extension NodeLoop {
  /// A node whose replica is damaged or differs tells the others and ends.
  func quarantine(_ reason: String) {
    guard !isStopping, quarantineReason == nil else { return }
    quarantineReason = reason
    logger.error("is quarantined: \(reason)")
    let report = ownReport
    for link in links.values { write(.report(report), to: link) }
    flushLinks()
    end(.replicaDamaged(reason))
  }

  /// Ends the node for a failure of its files.
  func end(for error: any Error) {
    if let error = error as? StorageError, [.damaged, .foreign].contains(error.kind),
      error.path.hasPrefix(DataDirectory.replica(in: configuration.dataDirectory))
    {
      return quarantine(error.description)
    }
    end(.storage("\(error)"))
  }

  /// A node says how it is.
  func received(_ report: NodeReport, from peer: NodeID) {
    reports[peer] = report
    if peer == server.core.knownLeader, report.diverged.contains(identity.id) {
      return quarantine(
        "its replica differs from those of most other nodes, says the active master \(memberText(peer))")
    }
    guard server.core.isActive else { return }
    content.hear(report.content, from: peer, at: BootClock.now())
  }

  /// The active master says who is wrong.
  func judgeContent() {
    guard server.core.isActive else { return content.forgetOpinions() }
    let members = Set((server.core.configuration?.current.all ?? []).map(\.id).filter { links[$0] != nil })
    diverged = []
    for verdict in content.verdicts(among: members, at: BootClock.now()) {
      switch verdict {
      case .diverged(let node, let index):
        diverged.append(node)
        if reports[node]?.state != NodeState.quarantined.rawValue {
          logger.error("\(memberText(node)) holds something else than most nodes at entry \(index)")
        }
      case .masterDiverged(let index):
        quarantine("its replica differs from those of most other nodes at entry \(index)")
      }
    }
  }
}
