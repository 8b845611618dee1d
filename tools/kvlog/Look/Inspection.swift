import Foundation
import Replication
import SQLite
import Storage

/// What a directory or a file is.
struct Inspection: Encodable {
  struct File: Encodable {
    var path: String
    var bytes: Int64
    var walBytes: Int64?
    var freeBytes: Int64?
    var formatVersion: Int64?
    /// The SQLite that wrote it last.
    var sqliteVersion: String?
    var problems: [String]
  }

  struct Node: Encodable {
    var id: String
    var name: String
    var role: String
    var listenAddress: String?
    var createdAt: Int64
    var promisedEpoch: String
    var highestRound: UInt64
  }

  struct Reign: Encodable {
    var epoch: String
    var firstIndex: LogIndex
    var master: String
  }

  struct Membership: Encodable {
    var index: LogIndex
    var time: Int64?
    var masters: [String]
    var slaves: [String]
    /// Whether it is the middle of a change, in which two quorums count.
    var isJoint: Bool
    var removed: [String]
  }

  struct Log: Encodable {
    var baseIndex: LogIndex
    var firstIndex: LogIndex?
    var lastIndex: LogIndex
    var commitIndex: LogIndex
    var oldestTime: Int64?
    var newestTime: Int64?
    var reigns: [Reign]
    var memberships: [Membership]
    var installing: LogIndex?
  }

  struct Replica: Encodable {
    var appliedIndex: LogIndex
    var appliedEpoch: String
    var appliedTime: Int64
    var keys: Int
  }

  var argument: String
  var kind: String
  var isRunning: Bool?
  var cluster: String?
  var node: Node?
  var log: Log?
  var replica: Replica?
  var files: [File] = []
  var others: [String] = []
  var sqlite: [String] = []
  var problems: [String] = []

  init(_ argument: String) throws {
    self.argument = argument
    let place = try SourcePlace(argument)
    let isDirectory = SystemFiles().isDirectory(argument)
    problems = place.problems
    kind =
      isDirectory
      ? "a node's directory"
      : place.replica != nil
        ? "a replica"
        : place.log?.identity != nil
          ? "a log" : argument.contains("discarded-") ? "a discarded end of a log" : "a part of a log"
    if isDirectory {
      isRunning = Self.isLocked(argument)
      others = Self.others(in: argument)
    }
    cluster =
      (place.log?.cluster ?? place.replica?.standing.configuration?.configuration.cluster)?.description
    if let log = place.log { read(log) }
    if let replica = place.replica { read(replica) }
    for file in files where SQLiteVersion.hasResetBug(file.sqliteVersion) {
      sqlite.append(
        "\(file.path) was last written by SQLite \(file.sqliteVersion ?? "?"), which can lose commits if two connections write or "
          + "checkpoint it at once (sqlite.org/wal.html#walresetbug): only its node may write it")
    }
    sqlite.append("this kvlog reads with SQLite \(SQLiteVersion.text(SQLiteConnection.libraryVersion))")
  }

  private mutating func read(_ log: LogSource) {
    addFile(log.path, free: try? log.freeBytes(), version: log.formatVersion)
    if let identity = log.identity {
      node = Node(
        id: "\(identity.id)", name: identity.name, role: identity.role?.rawValue ?? "undecided",
        listenAddress: identity.listenAddress, createdAt: identity.createdAt,
        promisedEpoch: "\(log.hardState.promised)", highestRound: log.hardState.highestRound)
    }
    let history = (try? log.configurations()) ?? []
    let all =
      (log.base?.configuration.map { [($0, nil as Int64?)] } ?? [])
      + history.map { ($0.configuration, $0.time) }
    let ends = try? log.ends()
    self.log = Log(
      baseIndex: log.base?.index ?? 0, firstIndex: ends?.first.0, lastIndex: log.lastIndex,
      commitIndex: log.commit, oldestTime: ends?.first.1, newestTime: ends?.last.1,
      reigns: ((try? log.storedReigns()) ?? []).map { reign in
        Reign(
          epoch: "\(reign.epoch)", firstIndex: reign.index,
          master: Self.name(of: reign.epoch.master, in: all.map(\.0.configuration)))
      },
      memberships: all.map { Self.membership($0.0, $0.1) }, installing: (try? log.installation()) ?? nil)
  }

  private mutating func read(_ replica: Snapshot) {
    addFile(replica.path, free: nil, version: replica.reader.formatVersion)
    self.replica = Replica(
      appliedIndex: replica.standing.index, appliedEpoch: "\(replica.standing.position.epoch)",
      appliedTime: replica.standing.time, keys: (try? replica.reader.count()) ?? 0)
  }

