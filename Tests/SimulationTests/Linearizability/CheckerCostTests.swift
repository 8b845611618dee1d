import Simulation
import Testing

struct CheckerCostTests {
  /// Increments of different sizes that all overlap, and a read of what no subset adds up to.
  private func hard(_ count: Int) -> [ClientOperation<CounterModel>] {
    (0..<count).map { .op($0, 1...100, .increment(by: 1 << Int64($0)), .done) }
      + [.op(99, 101...102, .get, .value(-1))]
  }

  @Test func eachConfigurationIsLookedAtOnce() {
    // Twelve overlapping operations have 479,001,600 orders, but only 4,096 sets (Lowe 2017).
    let budget = LinearizabilityBudget(configurations: 12 * 4_096)
    #expect(LinearizabilityChecker.check(hard(12), CounterModel(), budget: budget).fails)
  }

  @Test func exceededBudgetIsNeitherGoodNorBad() {
    let few = LinearizabilityChecker.check(
      hard(12), CounterModel(), budget: LinearizabilityBudget(configurations: 100))
    #expect(!few.holds && !few.fails)
    let hurried = LinearizabilityChecker.check(
      hard(16), CounterModel(), budget: LinearizabilityBudget(time: .zero))
    #expect(!hurried.holds && !hurried.fails)
  }

  @Test func partThatIsCertainlyWrongWinsOverOneThatIsTooHard() {
    typealias Counters = KeyedModel<String, CounterModel>
    var history: [ClientOperation<Counters>] = hard(12).map { operation in
      ClientOperation(
        client: operation.client, Counters.Input("hard", operation.input), invoked: operation.invoked,
        returned: operation.returned, output: operation.output ?? .done)
    }
    let budget = LinearizabilityBudget(configurations: 100)
    let doubtful = LinearizabilityChecker.check(history, Counters(CounterModel()), budget: budget)
    #expect(!doubtful.holds && !doubtful.fails)
    history.append(.op(1, 1...2, Counters.Input("easy", .get), .value(5)))
    #expect(LinearizabilityChecker.check(history, Counters(CounterModel()), budget: budget).fails)
  }

  @Test func lostWritesThatNobodySawCostNothing() {
    let writes: [ClientOperation<Register>] = (0..<300).flatMap { number -> [ClientOperation<Register>] in
      let time = Int64(number) * 4
      return [
        .lost(1, time, .put(1_000 + number)), .op(2, time + 1...time + 2, .put(number), .done),
        .op(3, time + 3...time + 3, .get, .value(number)),
      ]
    }
    let budget = LinearizabilityBudget(configurations: 2_000)
    #expect(LinearizabilityChecker.check(writes, Register(), budget: budget).holds)
    // They cost something where one of them could explain a failed condition, but not the product of all.
    let failed = ClientOperation<Register>.op(
      3, 2_000...2_001, .compareAndSet(from: 299, to: 0), .flag(false))
    #expect(LinearizabilityChecker.check(writes + [failed], Register()).holds)
  }

  @Test func equalLostIncrementsCostNoMoreThanTheirNumber() {
    var history: [ClientOperation<CounterModel>] = (0..<60).map { .lost($0, 1, .increment(by: 1)) }
    for number in 0..<20 as Range<Int64> {
      history.append(.op(99, 2 + 2 * number...3 + 2 * number, .get, .value(3 * number)))
    }
    let budget = LinearizabilityBudget(configurations: 2_000)
    #expect(LinearizabilityChecker.check(history, CounterModel(), budget: budget).fails, "0 is not nil")
    let right = history.map { operation in
      operation.output == .value(0)
        ? ClientOperation<CounterModel>.op(99, 2...3, .get, .value(nil)) : operation
    }
    #expect(LinearizabilityChecker.check(right, CounterModel(), budget: budget).holds)
  }
}
