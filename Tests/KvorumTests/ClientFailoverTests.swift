import NIOCore
import Synchronization
import Testing

@testable import Kvorum

/// The client against fake nodes on real sockets.
@Suite(.timeLimit(.minutes(1))) struct ClientFailoverTests {
  private func pair() async throws -> (FakeNode, FakeNode) {
    let backup = try await FakeNode.start("b", role: "backup", .standby(activeAddress: nil))
    let primary = try await FakeNode.start("a", role: "primary", .active(epoch: "4-aaaa"))
    return (primary, backup)
  }

  private func client(_ nodes: FakeNode..., timeout: Duration = .seconds(5)) throws -> KvorumClient {
    var configuration = KvorumClient.Configuration(masters: nodes.map(\.endpoint))
    configuration.cacheDirectory = nil
    configuration.timeout = timeout
    return try KvorumClient(configuration)
  }

  @Test func aConnectedClientWritesAndReads() async throws {
    let (primary, backup) = try await pair()
    var configuration = try KvorumClient.Configuration(masters: [backup.address, primary.address])
    configuration.cacheDirectory = nil
    let client = try await KvorumClient.connect(configuration)
    try await client.set("foo", "bar")
    #expect(try await client.get("foo") == "bar")
    #expect(try await client.get("none") == nil)
    await client.close()
    await #expect(throws: KvorumError.closed) { try await client.get("foo") }
  }

  @Test func manyTasksShareOneConnectionAndEachGetsItsOwnAnswer() async throws {
    let (primary, backup) = try await pair()
    let client = try client(primary, backup)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<500 {
        group.addTask {
          try await client.set("key \(number)", "value \(number)")
          #expect(try await client.get("key \(number)") == "value \(number)")
        }
      }
      try await group.waitForAll()
    }
    #expect(primary.channels.withLock { $0.count } == 1)
    await client.close()
  }

  @Test func aKilledPrimaryIsFollowedByTheBackupUnseen() async throws {
    let (primary, backup) = try await pair()
    let client = try client(primary, backup)
    try await client.set("foo", "1")
    try await primary.kill()
    async let read = client.get("foo")
    backup.become(.active(epoch: "5-bbbb"))
    #expect(try await read == nil)
    try await client.set("foo", "2")
    #expect(backup.state.withLock { $0.values["foo"] } == "2")
    #expect(await client.servingMaster()?.role == "backup")
    await client.close()
  }

  @Test func writesQueuedAtAHandoverAreDoneOnceAtTheNewMasterAfterAShortPause() async throws {
    let (primary, backup) = try await pair()
    let client = try client(primary, backup)
    try await client.set("foo", "1")
    primary.state.withLock { $0.nextWrite = .handOver }
    backup.become(.active(epoch: "5-bbbb"))
    // Far above the pause on a quiet machine, far below any deadline or back-off limit added up.
    let pause = try await ContinuousClock().measure { try await client.set("foo", "2") }
    #expect(pause < .milliseconds(500))
    #expect(backup.count(of: "SET") == 1)
    await client.close()
  }

  @Test func aWriteWhoseAnswerIsLostIsInDoubtAndNotSentAgain() async throws {
    let (primary, backup) = try await pair()
    let client = try client(primary, backup)
    try await client.set("foo", "1")
    primary.state.withLock { $0.nextWrite = .close }
    await #expect {
      try await client.set("foo", "2")
    } throws: {
      guard case KvorumError.inDoubt(nil, nil, let message) = $0 else { return false }
      return message.contains(primary.address) && message.contains("may or may not")
    }
    #expect(try await client.get("foo") == "1")
    #expect(primary.count(of: "SET") == 2)
    await client.close()
  }

  @Test func anAnswerInDoubtNamesItsEntry() async throws {
    let (primary, backup) = try await pair()
    let client = try client(primary, backup)
    primary.state.withLock { $0.nextWrite = .inDoubt }
    await #expect {
      try await client.set("foo", "2")
    } throws: {
      guard case KvorumError.inDoubt("4-ab12", 77, _) = $0 else { return false }
      return true
    }
    await client.close()
  }

  @Test func aStoppedMasterIsLeftWithinASecondOfAnothersReign() async throws {
    let (primary, backup) = try await pair()
    let client = try client(primary, backup)
    try await client.set("foo", "1")
    primary.become(.silent)
    backup.become(.active(epoch: "5-bbbb"))
    let start = ContinuousClock.now
    async let read = client.get("other")
    await #expect {
      try await client.set("foo", "2")
    } throws: {
      guard case KvorumError.inDoubt = $0 else { return false }
      return true
    }
    #expect(try await read == nil)
    #expect(ContinuousClock.now - start < .seconds(1))
    #expect(backup.count(of: "SET") == 0)
    await client.close()
  }

  @Test func aStoppedMasterWithoutSuccessorLeavesAWriteInDoubtAtItsDeadline() async throws {
    let (primary, _) = try await pair()
    let client = try client(primary, timeout: .milliseconds(600))
    try await client.set("foo", "1")
    primary.become(.silent)
    await #expect {
      try await client.set("foo", "2")
    } throws: {
      guard case KvorumError.inDoubt = $0 else { return false }
      return true
    }
    await #expect {
      try await client.get("foo")
    } throws: {
      guard case KvorumError.timedOut = $0 else { return false }
      return true
    }
    await client.close()
  }

  @Test func noMasterAtAllSaysOfEachWhyAndThatNothingWasWritten() async throws {
    let (primary, backup) = try await pair()
    let addresses = [primary.address, backup.address]
    // Before the client is there: a connection that nobody has accepted yet would outlive the listener.
    try await primary.kill()
    let client = try client(primary, backup, timeout: .milliseconds(1_500))
    await #expect {
      try await client.set("foo", "2")
    } throws: {
      guard case KvorumError.noActiveMaster(let message) = $0 else { return false }
      return addresses.allSatisfy(message.contains) && message.contains("refused the connection")
        && message.contains("is standby") && message.contains("Nothing was written")
    }
    await client.close()
  }

  @Test func aMissingQuorumIsWaitedForAndThenReported() async throws {
    let (primary, backup) = try await pair()
    let client = try client(primary, backup, timeout: .milliseconds(400))
    primary.become(.noQuorum(epoch: "4-aaaa"))
    await #expect {
      try await client.set("foo", "1")
    } throws: {
      guard case KvorumError.noQuorum(let message) = $0 else { return false }
      return message.hasPrefix("NOREPLICAS")
    }
    async let write: Void = client.set("foo", "2")
    primary.become(.active(epoch: "4-aaaa"))
    try await write
    await client.close()
  }

  @Test func aMasterOfAnotherClusterIsNeverServed() async throws {
    let (primary, backup) = try await pair()
    let client = try client(primary, backup, timeout: .milliseconds(400))
    try await client.set("foo", "1")
    let other = "ffffffffffffffffffffffffffffffff"
    backup.state.withLock { $0.cluster = other }
    backup.become(.active(epoch: "9-bbbb"))
    primary.become(.standby(activeAddress: backup.address))
    await #expect {
      try await client.set("foo", "2")
    } throws: {
      "\($0)".contains("belongs to cluster \(other), not to 00112233445566778899aabbccddeeff")
    }
    await client.close()
  }

  @Test func aMasterThatWasNotNamedIsLearnedFromTheOthers() async throws {
    let (primary, backup) = try await pair()
    backup.become(.standby(activeAddress: primary.address))
    let client = try client(backup)
    try await client.set("foo", "1")
    #expect(primary.state.withLock { $0.values["foo"] } == "1")
    await client.close()
  }

  @Test func theReadLevelOutlivesTheConnectionForWhichItWasChosen() async throws {
    let (primary, backup) = try await pair()
    let client = try client(primary, backup)
    try await client.command("KV.CONSISTENCY", "majority")
    _ = try await client.get("foo")
    primary.dropConnections()
    func choices() -> Int {
      primary.state.withLock { $0.commands.count { $0 == ["KV.CONSISTENCY", "majority"] } }
    }
    // The first ones may still go over the old connection.
    let deadline = ContinuousClock.now + .seconds(10)
    repeat { _ = try await client.get("foo") } while choices() < 2 && ContinuousClock.now < deadline
    #expect(choices() >= 2)
    await client.close()
  }
}
