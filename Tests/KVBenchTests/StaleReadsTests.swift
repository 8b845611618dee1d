import Testing

@testable import kvbench

@Suite struct StaleReadsTests {
  private func seen(
    _ node: String, _ value: String?, _ modified: UInt64, _ applied: UInt64, connection: Int = 1
  ) -> StaleReads.Observation {
    StaleReads.Observation(
      node: node, connection: connection, key: "k", value: value, modified: modified, applied: applied)
  }

  private func faults(_ observations: StaleReads.Observation...) -> [String] {
    let reads = StaleReads()
    for observation in observations { reads.add(observation) }
    return reads.check { _, value in value != "never" }
  }

  @Test func oldAnswersAreRightIfTheyAreConsistent() {
    #expect(
      faults(seen("a", "1", 3, 5), seen("b", "1", 3, 4), seen("a", "2", 6, 6), seen("c", nil, 0, 1)) == [])
    #expect(faults(seen("a", "1", 3, 5), seen("a", "1", 3, 4, connection: 2)) == [])
  }

  @Test func aNodeThatGoesBackIsFound() {
    #expect(faults(seen("a", "1", 3, 5), seen("a", "1", 3, 4)).count == 1)
  }

  @Test func anEntryThatWasNotAppliedIsFound() {
    #expect(faults(seen("a", "1", 6, 5)).count == 1)
  }

  @Test func aValueThatNobodyWroteIsFound() {
    #expect(faults(seen("a", "never", 3, 5)).count == 1)
  }

  @Test func nodesThatDifferAtOneIndexAreFound() {
    #expect(faults(seen("a", "1", 3, 5), seen("b", "0", 2, 5)).isEmpty == false)
    #expect(faults(seen("a", "1", 3, 5), seen("b", nil, 0, 5)).isEmpty == false)
  }

  @Test func oneEntryWithTwoValuesIsFound() {
    #expect(faults(seen("a", "1", 3, 5), seen("b", "2", 3, 6)).count == 1)
  }

  @Test func anOlderEntryAtAHigherIndexIsFound() {
    #expect(faults(seen("a", "2", 4, 5), seen("b", "1", 3, 6)).count == 1)
  }
}
