import Replication
import Testing

@Suite struct QuorumTests {
  @Test func `a write quorum meets every election quorum for each number of slaves`() {
    for n in 1...50 {
      let quorum = Quorum(slaves: n)
      #expect(quorum.write + quorum.election > n)
      #expect(quorum.write <= n && quorum.election <= n)
    }
  }

  @Test func `two election quorums always meet, so no epoch is won twice`() {
    for n in 1...50 { #expect(2 * Quorum(slaves: n).election > n) }
  }

  @Test(
    arguments: [
      (1, 1, 1, 0), (2, 1, 2, 0), (3, 2, 2, 1), (4, 2, 3, 1), (5, 3, 3, 2), (6, 3, 4, 2), (7, 4, 4, 3),
    ])
  func `the quorums of small clusters are these`(n: Int, write: Int, election: Int, tolerated: Int) {
    let quorum = Quorum(slaves: n)
    #expect(quorum.write == write)
    #expect(quorum.election == election)
    #expect(quorum.toleratedFailures == tolerated)
  }

  @Test func `reached finds the highest value that enough slaves have`() {
    #expect(Quorum.reached(by: 2, of: [5, 9, 7]) == 7)
    #expect(Quorum.reached(by: 3, of: [5, 9, 7]) == 5)
    #expect(Quorum.reached(by: 1, of: [4, 4]) == 4)
    #expect(Quorum.reached(by: 3, of: [5, 9]) == nil)
    #expect(Quorum.reached(by: 0, of: [5, 9]) == nil)
    #expect(Quorum.reached(by: 1, of: [Int]()) == nil)
  }

  @Test func `reached agrees with counting`() {
    var random = SplitMix64(seed: 11)
    for _ in 0..<5_000 {
      let values = (0..<Int.random(in: 1...9, using: &random)).map { _ in
        Int.random(in: 0...6, using: &random)
      }
      let count = Int.random(in: 1...values.count, using: &random)
      let counted = (0...6).last { candidate in values.count { $0 >= candidate } >= count }
      #expect(Quorum.reached(by: count, of: values) == counted)
    }
  }
}
