import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct RebuildTests {
  private let cluster: OldCluster
  init() throws { cluster = try OldCluster() }

  private func rebuild(_ from: String...) throws -> KVLog.Run {
    try KVLog.run(
      ["rebuild", cluster.path("new"), "--json", "--from"] + from.map(cluster.path), in: cluster.home)
  }

  /// Opens the new directory as a node does when it starts.
  private func start() throws -> (LogStore, RecoveredState, ReplicaWriter) {
    let log = try LogStore.open(directory: cluster.path("new")) { throw CocoaError(.fileNoSuchFile) }
    let replica = try ReplicaWriter.open(directory: cluster.path("new"), node: log.identity.id)
    try replica.catchUp(with: LogReader(directory: cluster.path("new")), upTo: log.commit)
    return (log, try log.recover(applied: replica.applied), replica)
  }

  @Test func `a rebuilt node has the cluster's log under a new id, and has promised nothing`() throws {
    try cluster.make("s1", OldCluster.entries(300), commit: 290)
    let run = try rebuild("s1")
    #expect(run.code == 0, "\(run.errors)")
    let (log, state, replica) = try start()
    #expect(OldCluster.members.allSatisfy { $0.id != log.identity.id })
    #expect(log.identity.role == nil)
    #expect(log.identity.name.isEmpty)
    #expect(state.hardState == HardState(cluster: OldCluster.id))
    #expect(state.lastIndex == 300)
    #expect(state.commit == 290)
    #expect(replica.applied == 290)
    #expect(replica.contentChecksum == (try cluster.expected(290)).content)
    #expect(
      try LogReader(directory: cluster.path("new")).checksum(at: 300) == (try cluster.expected(300)).chain)
  }

  @Test func `two rebuilds never give the same id`() throws {
    try cluster.make("s1", OldCluster.entries(20), commit: 20)
    var ids: Set<String> = []
    for _ in 0..<3 { ids.insert(try #require(try rebuild("s1").json["node"] as? String)) }
    #expect(ids.count == 3)
  }

  @Test func `the first start decides role and name, and the next ones keep them`() throws {
    try cluster.make("s1", OldCluster.entries(20), commit: 20)
    #expect(try rebuild("s1").code == 0)
    do {
      let log = try start().0
      try log.decide(role: .backup, name: "kiel")
      #expect(throws: StorageError.self) { try log.decide(role: .slave, name: "other") }
    }
    let identity = try LogReader(directory: cluster.path("new")).identity()
    #expect(identity.role == .backup)
    #expect(identity.name == "kiel")
  }

  @Test func `what is there is moved aside, and may be a source itself`() throws {
    try cluster.make("new", OldCluster.entries(300), commit: 300)
    try cluster.make("s1", OldCluster.entries(200), commit: 200)
    try cluster.tamper(cluster.log("new"), #"UPDATE log SET value = 'x' WHERE "index" = 100"#)
    let run = try rebuild("new", "s1")
    #expect(run.code == 0, "\(run.errors)")
    let aside = try #require(try run.json["moved_aside"] as? String)
    #expect(aside.hasPrefix(cluster.path("new") + ".old-"))
    #expect(try cluster.integer(aside + "/log.db", #"SELECT max("index") FROM log"#) == 300)
    let (_, state, replica) = try start()
    #expect(state.lastIndex == 300)
    #expect(replica.contentChecksum == (try cluster.expected(300)).content)
  }

  @Test func `a directory whose node runs is left alone`() throws {
    try cluster.make("s1", OldCluster.entries(20), commit: 20)
    let running = try LogStore.open(directory: cluster.path("new")) {
      NodeIdentity(id: NodeID(5), name: "runs", role: .slave, createdAt: 0)
    }
    let run = try rebuild("s1")
    #expect(run.code == 2)
    #expect(run.errors.contains("runs on"))
    #expect(try LogReader(directory: running.directory).identity().name == "runs")
  }

  @Test func `a damaged replica is replaced by another's, and without one by the log`() throws {
    try cluster.make("s1", OldCluster.entries(300), commit: 300)
    try cluster.make("s2", OldCluster.entries(300), commit: 300, applied: 200)
    try cluster.tamper(cluster.replica("s1"), "DELETE FROM kv WHERE key = 'key5'")
    let run = try rebuild("s1", "s2")
    #expect(run.code == 0)
    #expect(try run.json["snapshot"] as? String == cluster.replica("s2"))
    #expect(try start().2.contentChecksum == (try cluster.expected(300)).content)
    try FileManager.default.removeItem(atPath: cluster.replica("s2"))
    let again = try rebuild("s1", "s2")
    #expect(again.code == 0)
    #expect(try again.json["snapshot"] == nil)
    #expect(try start().2.contentChecksum == (try cluster.expected(300)).content)
  }

  @Test func `a replica alone, of a node whose log is lost, is enough`() throws {
    try cluster.make("s1", OldCluster.entries(300), commit: 300)
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: cluster.log("s1") + suffix)
    }
    let run = try rebuild("s1")
    #expect(run.code == 0, "\(run.errors)")
    let (log, state, replica) = try start()
    #expect(log.base.index == 300)
    #expect(log.base.configuration?.configuration == OldCluster.configuration)
    #expect(state.lastIndex == 300)
    #expect(replica.contentChecksum == (try cluster.expected(300)).content)
  }

  @Test func `behind a gap that no log fills the new log begins where a replica stands`() throws {
    for name in ["s1", "s2"] {
      try cluster.make(name, OldCluster.entries(300), commit: 300, applied: name == "s1" ? 100 : 250)
      try cluster.tamper(cluster.log(name), #"DELETE FROM log WHERE "index" = 200"#)
    }
    let run = try rebuild("s1", "s2")
    #expect(run.code == 1)
    let (log, state, replica) = try start()
    #expect(log.base.index == 250)
    #expect(state.lastIndex == 300)
    #expect(replica.contentChecksum == (try cluster.expected(300)).content)
    try log.write([
      LogWrite(ticket: 1, entries: [OldCluster.entry(301, epoch: OldCluster.second)], commit: 301)
    ])
  }

  @Test func `a lost write-ahead file is made up for by another node`() throws {
    try cluster.make("s1", OldCluster.entries(100), commit: 100)
    let store = try LogStore.open(directory: cluster.path("s1")) { throw CocoaError(.fileNoSuchFile) }
    try store.write([LogWrite(ticket: 1, entries: (101...150).map { OldCluster.entry($0) }, commit: 150)])
    try FileManager.default.createDirectory(atPath: cluster.path("s2"), withIntermediateDirectories: true)
    // As a copy that forgot it.
    try FileManager.default.copyItem(atPath: cluster.log("s1"), toPath: cluster.log("s2"))
    #expect(try rebuild("s2", "s1").code == 0)
    #expect(try start().1.lastIndex == 150)
  }

  @Test func `nodes of two clusters are never mixed`() throws {
    try cluster.make("s1", OldCluster.entries(20), commit: 20)
    try cluster.make("s2", OldCluster.entries(20), commit: 20)
    try cluster.tamper(cluster.log("s2"), "UPDATE node SET cluster = '\(ClusterID(high: 1, low: 1))'")
    let run = try rebuild("s1", "s2")
    #expect(run.code == 2)
    #expect(run.errors.contains("\(OldCluster.id)"))
    #expect(run.errors.contains("\(ClusterID(high: 1, low: 1))"))
    #expect(!FileManager.default.fileExists(atPath: cluster.path("new")))
  }

  @Test func `an attempt that fails leaves nothing behind`() throws {
    try cluster.make("whole", OldCluster.entries(100), commit: 100)
    let segment = try cluster.segment(of: "whole", 50...100)
    let run = try KVLog.run(["rebuild", cluster.path("new"), "--from", segment], in: cluster.home)
    #expect(run.code == 2)
    #expect(run.errors.contains("no intact replica.db"))
    let names = try FileManager.default.contentsOfDirectory(atPath: cluster.home)
    #expect(!names.contains { $0.hasPrefix("new") }, "\(names)")
  }

  @Test func `a node that runs can be a source`() throws {
    try cluster.make("s1", OldCluster.entries(100), commit: 100)
    let running = try LogStore.open(directory: cluster.path("s1")) { throw CocoaError(.fileNoSuchFile) }
    try running.write([LogWrite(ticket: 1, entries: [OldCluster.entry(101)], commit: 101)])
    #expect(try rebuild("s1").code == 0)
    #expect(try start().1.commit == 101)
  }
}
