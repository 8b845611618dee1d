import Foundation
import Replication
import SQLite

/// Copies the files of a node that was made offline to those of another node.
public enum NodeCopy {
  /// Makes the files in `directory` those of `identity`, with the content of those in `original`.
  public static func make(
    in directory: String, of original: String, as identity: NodeIdentity, _ hardState: HardState
  ) throws {
    for file in [DataDirectory.log, DataDirectory.replica] {
      try FileManager.default.copyItem(atPath: file(original), toPath: file(directory))
    }
    try wordingErrors {
      let log = try open(DataDirectory.log(in: directory))
      let commit = try NodeRow.read(log).commit
      try log.transaction {
        try log.execute("DELETE FROM node")
        try NodeRow.insert(NodeRow(identity: identity, hardState: hardState, commit: commit), into: log)
      }
      try log.close()
    }
    try setNode(identity.id, inReplica: DataDirectory.replica(in: directory))
  }

  /// Makes a replica that of another node.
  static func setNode(_ id: NodeID, inReplica path: String) throws {
    try wordingErrors {
      let replica = try open(path)
      try setNode(id, in: replica)
      try replica.close()
    }
  }

  private static func setNode(_ id: NodeID, in replica: SQLiteConnection) throws {
    let update = try replica.prepare("UPDATE meta SET node = ?")
    try update.bind(id.description, at: 1)
    try update.run()
  }

  private static func open(_ path: String) throws -> SQLiteConnection {
    let connection = try SQLiteConnection(path: path, mode: .readWrite)
    // The checkpoint at the end fsyncs the whole copy.
    try connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    return connection
  }
}
