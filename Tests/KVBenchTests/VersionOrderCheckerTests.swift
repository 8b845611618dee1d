import Replication
import Simulation
import Testing

@testable import kvbench

@Suite struct VersionOrderCheckerTests {
  private func update(
    _ invoked: Int64, _ returned: Int64, _ version: Int?, token: Int? = nil
  ) -> VersionedOperation {
    VersionedOperation(kind: .update(token: token), invoked: invoked, returned: returned, version: version)
  }

  private func read(
    _ invoked: Int64, _ returned: Int64, _ version: Int, _ tokens: [Int]? = nil
  ) -> VersionedOperation {
    VersionedOperation(kind: .read, invoked: invoked, returned: returned, version: version, tokens: tokens)
  }

  private func fault(_ history: VersionedOperation...) -> String? {
    VersionOrderChecker.finding(on: "it", history)?.text
  }

  @Test func versionsInTheOrderOfTimeAreRight() {
    #expect(fault(update(1, 2, 1), update(3, 4, 2), read(5, 6, 2)) == nil)
    #expect(fault(update(1, 4, 2), update(2, 3, 1), read(5, 6, 2)) == nil)
    #expect(fault(read(1, 2, 0)) == nil)
  }

  @Test func aLostUpdateIsFound() {
    #expect(fault(update(1, 2, 1), update(3, 4, 2), read(5, 6, 1))?.contains("it is lost") == true)
  }

  @Test func aVersionMadeTwiceIsFound() {
    #expect(fault(update(1, 2, 1), update(3, 4, 1), read(5, 6, 1))?.contains("twice") == true)
  }

  @Test func aReadOfThePastIsFound() {
    #expect(fault(update(1, 2, 1), update(3, 4, 2), read(5, 6, 1), read(7, 8, 2))?.contains("before") == true)
  }

  @Test func anUpdateInDoubtExplainsAVersionOnlyIfItWasSentInTime() {
    #expect(fault(update(1, .max, nil), update(2, 3, 2), read(5, 6, 2)) == nil)
    #expect(fault(update(1, .max, nil), read(5, 6, 0)) == nil)
    #expect(fault(update(4, .max, nil), update(2, 3, 2), read(5, 6, 2))?.contains("before any") == true)
    #expect(fault(update(2, 3, 2), read(5, 6, 2))?.contains("only 1 were acknowledged") == true)
  }

  @Test func tokensMustAllBeThereOnceAndInOrder() {
    let a = update(1, 2, 1, token: 7)
    let b = update(3, 4, 2, token: 8)
    #expect(fault(a, b, read(5, 6, 2, [7, 8])) == nil)
    #expect(fault(a, b, read(5, 6, 2, [8, 7])) != nil)
    #expect(fault(a, b, read(5, 6, 1, [7])) != nil)
    #expect(fault(a, b, read(5, 6, 3, [7, 8, 7])) != nil)
    #expect(fault(a, read(5, 6, 2, [7, 9])) != nil)
    #expect(fault(a, b, read(2, 3, 1, [8]), read(5, 6, 2, [7, 8])) != nil)
    #expect(fault(a, update(1, .max, nil, token: 9), read(5, 6, 2, [7, 9])) == nil)
    #expect(fault(a, update(1, .max, nil, token: 9), read(5, 6, 1, [7])) == nil)
  }

  @Test func theSearchOverAModelComesToTheSameVerdicts() throws {
    var random = SplitMix64(seed: 11)
    var good = 0
    var bad = 0
    for _ in 0..<4_000 {
      let history = randomHistory(&random)
      let verdict = LinearizabilityChecker.check(history.map(counted), CounterModel())
      try #require(verdict.holds || verdict.fails)
      let isRight = VersionOrderChecker.finding(on: "it", history) == nil
      try #require(isRight == verdict.holds, "\(history)")
      if isRight { good += 1 } else { bad += 1 }
    }
    #expect(good > 400 && bad > 400)
  }

  /// Operations done one after the other, with times around the moment and sometimes a wrong answer; a read last.
  private func randomHistory(_ random: inout SplitMix64) -> [VersionedOperation] {
    var history: [VersionedOperation] = []
    var version = 0
    for step in 1...8 {
      let moment = Int64(step) * 10
      let invoked = moment - Int64(random.draw(0...25))
      let returned = moment + Int64(random.draw(1...25))
      switch random.draw(1...8) {
      case ...3: history.append(read(invoked, returned, version))
      case ...6:
        version += 1
        history.append(update(invoked, returned, version))
      case 7:
        if random.oneIn(2) { version += 1 }
        history.append(update(invoked, .max, nil))
      default: history.append(read(invoked, returned, max(0, version + random.draw(-1...1))))
      }
    }
    history.append(read(200, 201, version))
    return history
  }

  private func counted(_ operation: VersionedOperation) -> ClientOperation<CounterModel> {
    let input: CounterModel.Input = operation.kind == .read ? .get : .increment(by: 1)
    guard let version = operation.version else { return ClientOperation(input, invoked: operation.invoked) }
    let isNothing = operation.kind == .read && version == 0
    return ClientOperation(
      input, invoked: operation.invoked, returned: operation.returned,
      output: .value(isNothing ? nil : Int64(version)))
  }
}
