import Replication
import Testing

@testable import Simulation

/// Lies to a living cluster, a different lie each time, and looks whether the invariant that it breaks is named.
struct InspectionTests {
  private let cluster: Cluster
  private let leader: Machine
  private let process: Process

  /// A cluster without faults that has served for a while.
  init() throws {
    cluster = Cluster(seed: 5, defect: nil, transcript: nil) { plan in
      plan.masters = 2
      plan.slaves = 3
      plan.faults = []
      plan.driftsBeyondMargin = false
      plan.drift = 100
      plan.startSpan = 0
      plan.faultTime = .max / 2
    }
    cluster.begin()
    cluster.advance(until: 3_000_000_000)
    leader = try #require(cluster.activeMaster)
    process = try #require(leader.process)
    #expect(cluster.failure == nil)
    #expect(cluster.canonical.lastIndex > 10)
  }

  private var slave: Machine { cluster.machines[2] }

  private func expectBroken(_ invariant: Invariant) {
    #expect(cluster.failure?.contains("[\(invariant.rawValue)]") == true, "\(cluster.failure ?? "nothing")")
  }

  private func entry(at index: LogIndex, _ epoch: Epoch) -> Entry {
    Entry(index: index, epoch: epoch, time: 0, payload: .mutations([.put([1], [2])]))
  }

  private var nextEpoch: Epoch { Epoch(round: process.core.epoch.round + 5, master: leader.id) }

  private func append(in epoch: Epoch) -> Outbound {
    Outbound(
      to: slave.id,
      message: .append(Message.Append(epoch: epoch, number: 1, previous: .zero, entries: [], commit: 0)))
  }

  @Test func leaderWithoutPromisesIsFound() {
    cluster.inspect(append(in: nextEpoch), from: leader)
    expectBroken(.elected)
  }

  @Test func leaderWithoutACommittedEntryIsFound() {
    for machine in cluster.machines where machine.role == .slave {
      cluster.reigns.promise(nextEpoch, by: machine.id)
    }
    _ = cluster.canonical.commit(entry(at: cluster.canonical.lastIndex + 1, process.core.epoch))
    cluster.inspect(append(in: nextEpoch), from: leader)
    expectBroken(.completeness)
  }

  @Test func secondLeaderOfAnEpochIsFound() {
    cluster.inspect(append(in: process.core.epoch), from: cluster.machines[1])
    expectBroken(.oneLeader)
  }

  @Test func leaderThatServesBeforeItsFirstCommitIsFound() {
    cluster.carryOut([.becameActive(nextEpoch)], leader, process)
    expectBroken(.firstEntry)
  }

  @Test func promiseThatIsNotOnDiskIsFound() {
    let reply = Message.PrepareReply(
      epoch: nextEpoch, granted: true, promised: nextEpoch, wait: 0, last: .zero)
    cluster.inspect(Outbound(to: leader.id, message: .prepareReply(reply)), from: slave)
    expectBroken(.promises)
  }

  @Test func ackBeyondTheDiskIsFound() {
    let reply = Message.AppendReply(
      epoch: process.core.epoch, number: 1, outcome: .accepted(upTo: 1 << 20), applied: 0)
    cluster.inspect(Outbound(to: leader.id, message: .appendReply(reply)), from: slave)
    expectBroken(.acks)
  }

  @Test func commitThatIsNotOnTheOwnDiskIsFound() {
    cluster.carryOut([.committed(upTo: process.core.lastIndex + 1)], leader, process)
    expectBroken(.order)
  }

  @Test func commitOnTooFewDisksIsFound() throws {
    // The leader's own disk has one entry more than any slave's.
    leader.disk.submit(
      LogWrite(ticket: 1, entries: [entry(at: process.core.lastIndex + 1, process.core.epoch)]))
    _ = process.core.propose([.put([1], [2])], time: 0)
    while leader.disk.durable.entries.count < Int(process.core.lastIndex) {
      _ = leader.disk.startSync()
      _ = leader.disk.finishSync()
    }
    cluster.carryOut([.committed(upTo: process.core.lastIndex)], leader, process)
    expectBroken(.quorum)
  }

  @Test func commitThatLeavesItsQuorumIsFound() {
    for machine in cluster.machines where machine.role == .slave { machine.disk = FakeDisk() }
    cluster.checkKept()
    expectBroken(.quorumKept)
  }

  @Test func cutOfACommittedEntryIsFound() {
    cluster.carryOut([.truncated(from: 5)], slave, process)
    expectBroken(.neverCut)
  }

  @Test func twoEntriesOfOneNameAreFound() throws {
    let held = try #require(slave.disk.written.entry(at: 6))
    cluster.inspect(LogWrite(ticket: 1, entries: [entry(at: 6, held.epoch)]), of: slave)
    expectBroken(.logMatching)
  }

  @Test func otherStateAtTheSameIndexIsFound() throws {
    var replica = Replica()
    for index in 1...process.replica.applied - 1 { replica.apply(entry(at: index, process.core.epoch)) }
    process.replica = replica
    cluster.give(.apply, to: leader)
    expectBroken(.equalStates)
  }

  @Test func configurationThatIsNotTheNewestIsFound() throws {
    let other = configuration(memberSet(masters: [leader.id], slaves: [slave.id]))
    let index = LogIndex(slave.disk.written.entries.count) + 1
    slave.disk.submit(
      LogWrite(
        ticket: 1,
        entries: [
          Entry(index: index, epoch: process.core.epoch, time: 0, payload: .configuration(other))
        ]))
    cluster.checkConfiguration(slave)
    expectBroken(.inForce)
  }

  @Test func handoverToWhoLacksEntriesIsFound() {
    let newcomer = cluster.addMachine(role: .backup)
    cluster.checkHandover(to: newcomer.id, leader, process)
    expectBroken(.handover)
  }

  @Test func leaderOnAStalledDiskIsFound() {
    let now = leader.clock.local(at: cluster.time)
    leader.outstanding = [(now - 2 * process.core.leaseLength, 0)]
    cluster.checkStall(leader, process, at: now)
    expectBroken(.stalledDisk)
  }

  @Test func entriesOnAFullDiskAreFound() throws {
    slave.process?.toldOfFullDisk = true
    let next = slave.disk.written.entries.count + 1
    cluster.inspect(
      LogWrite(ticket: 1, entries: [entry(at: LogIndex(next), process.core.epoch)]), of: slave)
    expectBroken(.fullDisk)
  }

  @Test func haltWithoutReasonIsFound() {
    cluster.carryOut([.halt(reason: "tired")], leader, process)
    expectBroken(.noHalt)
  }
}
