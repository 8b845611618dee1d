import Foundation
import Replication
import SQLite
import Storage

/// The stopped directories of a cluster of two masters and three slaves, with one history.
final class OldCluster {
  static let first = Epoch(round: 2, master: NodeID(1))
  static let second = Epoch(round: 5, master: NodeID(2))
  static let members: [(name: String, id: NodeID, role: NodeRole)] = [
    ("primary", NodeID(1), .primary), ("backup", NodeID(2), .backup), ("s1", NodeID(11), .slave),
    ("s2", NodeID(12), .slave), ("s3", NodeID(13), .slave),
  ]
  static let id = ClusterID(high: 7, low: 9)

  let home: String

  init() throws {
    home = NSTemporaryDirectory() + "kvlog-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: home) }

  static var configuration: ClusterConfiguration {
    func some(_ isWanted: (NodeRole) -> Bool) -> [Member] {
      members.filter { isWanted($0.role) }.map {
        Member(id: $0.id, name: $0.name, address: "127.0.0.1:\(20_000 + $0.id.rawValue)", role: $0.role)
      }
    }
    return ClusterConfiguration(
      cluster: id, leaseMilliseconds: 500,
      current: MemberSet(masters: some(\.isMaster), slaves: some { !$0.isMaster }))
  }

  /// The entry of the history at an index: puts of ten keys, with a delete and a transaction now and then; a second
  /// apart.
  static func entry(_ index: LogIndex, epoch: Epoch = first, of history: String = "v") -> Entry {
    let key = Array("key\(index % 10)".utf8)
    let value = Array("\(history)\(index)".utf8)
    let payload: Entry.Payload =
      switch index {
      case 1: .configuration(configuration)
      case 2: .noop
      case _ where index % 13 == 0: .mutations([.delete(key)])
      case _ where index % 17 == 0:
        .mutations([.put(key, value), .put([0xFF, 0], value, expiresAt: 5_000_000_000_000)])
      default: .mutations([.put(key, value)])
      }
    return Entry(index: index, epoch: epoch, time: 1_700_000_000_000 + Int64(index) * 1_000, payload: payload)
  }

  static func entries(_ last: LogIndex) -> [Entry] { (1...last).map { entry($0) } }

  func path(_ name: String) -> String { home + "/" + name }
  func log(_ name: String) -> String { DataDirectory.log(in: path(name)) }
  func replica(_ name: String) -> String { DataDirectory.replica(in: path(name)) }

  /// Makes a node's directory.
  @discardableResult
  func make(_ name: String, _ entries: [Entry], commit: LogIndex, applied: LogIndex? = nil) throws -> String {
    let member = Self.members.first { $0.name == name } ?? (name, NodeID(99), .slave)
    let directory = path(name)
    let store = try LogStore.open(directory: directory) {
      NodeIdentity(id: member.id, name: name, role: member.role, createdAt: 0)
    }
    let promised = entries.map(\.epoch).max() ?? .zero
    try store.write([
      LogWrite(
        ticket: 1, entries: entries,
        hardState: HardState(cluster: Self.id, promised: promised, highestRound: promised.round),
        commit: commit)
    ])
    let replica = try ReplicaWriter.open(directory: directory, node: member.id)
    try replica.apply(entries.filter { $0.index <= applied ?? commit })
    return directory
  }

  /// The content checksum and position of a replica that applied the history up to an index.
  func expected(_ index: LogIndex) throws -> (content: UInt64, chain: UInt64) {
    let name = "expected-\(UUID().uuidString)"
    try make(name, Self.entries(index), commit: index)
    let replica = try ReplicaWriter.open(directory: path(name), node: NodeID(99))
    return (replica.contentChecksum, replica.standing.checksum)
  }

  /// Copies a log to an archived segment with a part of it.
  func segment(of name: String, _ range: ClosedRange<LogIndex>) throws -> String {
    let path = home + "/segment-\(range.lowerBound)-\(range.upperBound).db"
    try FileManager.default.copyItem(atPath: log(name), toPath: path)
    let reader = try LogReader(path: path)
    let base = try reader.point(at: range.lowerBound - 1) ?? .zero
    let file = try SQLiteConnection(path: path, mode: .readWrite)
    try file.execute(
      """
      UPDATE base SET "index" = \(base.index), epoch_round = \(base.position.epoch.round),
        epoch_master = \(Int64(bitPattern: base.position.epoch.master.rawValue)), time = \(base.time),
        checksum = \(Int64(bitPattern: base.checksum)), configuration_index = 1,
        configuration = (SELECT value FROM log WHERE "index" = 1);
      DELETE FROM node;
      DELETE FROM log WHERE "index" NOT BETWEEN \(range.lowerBound) AND \(range.upperBound);
      DELETE FROM log_part WHERE "index" NOT BETWEEN \(range.lowerBound) AND \(range.upperBound);
      """)
    return path
  }

  /// Changes a file by hand.
  func tamper(_ file: String, _ sql: String) throws {
    let connection = try SQLiteConnection(path: file, mode: .readWrite)
    try connection.execute(sql)
    try connection.close()
  }

  /// Lets all that a node's files hold stand in the databases themselves.
  func fold(_ name: String) throws {
    for file in [log(name), replica(name)] where FileManager.default.fileExists(atPath: file) {
      try tamper(file, "PRAGMA wal_checkpoint(TRUNCATE)")
      for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + suffix) }
    }
  }

  /// Drops the oldest entries of a node's log.
  func trim(_ name: String, upTo index: LogIndex) throws {
    let store = try LogStore.open(directory: path(name)) { throw CocoaError(.fileNoSuchFile) }
    let id = store.identity.id
    let replica = try ReplicaWriter.open(directory: path(name), node: id)
    try store.trim(upTo: index, within: try replica.makeDurable(), limit: .max)
  }

  /// Where the rows of `log`, `log_part` or `kv` stand in a file: the payload of the cells of leaf pages of tables, as
  /// sqlite.org/fileformat2.html has them.
  func cellRanges(of file: String) throws -> [ClosedRange<Int>] {
    let roots = try SQLiteConnection(path: file, mode: .readOnly)
    let statement = try roots.prepare(
      "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name IN ('log', 'kv')")
    var pages: [Int] = []
    while try statement.step() { pages.append(Int(statement.integer(0))) }
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
    func number(_ offset: Int, _ count: Int) -> Int {
      bytes[offset..<offset + count].reduce(0) { $0 << 8 | Int($1) }
    }
    var ranges: [ClosedRange<Int>] = []
    while let page = pages.popLast() {
      let start = (page - 1) * 4_096
      let (kind, cells) = (bytes[start], number(start + 3, 2))
      for cell in 0..<cells {
        let place = start + number(start + (kind == 5 ? 12 : 8) + 2 * cell, 2)
        if kind == 5 {
          pages.append(number(place, 4))
        } else {
          // One byte each for the length and the rowid, as long as both are small.
          ranges.append(place + 2...place + 1 + Int(bytes[place]))
        }
      }
      if kind == 5 { pages.append(number(start + 8, 4)) }
    }
    return ranges
  }

  /// Overwrites bytes of a file.
  func overwrite(_ file: String, at offset: UInt64, with bytes: [UInt8]) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
    try handle.seek(toOffset: offset)
    try handle.write(contentsOf: bytes)
    try handle.close()
  }

  func integer(_ file: String, _ sql: String) throws -> Int64? {
    try SQLiteConnection(path: file, mode: .readOnly).integer(sql)
  }
}
