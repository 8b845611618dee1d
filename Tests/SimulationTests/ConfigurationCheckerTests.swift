import Replication
import Testing

@testable import Simulation

private let masters = [NodeID(8), NodeID(9)]
private let three = memberSet(masters: masters, slaves: [1, 2, 3].map { NodeID($0) })
private let four = memberSet(masters: masters, slaves: [1, 2, 3, 4].map { NodeID($0) })
private let five = memberSet(masters: masters, slaves: [1, 2, 3, 4, 5].map { NodeID($0) })

struct ConfigurationCheckerTests {
  private func broken(
    _ new: ClusterConfiguration, after old: ClusterConfiguration, isCommitted: Bool = true
  ) -> Invariant? {
    ConfigurationChecker().append(new, after: old, isCommitted: isCommitted)?.invariant
  }

  @Test func changeGoesThroughAJointConfiguration() {
    let joint = configuration(three, incoming: four)
    #expect(broken(joint, after: configuration(three)) == nil)
    #expect(broken(configuration(four), after: joint) == nil)
    #expect(broken(configuration(four), after: configuration(three)) == .oneChange)
    #expect(broken(configuration(five), after: joint) == .oneChange)
  }

  @Test func changeBeginsOnlyOnceTheOneBeforeIsCommitted() {
    let joint = configuration(three, incoming: four)
    #expect(broken(joint, after: configuration(three), isCommitted: false) == .oneChange)
    #expect(broken(configuration(four, incoming: five), after: joint) == .oneChange)
  }

  @Test func oneMemberChangesAtATime() {
    #expect(broken(configuration(three, incoming: five), after: configuration(three)) == .oneChange)
    let none = memberSet(masters: masters, slaves: [])
    let one = memberSet(masters: masters, slaves: [NodeID(1)])
    #expect(broken(configuration(one, incoming: none), after: configuration(one)) == .oneChange)
  }

  @Test func clusterAndLeaseStayAsTheyWereBorn() {
    let other = configuration(three, incoming: four, cluster: 2)
    #expect(broken(other, after: configuration(three)) == .oneChange)
  }

  @Test func removedIDNeverReturns() {
    let joint = configuration(four, incoming: three, removed: [NodeID(4)])
    #expect(broken(joint, after: configuration(four)) == nil)
    let final = configuration(three, removed: [NodeID(4)])
    #expect(broken(final, after: joint) == nil)
    #expect(broken(configuration(three), after: joint) == .removal)
    let back = configuration(three, incoming: four, removed: [NodeID(4)])
    #expect(broken(back, after: final) == .removal)
  }

  @Test func allNodesBelongToOneCluster() {
    var checker = ConfigurationChecker()
    let broken = [1, 1, 2].map { checker.belongs(to: ClusterID(high: $0, low: 0))?.invariant }
    #expect(broken == [nil, nil, .oneBirth])
  }
}