  private mutating func addFile(_ path: String, free: Int64?, version: Int64) {
    guard let check = FileCheck(path: path) else { return }
    files.append(
      File(
        path: path, bytes: check.bytes, walBytes: check.walBytes, freeBytes: free, formatVersion: version,
        sqliteVersion: check.writer > 0 ? SQLiteVersion.text(check.writer) : nil, problems: check.problems))
    problems += check.problems.filter { problem in !problems.contains { $0.contains(problem) } }.map {
      "\(path): \($0)"
    }
  }

  private static func name(of id: NodeID, in configurations: [ClusterConfiguration]) -> String {
    for configuration in configurations.reversed() {
      if let member = configuration.member(id) { return "\(member.role.rawValue) \(member.name)" }
    }
    return id == NodeID(0) ? "nobody" : "\(id), which no configuration here names"
  }

  private static func membership(_ found: IndexedConfiguration, _ time: Int64?) -> Membership {
    let set = found.configuration.incoming ?? found.configuration.current
    return Membership(
      index: found.index, time: time, masters: set.masters.map { "\($0.name) (\($0.id)) at \($0.address)" },
      slaves: set.slaves.map { "\($0.name) (\($0.id)) at \($0.address)" },
      isJoint: found.configuration.incoming != nil, removed: found.configuration.removed.map { "\($0)" })
  }

  /// Whether a node works in a directory now; nil if that cannot be seen.
  private static func isLocked(_ directory: String) -> Bool? {
    let descriptor = open(directory + "/lock", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return errno == ENOENT ? false : nil }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return errno == EWOULDBLOCK }
    flock(descriptor, LOCK_UN)
    return false
  }

  private static func others(in directory: String) -> [String] {
    let known = ["log.db", "replica.db", "lock", "reserve"]
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.filter { name in
      !known.contains(name) && !known.contains { name == $0 + "-wal" || name == $0 + "-shm" }
    }.sorted()
  }
}

/// What is known of releases of SQLite.
enum SQLiteVersion {
  static func text(_ number: Int32) -> String {
    "\(number / 1_000_000).\(number / 1_000 % 1_000).\(number % 1_000)"
  }

  static func hasResetBug(_ text: String?) -> Bool {
    guard let parts = text?.split(separator: ".").compactMap({ Int32($0) }), parts.count == 3 else {
      return false
    }
    return parts[0] * 1_000_000 + parts[1] * 1_000 + parts[2] < SQLiteConnection.firstVersionWithoutResetBug
  }
}

extension Inspection {
  var lines: [String] {
    var lines = ["\(argument) is \(kind)\(isRunning == true ? ", and its node runs" : "")"]
    func add(_ name: String, _ text: String?) {
      if let text { lines.append(name.padding(toLength: 12, withPad: " ", startingAt: 0) + text) }
    }
    add("cluster", cluster ?? "none")
    if let node {
      add("node", "\(node.id), \(node.role) \(node.name.isEmpty ? "without a name" : node.name)")
      add("listens", node.listenAddress)
      add("made", "\(Moment(milliseconds: node.createdAt))")
      add("promised", "epoch \(node.promisedEpoch); highest round \(node.highestRound)")
    }
    if let log {
      add(
        "log",
        "entries \(log.firstIndex.map { "\($0) to \(log.lastIndex)" } ?? "none"), committed up to \(log.commitIndex)"
          + (log.baseIndex > 0 ? ", trimmed up to \(log.baseIndex)" : ""))
      if let oldest = log.oldestTime, let newest = log.newestTime {
        add("times", "\(Moment(milliseconds: oldest)) to \(Moment(milliseconds: newest))")
      }
      if let installing = log.installing { add("installs", "a snapshot that stands at entry \(installing)") }
      for reign in log.reigns {
        add("epoch", "\(reign.epoch) from entry \(reign.firstIndex) on: \(reign.master)")
      }
      for membership in log.memberships {
        let time = membership.time.flatMap { $0 > 0 ? " (\(Moment(milliseconds: $0)))" : nil } ?? ""
        add(
          "members",
          "entry \(membership.index)\(time)\(membership.isJoint ? ", a change to" : ""): masters "
            + membership.masters.joined(separator: ", ") + "; slaves "
            + membership.slaves.joined(separator: ", "))
      }
    }
    if let replica {
      add(
        "replica",
        "\(replica.keys) keys at entry \(replica.appliedIndex) of epoch \(replica.appliedEpoch) (\(Moment(milliseconds: replica.appliedTime)))"
      )
    }
    for file in files {
      add(
        "file",
        "\(file.path): format \(file.formatVersion ?? 0), \(file.bytes) bytes"
          + (file.walBytes.map { ", -wal \($0) bytes" } ?? "")
          + (file.freeBytes.map { $0 > 0 ? ", \($0) free" : "" } ?? ""))
    }
    for other in others { add("also there", other) }
    for line in sqlite { add("sqlite", line) }
    return lines + problems.map { "problem: \($0)" }
  }
}
