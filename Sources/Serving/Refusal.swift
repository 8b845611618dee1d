import Commands
import Replication

/// The words in which nothing was done.
enum Refusal {
  static let noReplicas =
    "NOREPLICAS Not enough good slaves to write: nothing was done. Bring slaves back, or see 'kvorum status'."

  static let diskFull =
    "MISCONF The disk of the active master is full: nothing was done. Make room; reads go on, and so will writes."

  static let unconfirmed =
    "CLUSTERDOWN Too few slaves confirmed in time that this master still leads; try again."
}

extension RequestServer {
  func slaveRefusal(isWrite: Bool) -> Reply {
    let active = core.knownLeader.flatMap(address(of:)).map { " active=\($0)" } ?? ""
    if isWrite { return .error("READONLY You can't write against a slave.\(active)") }
    return .error(
      "READONLY This is a slave: send READONLY or KV.CONSISTENCY stale first to read what it has.\(active)")
  }

  func standbyRefusal(isWrite: Bool, active: NodeID?) -> Reply {
    guard let address = active.flatMap(address(of:)) else {
      return .error(
        (isWrite ? "NOREPLICAS" : "CLUSTERDOWN")
          + " No master is active now: an election is under way, or too few slaves can be reached. Nothing was done."
      )
    }
    return .error(
      isWrite
        ? "READONLY You can't write against a standby master. active=\(address)"
        : "READONLY This master is on standby. active=\(address)")
  }

  /// Why nothing is done any more for a client that is to look for the active master.
  func departureRefusal(isWrite: Bool) -> Reply {
    guard core.isActive else { return standbyRefusal(isWrite: isWrite, active: core.knownLeader) }
    return .error(isWrite ? Refusal.noReplicas : Refusal.unconfirmed)
  }

  /// Where clients reach a node, as it says itself or as the configuration has it.
  public func address(of id: NodeID) -> String? {
    core.connectedPeers[id]?.address ?? core.configuration?.member(id)?.address
  }
}
