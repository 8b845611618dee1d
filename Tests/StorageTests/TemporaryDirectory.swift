import Foundation
import Replication
import SQLite
import Storage

/// A node's directory that is removed with it.
final class TemporaryDirectory {
  let path: String
  var log: String { DataDirectory.log(in: path) }
  var replica: String { DataDirectory.replica(in: path) }

  init() {
    path = NSTemporaryDirectory() + "kvorum-storage-\(UUID().uuidString)"
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func make() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func openLog() throws -> LogStore {
    try LogStore.open(directory: path) { Samples.identity }
  }

  func openReplica() throws -> ReplicaWriter {
    try ReplicaWriter.open(directory: path, node: Samples.identity.id)
  }

  /// Changes a file from outside while no node has it.
  func tamper(_ file: String, _ sql: String) throws {
    try SQLiteConnection(path: file, mode: .readWrite).execute(sql)
  }

  /// Reads a file as a person does.
  func query(_ file: String, _ sql: String) throws -> [[String]] {
    let rows = try SQLiteConnection(path: file, mode: .readOnly).prepare(sql)
    var result: [[String]] = []
    while try rows.step() {
      result.append((0..<rows.columnCount).map { rows.isNull($0) ? "NULL" : rows.text($0) })
    }
    return result
  }

  /// A copy of the files as they are on the disk now, without closing them: what a kill leaves behind.
  func copyAsKilled() throws -> TemporaryDirectory {
    let copy = TemporaryDirectory()
    try FileManager.default.copyItem(atPath: path, toPath: copy.path)
    // The index of the -wal file lives in memory that the processes share, and dies with the last of them.
    for file in [copy.log, copy.replica] { try? FileManager.default.removeItem(atPath: file + "-shm") }
    return copy
  }
}

enum Samples {
  static let identity = NodeIdentity(
    id: NodeID(0xFEDC_BA98_7654_3210), name: "kiel", role: .slave, listenAddress: "10.0.0.1:7001",
    createdAt: 1_760_000_000_000)
  static let first = Epoch(round: 1, master: NodeID(0xF000_0000_0000_0001))
  static let second = Epoch(round: 2, master: NodeID(5))

  static let configuration = ClusterConfiguration(
    cluster: ClusterID(high: .max, low: 7), leaseMilliseconds: 500,
    current: MemberSet(
      masters: [Member(id: NodeID(1), name: "a/\"ü\"\u{0}", address: "[::1]:12345", role: .primary)],
      slaves: [Member(id: NodeID(.max), name: "e\u{301} \u{E9}", address: "", role: .slave)]),
    incoming: MemberSet(masters: [], slaves: []), removed: [NodeID(9), NodeID(.max - 1)])

  static func put(_ index: LogIndex, _ key: String, _ value: String, epoch: Epoch = first) -> Entry {
    entry(index, [.put(Array(key.utf8), Array(value.utf8))], epoch: epoch)
  }

  static func entry(_ index: LogIndex, _ mutations: [Mutation], epoch: Epoch = first) -> Entry {
    Entry(index: index, epoch: epoch, time: 1_760_000_000_123, payload: .mutations(mutations))
  }

  static func noop(_ index: LogIndex, epoch: Epoch = first) -> Entry {
    Entry(index: index, epoch: epoch, time: -1, payload: .noop)
  }

  /// One entry of each kind, with bytes of each kind.
  static let everyKind: [Entry] = [
    Entry(index: 1, epoch: first, time: 0, payload: .configuration(configuration)),
    noop(2),
    put(3, "user:1", #"{"name":"Ada"}"#),
    entry(4, [.put([], [])]),
    entry(5, [.put([0xFF, 0], Array(0...255), expiresAt: -5)]),
    entry(6, [.delete(Array("user:1".utf8))]),
    entry(7, [.put([1], [2], expiresAt: .max), .delete([0x80]), .put(Array("ü".utf8), [])], epoch: second),
    entry(
      8, [Mutation(operation: .delete, key: [1], value: Array("kept".utf8), expiresAt: 1)], epoch: second),
  ]
}

extension LogStore {
  /// Writes entries as one batch.
  func append(_ entries: [Entry], commit: LogIndex = 0) throws {
    try write([LogWrite(ticket: 1, entries: entries, commit: commit)])
  }
}
