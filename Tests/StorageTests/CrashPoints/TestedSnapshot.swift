import Replication
import SimulatedFiles
import Storage

/// A copy of another node's replica, with the entries that made it.
struct TestedSnapshot: Sendable {
  var description: SnapshotDescription
  var bytes: [UInt8]
  var entries: [Entry]

  /// A copy made by a node whose log holds these entries, all of them applied.
  static func made(of entries: [Entry]) throws -> TestedSnapshot {
    let donor = TestedNode(seed: 99)
    try donor.start()
    try donor.write([LogWrite(ticket: 1, entries: entries, commit: LogIndex(entries.count))])
    try donor.apply()
    let copy = try donor.copyReplica()
    let bytes = try SnapshotFiles(directory: TestedNode.directory, on: donor.files)
      .read(copy, at: 0, count: Int(copy.size))
    return TestedSnapshot(description: copy, bytes: bytes, entries: entries)
  }

  /// Stands at the sixth entry of every kind.
  static func held() throws -> TestedSnapshot { try made(of: Array(Samples.everyKind.prefix(6))) }

  /// Stands above every sample, in a later epoch than theirs from the seventh entry on.
  static func later() throws -> TestedSnapshot {
    let epoch = Epoch(round: 3, master: NodeID(4))
    let more = (7...12).map {
      Samples.entry(
        LogIndex($0), [.put([UInt8($0)], [UInt8](repeating: UInt8($0), count: 900))], epoch: epoch)
    }
    return try made(of: Array(Samples.everyKind.prefix(6)) + more)
  }

  /// Stands at an index that the samples have too, with another entry there.
  static func other() throws -> TestedSnapshot {
    var snapshot = try later()
    snapshot = try made(of: Array(snapshot.entries.prefix(7)))
    return snapshot
  }
}
