import Simulation
import Testing

struct ConnectedKeysTests {
  private func groups(_ keys: [[String]]) -> [[Int]] {
    HistoryPart.byConnectedKeys(keys).map(\.operations)
  }

  @Test func keysThatNothingConnectsArePartsOfTheirOwn() {
    #expect(groups([["a"], ["b"], ["a"], ["c"]]) == [[0, 2], [1], [3]])
  }

  @Test func laterOperationJoinsEarlierKeys() {
    #expect(groups([["a"], ["b"], ["c"], ["c", "a"]]) == [[0, 2, 3], [1]])
  }

  @Test func chainOfPairsIsOnePart() {
    #expect(groups([["a", "b"], ["c", "d"], ["e"], ["d", "b"]]) == [[0, 1, 3], [2]])
  }

  @Test func operationWithoutKeysStandsAlone() { #expect(groups([["a"], [], ["a"]]) == [[0, 2], [1]]) }

  @Test func partsAreNamedByTheirKeysInOrderOfUse() {
    #expect(
      HistoryPart.byConnectedKeys([["b"], ["x"], ["b", "a"]]).map(\.name) == ["keys b, a", "key x"])
  }
}
