import Foundation
import Replication

/// Puts another replica in the place of one that is damaged, while the node is stopped (design 4.6 and 4.9).
///
/// The log stays as it is, with the node's identity and promises. A replica that the log cannot build again is taken
/// from another node in the same steps in which a running node takes a snapshot.
public struct ReplicaRefill {
  /// What has to be done.
  public enum Need: Hashable, Sendable {
    /// The log has every entry: at its next start the node builds the replica again.
    case nothing
    /// A copy of another node's replica that stands at this entry or later.
    case copy(standingAtLeast: LogIndex)
  }

  /// The node's directory.
  public let directory: String
  private let identity: NodeIdentity
  private var replica: String { DataDirectory.replica(in: directory) }
  private var kept: String { directory + "/replica-damaged.db" }

  /// Looks at the directory of a node that is stopped.
  public init(directory: String) throws {
    self.directory = directory
    identity = try LogReader(directory: directory).identity()
  }

  /// Moves the replica aside, to replica-damaged.db; one that was moved there before is removed.
  public func setAside() throws -> Need {
    let files = SystemFiles.real
    for suffix in ["", "-wal", "-shm"] {
      try files.remove(kept + suffix)
      if files.exists(replica + suffix) { try files.rename(replica + suffix, to: kept + suffix) }
    }
    try files.synchronizeDirectory(directory)
    let base = try LogReader(directory: directory).base().index
    return base == 0 ? .nothing : .copy(standingAtLeast: base)
  }

  /// Where a copy is to be written.
  public var incoming: String { directory + "/replica-copy.partial" }

  /// Makes a copy that has come the node's replica, if it is sound and of the same cluster.
  public func take() throws -> LogBase {
    let files = SystemFiles.real
    let standing = try SnapshotFiles.verify(incoming)
    let store = try LogStore.open(directory: directory) {
      throw StorageError(.missing, DataDirectory.log(in: directory), "\(directory) has no log.")
    }
    guard let cluster = standing.configuration?.configuration.cluster,
      store.hardState.cluster == nil || store.hardState.cluster == cluster
    else {
      throw StorageError(.foreign, incoming, "The copy belongs to another cluster than \(directory).")
    }
    guard standing.index >= store.base.index else {
      throw StorageError(
        .replicaBehind, incoming,
        "The copy stands at entry \(standing.index), and the log of \(directory) begins after \(store.base.index)."
      )
    }
    try NodeCopy.setNode(identity.id, inReplica: incoming)
    try files.synchronize(incoming)
    try store.willInstall(standing)
    try files.rename(incoming, to: replica)
    try files.synchronizeDirectory(directory)
    return standing
  }
}
