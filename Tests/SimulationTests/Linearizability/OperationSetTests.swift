import Replication
import Testing

@testable import Simulation

struct OperationSetTests {
  @Test func holdsWhatASetHoldsAndEqualSetsHaveOneForm() {
    var random = SplitMix64(seed: 3)
    for size in [10, 64, 65, 130, 300] {
      var order = Array(0..<size)
      order.shuffle(using: &random)
      var set = OperationSet()
      var plain: Set<Int> = []
      for (count, operation) in order.enumerated() {
        set.insert(operation)
        plain.insert(operation)
        #expect((0..<size + 70).allSatisfy { set.contains($0) == plain.contains($0) })
        #expect((0..<set.firstMissing).allSatisfy { plain.contains($0) } && !plain.contains(set.firstMissing))
        guard count % 7 == 0 else { continue }
        var other = OperationSet()
        for operation in order.prefix(count + 1).sorted() { other.insert(operation) }
        #expect(other == set && other.hashValue == set.hashValue)
      }
    }
  }

  @Test func fewerUsedOperationsAreWithinMore() {
    func used(_ kinds: [Int]) -> UnknownsUsed {
      var used = UnknownsUsed()
      for kind in kinds { used.add(kind) }
      return used
    }
    #expect(used([]).isWithin(used([3])))
    #expect(used([1]).isWithin(used([1, 1, 0])))
    #expect(!used([1, 1]).isWithin(used([1, 0])))
    #expect(!used([2]).isWithin(used([0, 1])))
  }
}
