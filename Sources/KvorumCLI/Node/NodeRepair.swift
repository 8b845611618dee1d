import Foundation
import Kvorum
import Logging
import Node
import Replication
import Storage

/// Gives a node whose replica is damaged, lost or not what other nodes hold a sound one, while it is stopped.
struct NodeRepair {
  private static let pause = Duration.milliseconds(500)

  let configuration: NodeConfiguration
  let logger: Logger

  /// Tries until it is done or the task is cancelled.
  func run() async throws {
    let refill = try ReplicaRefill(directory: configuration.dataDirectory)
    guard case .copy(let index) = try refill.setAside() else {
      logger.notice("builds its replica again from its log")
      return
    }
    logger.notice("takes a copy of another node's replica, since its log begins after entry \(index)")
    var said: Set<String> = []
    while true {
      try Task.checkCancellation()
      for node in sources() {
        do {
          try SystemFiles.real.remove(refill.incoming)
          try await ReplicaCopy.fetch(
            from: node, to: refill.incoming, access: { try configuration.security.access() })
          let standing = try refill.take()
          logger.notice("has a replica again, from \(node), as of entry \(standing.index)")
          return
        } catch {
          guard said.insert("\(error)").inserted else { continue }
          logger.warning("waits for a copy of another node's replica: \(error)")
        }
      }
      try await Task.sleep(for: Self.pause)
    }
  }

  /// The masters, and the other members that the log names.
  private func sources() -> [Endpoint] {
    var addresses = configuration.masters.map(\.description)
    if let log = try? LogReader(directory: configuration.dataDirectory), let identity = try? log.identity(),
      let last = try? log.lastIndex(), let newest = try? log.point(at: last)?.configuration?.configuration
    {
      let members = (newest.masters + newest.slaves).filter { $0.id != identity.id }
      addresses += members.map(\.address).filter { !addresses.contains($0) }
    }
    return addresses.compactMap { try? Endpoint($0) }
  }
}
