import Foundation
import Synchronization
import Testing

@testable import Kvorum

@Suite(.timeLimit(.minutes(1))) struct SlaveReadTests {
  private func slaves(_ applied: [Int64]) async throws -> [FakeNode] {
    var nodes: [FakeNode] = []
    for (number, index) in applied.enumerated() {
      let node = try await FakeNode.start("s\(number)", role: "slave", .slave(applied: index))
      node.state.withLock {
        $0.n = applied.count
        $0.values["foo"] = "at \(index)"
      }
      nodes.append(node)
    }
    return nodes
  }

  private func deadMasters() async throws -> [Endpoint] {
    let node = try await FakeNode.start("m", role: "primary", .standby(activeAddress: nil))
    try await node.kill()
    return [node.endpoint]
  }

  private func client(masters: [Endpoint], slaves: [Endpoint], cache: URL? = nil) throws -> KvorumClient {
    var configuration = KvorumClient.Configuration(masters: masters)
    configuration.slaves = slaves
    configuration.cacheDirectory = cache
    return try KvorumClient(configuration)
  }

  @Test func theReplicaThatHasAppliedMostWinsOverTheMoreFrequentOldValue() async throws {
    let nodes = try await slaves([5, 5, 9])
    let client = try client(masters: try await deadMasters(), slaves: nodes.map(\.endpoint))
    // Two answers suffice, so the newest must be one of them to be sure of it.
    try await nodes[0].kill()
    let result = try await client.read(Array("foo".utf8), consistency: .majority)
    #expect(result.value.map { String(decoding: $0, as: UTF8.self) } == "at 9")
    #expect(result.source == .slaves(answers: 2, n: 3, appliedIndex: 9))
    #expect(result.mayMissAcknowledgedWrites)
    await client.close()
  }

  @Test func refusedConnectionsHardlyDelayIt() async throws {
    let nodes = try await slaves([5, 5, 9])
    let client = try client(masters: try await deadMasters(), slaves: nodes.map(\.endpoint))
    let pause = try await ContinuousClock().measure {
      _ = try await client.read(Array("foo".utf8), consistency: .majority)
    }
    #expect(pause < .milliseconds(500))
    await client.close()
  }

  @Test func stoppedMastersAndAStoppedSlaveDelayItByLessThanTwoSeconds() async throws {
    let master = try await FakeNode.start("m", role: "primary", .silent)
    let nodes = try await slaves([5, 5, 9])
    nodes[0].become(.silent)
    let client = try client(masters: [master.endpoint], slaves: nodes.map(\.endpoint))
    let pause = try await ContinuousClock().measure {
      let result = try await client.read(Array("foo".utf8), consistency: .majority)
      #expect(result.value == Array("at 9".utf8))
    }
    #expect(pause < .seconds(2))
    await client.close()
  }

  @Test func tooFewSlavesAreReportedWithEachOnesTrouble() async throws {
    let nodes = try await slaves([5, 5, 9])
    try await nodes[0].kill()
    try await nodes[1].kill()
    let client = try client(masters: try await deadMasters(), slaves: nodes.map(\.endpoint))
    await #expect {
      _ = try await client.read(Array("foo".utf8), consistency: .majority)
    } throws: {
      guard case KvorumError.notEnoughSlaves(let message) = $0 else { return false }
      return message.contains("1 of the 2 answers") && message.contains(nodes[0].address)
    }
    await client.close()
  }

  @Test func aLinearizableReadNeverTurnsToTheSlaves() async throws {
    let nodes = try await slaves([5])
    var configuration = KvorumClient.Configuration(masters: try await deadMasters())
    configuration.slaves = nodes.map(\.endpoint)
    configuration.cacheDirectory = nil
    configuration.timeout = .milliseconds(200)
    let client = try KvorumClient(configuration)
    await #expect {
      _ = try await client.read(Array("foo".utf8), consistency: .linearizable)
    } throws: {
      guard case KvorumError.noActiveMaster = $0 else { return false }
      return true
    }
    #expect(nodes[0].count(of: "KV.GET") == 0 && nodes[0].count(of: "KV.CONSISTENCY") == 0)
    await client.close()
  }

  @Test func aSlaveThatIsNamedTwiceCountsOnce() throws {
    var quorum = SlaveQuorum(n: 3, cluster: nil, needsMajority: true)
    let answer = SlaveQuorum.Answer(node: "a", cluster: "c", value: nil, appliedIndex: 4, slaves: 3)
    try quorum.take(answer)
    try quorum.take(answer)
    #expect(quorum.result == nil)
  }

  @Test func theLargestNumberOfSlavesThatAnyoneNamesSetsTheQuorum() throws {
    var quorum = SlaveQuorum(n: 1, cluster: "c", needsMajority: true)
    for (number, node) in ["a", "b"].enumerated() {
      try quorum.take(
        .init(node: node, cluster: "c", value: nil, appliedIndex: 4, slaves: number == 0 ? 5 : 3))
    }
    #expect(quorum.needed == 3)
    #expect(quorum.result == nil)
    #expect {
      try quorum.take(.init(node: "d", cluster: "other", value: nil, appliedIndex: 9, slaves: 3))
    } throws: {
      "\($0)".contains("other") && "\($0)".contains("not to c")
    }
  }

  @Test func whatOneClientLearnedLetsTheNextFindTheSlaves() async throws {
    let folder = try TemporaryFolder()
    let nodes = try await slaves([5, 6, 7])
    let master = try await FakeNode.start("m", role: "primary", .active(epoch: "1-aaaa"))
    master.state.withLock { state in
      state.statusNodes = nodes.map { node in
        NodeStatus(
          id: node.id, name: node.id, role: "slave", address: node.address, state: .voting, connected: true,
          lastIndex: 1, appliedIndex: 1, lagEntries: 0)
      }
    }
    let first = try client(masters: [master.endpoint], slaves: [], cache: folder.url)
    try await first.set("foo", "bar")
    await first.close()
    try await master.kill()
    let second = try client(masters: [master.endpoint], slaves: [], cache: folder.url)
    let result = try await second.readFromSlaves(Array("foo".utf8))
    #expect(result.value != nil)
    await second.close()
    withExtendedLifetime(folder) {}
  }

  @Test func theCacheIsWrittenOnlyWhenItSaysSomethingNew() throws {
    let folder = try TemporaryFolder()
    let masters = [Endpoint(host: "b", port: 2), Endpoint(host: "a", port: 1)]
    let cache = TopologyCache(directory: folder.url.appendingPathComponent("kvorum"), masters: masters)
    #expect(cache.load() == nil)
    let topology = try #require(Topology(.sample))
    cache.store(topology)
    #expect(
      TopologyCache(directory: cache.file.deletingLastPathComponent(), masters: masters.reversed()).load()
        == topology)
    let written =
      try FileManager.default.attributesOfItem(atPath: cache.file.path)[.systemFileNumber] as? UInt64
    cache.store(topology)
    let kept = try FileManager.default.attributesOfItem(atPath: cache.file.path)[.systemFileNumber] as? UInt64
    #expect(written == kept)
    try Data("{".utf8).write(to: cache.file)
    #expect(cache.load() == nil)
    cache.store(topology)
    #expect(cache.load() == topology)
    withExtendedLifetime(folder) {}
  }

  @Test func aCacheDirectoryIsFoundAsTheXDGSpecificationSays() {
    #expect(TopologyCache.standardDirectory(["XDG_CACHE_HOME": "/x", "HOME": "/h"])?.path == "/x/kvorum")
    #expect(
      TopologyCache.standardDirectory(["XDG_CACHE_HOME": "x", "HOME": "/h"])?.path == "/h/.cache/kvorum")
    #expect(TopologyCache.standardDirectory([:]) == nil)
  }
}
