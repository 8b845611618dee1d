import Foundation
import Replication
import SQLite
import Storage
import Testing

@Suite struct RecoverTests {
  private let cluster: OldCluster
  init() throws { cluster = try OldCluster() }

  private func recover(_ names: [String], _ options: String...) throws -> KVLog.Run {
    try KVLog.run(["recover"] + names.map(cluster.path) + ["--json"] + options, in: cluster.home)
  }

  private func force(_ names: [String]) throws -> KVLog.Run {
    try recover(names, "--force-new-cluster", "--into", cluster.path("into"))
  }

  private func findings(_ run: KVLog.Run) throws -> [String: Any] {
    try #require(try run.json["findings"] as? [String: Any])
  }

  private func start(_ name: String) throws -> (log: LogStore, state: RecoveredState, content: UInt64) {
    let path = cluster.path("into/" + name)
    let log = try LogStore.open(directory: path) { throw CocoaError(.fileNoSuchFile) }
    let replica = try ReplicaWriter.open(directory: path, node: log.identity.id)
    return (log, try log.recover(applied: replica.applied), replica.contentChecksum)
  }

  @Test func `without force it only shows what may be missing`() throws {
    try cluster.make("s1", OldCluster.entries(300), commit: 290)
    let before = try FileManager.default.contentsOfDirectory(atPath: cluster.home)
    let run = try recover(["s1"])
    #expect(run.code == 1)
    let found = try findings(run)
    #expect(found["last_index"] as? Int == 300)
    #expect(found["commit_index"] as? Int == 290)
    #expect(found["unproven"] as? Int == 10)
    let keys = try #require(found["unproven_keys"] as? [String])
    #expect(Set(keys) == Set((0...9).map { "key\($0)" }))
    #expect(found["may_lack_acknowledged"] as? Bool == true)
    let missing = try #require(found["members"] as? [[String: Any]]).filter { $0["directory"] == nil }
    #expect(missing.compactMap { $0["name"] as? String } == ["primary", "backup", "s2", "s3"])
    let after = try FileManager.default.contentsOfDirectory(atPath: cluster.home).filter {
      !$0.hasPrefix("run-")
    }
    #expect(after.sorted() == before.filter { !$0.hasPrefix("run-") }.sorted())
  }

  @Test func `nothing acknowledged is missing where too few slaves are missing for a write quorum`() throws {
    for name in ["s1", "s2"] { try cluster.make(name, OldCluster.entries(50), commit: 50) }
    let run = try recover(["s1", "s2"])
    #expect(run.code == 0)
    #expect(try findings(run)["may_lack_acknowledged"] as? Bool == false)
  }

  @Test func `nothing acknowledged is missing where all masters are there`() throws {
    for name in ["primary", "backup"] { try cluster.make(name, OldCluster.entries(50), commit: 40) }
    #expect(try findings(try recover(["primary", "backup"]))["may_lack_acknowledged"] as? Bool == false)
    #expect(try findings(try recover(["primary"]))["may_lack_acknowledged"] as? Bool == true)
  }

  @Test func `damage is reason to say that something may be missing`() throws {
    for name in ["s1", "s2"] { try cluster.make(name, OldCluster.entries(50), commit: 50) }
    try cluster.tamper(cluster.log("s1"), #"UPDATE log SET value = 'x' WHERE "index" = 30"#)
    #expect(try findings(try recover(["s1", "s2"]))["may_lack_acknowledged"] as? Bool == true)
  }

  @Test func `the most complete log is the one that ends in the highest epoch, not the longest`() throws {
    let longer = OldCluster.entries(100) + (101...180).map { OldCluster.entry($0, of: "lost") }
    let newer = OldCluster.entries(100) + (101...120).map { OldCluster.entry($0, epoch: OldCluster.second) }
    try cluster.make("s1", longer, commit: 100)
    try cluster.make("s2", newer, commit: 100)
    let found = try findings(try recover(["s1", "s2"]))
    #expect(found["last_index"] as? Int == 120)
    #expect(found["last_epoch"] as? String == "\(OldCluster.second)")
  }

  @Test func `the new cluster has an id of its own, and its nodes hold the data under new ids`() throws {
    try cluster.make("s1", OldCluster.entries(300), commit: 290)
    let run = try force(["s1"])
    #expect(run.code == 0, "\(run.errors)")
    let primary = try start("primary")
    let slave = try start("slave1")
    let id = try #require(primary.state.hardState.cluster)
    #expect(id != OldCluster.id)
    #expect(slave.state.hardState.cluster == id)
    let content = try cluster.expected(300).content
    for node in [primary, slave] {
      #expect(node.content == content)
      #expect(node.state.lastIndex == 301)
      #expect(node.state.commit == 301)
      let configurations = node.state.configurations.map(\.configuration)
      #expect(configurations.count == 2)
      #expect(configurations.allSatisfy { $0.cluster == id })
      let members = try #require(configurations.last)
      #expect(members.current.masters.map(\.id) == [primary.log.identity.id])
      #expect(members.current.slaves.map(\.id) == [slave.log.identity.id])
      #expect(OldCluster.members.allSatisfy { members.removed.contains($0.id) })
      #expect(node.state.hardState.promised.round > OldCluster.first.round)
      #expect(try ReplicaReader(directory: node.log.directory).verify().isSound)
      #expect(
        try ReplicaReader(directory: node.log.directory).standing().checksum
          == LogReader(directory: node.log.directory).checksum(at: 301))
    }
    #expect(primary.log.identity.role == .primary)
    #expect(slave.log.identity.name == "slave1")
  }

  @Test func `as many slaves as were asked for are made`() throws {
    try cluster.make("s1", OldCluster.entries(30), commit: 30)
    let run = try recover(["s1"], "--force-new-cluster", "--into", cluster.path("into"), "--slaves", "3")
    #expect(run.code == 0)
    #expect(Set(try (1...3).map { try start("slave\($0)").log.identity.id }).count == 3)
  }

  @Test func `a log that was trimmed is recovered with a replica`() throws {
    try cluster.make("s1", OldCluster.entries(300), commit: 300, applied: 250)
    do {
      let replica = try ReplicaWriter.open(directory: cluster.path("s1"), node: NodeID(11))
      let log = try LogStore.open(directory: cluster.path("s1")) { throw CocoaError(.fileNoSuchFile) }
      try log.trim(upTo: 200, within: replica.makeDurable(), limit: 1_000)
    }
    #expect(try force(["s1"]).code == 0)
    let primary = try start("primary")
    #expect(primary.log.base.index == 200)
    #expect(primary.log.base.configuration?.configuration.cluster == primary.state.hardState.cluster)
    #expect(primary.content == (try cluster.expected(300)).content)
    #expect(try ReplicaReader(directory: primary.log.directory).verify().isSound)
  }

  @Test func `a node that runs is no reason to recover`() throws {
    try cluster.make("s1", OldCluster.entries(30), commit: 30)
    let running = try LogStore.open(directory: cluster.path("s1")) { throw CocoaError(.fileNoSuchFile) }
    let run = try recover(["s1"])
    #expect(run.code == 2)
    #expect(run.errors.contains("A node runs on"))
    withExtendedLifetime(running) {}
  }
}
