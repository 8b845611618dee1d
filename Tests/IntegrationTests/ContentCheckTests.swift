import Replication
import Testing
import Transport

@testable import Node

@Suite("Comparing replicas") struct ContentCheckTests {
  private let start = Instant(nanoseconds: 1_000_000_000)
  private let nodes = (1...5).map { NodeID(UInt64($0)) }
  private var members: Set<NodeID> { Set(nodes) }

  private func master(_ points: [(LogIndex, UInt64)]) -> ContentCheck {
    var check = ContentCheck()
    for (index, checksum) in points { check.note(ContentPoint(index: index, checksum: checksum)) }
    return check
  }

  @Test("Equal sums at equal entries are no matter, and other entries say nothing")
  func agreement() {
    var check = master([(1, 10), (5, 50)])
    for node in nodes {
      check.hear(
        [ContentPoint(index: 5, checksum: 50), ContentPoint(index: 6, checksum: 1)], from: node, at: start)
    }
    #expect(check.verdicts(among: members, at: start).isEmpty)
  }

  @Test("A node that differs is named once all have spoken, and not before")
  func divergence() {
    var check = master([(5, 50)])
    check.hear([ContentPoint(index: 5, checksum: 51)], from: nodes[0], at: start)
    #expect(check.verdicts(among: members, at: start).isEmpty)
    for node in nodes.dropFirst() {
      check.hear([ContentPoint(index: 5, checksum: 50)], from: node, at: start)
    }
    #expect(check.verdicts(among: members, at: start) == [.diverged(nodes[0], at: 5)])
  }

  @Test("Nodes that say nothing are not waited for for ever")
  func patience() {
    var check = master([(5, 50)])
    check.hear([ContentPoint(index: 5, checksum: 51)], from: nodes[0], at: start)
    check.hear([ContentPoint(index: 5, checksum: 50)], from: nodes[1], at: start)
    #expect(check.verdicts(among: members, at: start + .milliseconds(14_000)).isEmpty)
    #expect(check.verdicts(among: members, at: start + .milliseconds(16_000)) == [.diverged(nodes[0], at: 5)])
    // Who has no link cannot be waited for at all.
    #expect(check.verdicts(among: [nodes[0], nodes[1]], at: start) == [.diverged(nodes[0], at: 5)])
  }

  @Test("If most others agree on something else it is the master that is wrong; with a tie it is right")
  func majority() {
    var check = master([(5, 50)])
    for node in nodes[..<3] { check.hear([ContentPoint(index: 5, checksum: 51)], from: node, at: start) }
    for node in nodes[3...] { check.hear([ContentPoint(index: 5, checksum: 50)], from: node, at: start) }
    // Three against three, the master among them.
    #expect(check.verdicts(among: members, at: start) == nodes[..<3].map { .diverged($0, at: 5) })
    check.hear([ContentPoint(index: 5, checksum: 51)], from: nodes[3], at: start)
    #expect(check.verdicts(among: members, at: start) == [.masterDiverged(at: 5)])
  }

  @Test("A node that agrees again is forgiven, and one that is gone is forgotten")
  func repair() {
    var check = master([(5, 50), (6, 60)])
    for node in nodes { check.hear([ContentPoint(index: 5, checksum: 50)], from: node, at: start) }
    check.hear([ContentPoint(index: 5, checksum: 1)], from: nodes[2], at: start)
    check.hear([ContentPoint(index: 6, checksum: 60)], from: nodes[2], at: start + 1)
    #expect(check.verdicts(among: members, at: start + 1).isEmpty)
    check.hear([ContentPoint(index: 6, checksum: 1)], from: nodes[2], at: start + 2)
    check.forget(nodes[2])
    #expect(check.verdicts(among: members.subtracting([nodes[2]]), at: start + 2).isEmpty)
  }

  @Test("What is reported is the newest entry and the last common borders")
  func report() {
    let border = ContentCheck.interval
    var check = ContentCheck()
    for index in 1...6 { check.note(ContentPoint(index: border * LogIndex(index), checksum: UInt64(index))) }
    check.note(ContentPoint(index: border * 6 + 1, checksum: 9))
    #expect(check.toReport.map(\.checksum) == [3, 4, 5, 6, 9])
    check.restart()
    #expect(check.toReport.isEmpty)
  }
}
