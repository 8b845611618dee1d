import Replication
import Testing

@testable import Simulation

private let master = NodeID(9)
private let slaves = (1...3).map { NodeID(UInt64($0)) }
private let epochs = (1...3).map { Epoch(round: UInt64($0), master: master) }
private let members = memberSet(masters: [master], slaves: slaves)

struct ReignCheckerTests {
  @Test func oneEpochHasOneLeader() {
    var checker = ReignChecker()
    let accepted = [
      checker.append(in: epochs[0], machine: 0, incarnation: 1) == nil,
      checker.append(in: epochs[0], machine: 0, incarnation: 1) == nil,
      checker.append(in: epochs[0], machine: 0, incarnation: 2) == nil,
      checker.append(in: epochs[0], machine: 1, incarnation: 1) == nil,
    ]
    #expect(accepted == [true, true, false, false])
  }

  @Test func signedEpochIsSilent() {
    var checker = ReignChecker()
    _ = checker.append(in: epochs[0], machine: 0, incarnation: 1)
    checker.sign(epochs[0])
    let broken = [epochs[0], epochs[1]].map { checker.append(in: $0, machine: 0, incarnation: 1)?.invariant }
    #expect(broken == [.silence, nil])
  }

  @Test func leaderNeedsThePromisesOfAnElectionQuorum() {
    var checker = ReignChecker()
    checker.promise(epochs[1], by: slaves[0])
    checker.promise(epochs[0], by: slaves[1])
    let configuration = configuration(members)
    #expect(checker.begin(epochs[1], leader: master, under: configuration)?.invariant == .elected)
    checker.promise(epochs[1], by: slaves[2])
    #expect(checker.begin(epochs[1], leader: master, under: configuration) == nil)
  }

  @Test func leaderNeedsBothElectionQuorumsOfAChange() {
    var checker = ReignChecker()
    for slave in slaves { checker.promise(epochs[1], by: slave) }
    let incoming = memberSet(masters: [master], slaves: [slaves[0], NodeID(4), NodeID(5)])
    let joint = configuration(members, incoming: incoming)
    #expect(checker.begin(epochs[1], leader: master, under: joint)?.invariant == .elected)
    checker.promise(epochs[1], by: NodeID(5))
    #expect(checker.begin(epochs[1], leader: master, under: joint) == nil)
  }

  @Test func leaderIsAMasterOfTheConfigurationAndOfItsEpoch() {
    var checker = ReignChecker()
    for slave in slaves { checker.promise(epochs[1], by: slave) }
    let others = configuration(memberSet(masters: [NodeID(8)], slaves: slaves))
    #expect(checker.begin(epochs[1], leader: master, under: others)?.invariant == .elected)
    #expect(checker.begin(epochs[1], leader: NodeID(8), under: others)?.invariant == .elected)
    let leaving = configuration(members, incoming: memberSet(masters: [NodeID(8)], slaves: slaves))
    #expect(checker.begin(epochs[1], leader: master, under: leaving)?.invariant == .elected)
  }
}
