import Dispatch
import Synchronization

/// What one client has learned of its cluster, and the file behind it.
final class TopologyMemory: Sendable {
  private let cache: TopologyCache?
  private let learned = Mutex<Topology?>(nil)
  /// Files are written here, so that a slow disk never holds up the event loop.
  private let queue = DispatchQueue(label: "kvorum.topology-cache")

  init(cache: TopologyCache?) { self.cache = cache }

  /// Takes a master's word. A standby may know an older configuration, so it never replaces an active one's.
  func learn(_ status: ClusterStatus) {
    guard let topology = Topology(status) else { return }
    let isNew = learned.withLock { learned in
      guard learned != topology, learned == nil || status.state == .active else { return false }
      learned = topology
      return true
    }
    guard isNew, let cache else { return }
    queue.async { cache.store(topology) }
  }

  /// What is known now, from the masters of this client or, if none has answered, from an earlier client.
  func recall() -> Topology? { learned.withLock { $0 } ?? cache?.load() }

  /// Waits until what was learned is in the file.
  func settle() async {
    await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
  }
}
