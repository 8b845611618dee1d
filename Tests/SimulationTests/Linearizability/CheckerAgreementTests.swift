import Replication
import Simulation
import Testing

/// The checker against the definition, and against histories that are right by construction.
struct CheckerAgreementTests {
  private func agree<Model>(
    _ maker: HistoryMaker<Model>, seed: UInt64, histories: Int = 4_000,
    location: SourceLocation = #_sourceLocation
  ) {
    var random = SplitMix64(seed: seed)
    var verdicts = (good: 0, bad: 0)
    for _ in 0..<histories {
      let history = maker.small(&random)
      let expected = someOrderFits(history, maker.model, maker.model.initial)
      let found = linearizable(history, maker.model)
      #expect(found == expected, "\(history)", sourceLocation: location)
      if found != expected { return }
      if expected { verdicts.good += 1 } else { verdicts.bad += 1 }
    }
    #expect(
      min(verdicts.good, verdicts.bad) > histories / 10, "both verdicts are frequent: \(verdicts)",
      sourceLocation: location)
  }

  @Test func agreesWithTryingEveryOrderOfARegister() {
    agree(registerMaker(values: 3), seed: 1, histories: 12_000)
  }
  @Test func agreesWithTryingEveryOrderOfACounter() { agree(counterMaker(), seed: 2) }
  @Test func agreesWithTryingEveryOrderOfAppends() { agree(appendMaker(), seed: 3) }
  @Test func agreesWithTryingEveryOrderOfAQueue() { agree(queueMaker(), seed: 4) }
  @Test func agreesWithTryingEveryOrderOfKeyGroups() { agree(keyGroupMaker(), seed: 5) }
  @Test func agreesWithTryingEveryOrderOfKeyedRegisters() { agree(keyedMaker(), seed: 6) }

  private func accepts<Model>(
    _ maker: HistoryMaker<Model>, seed: UInt64, operations: Int, unknownPercent: UInt64,
    location: SourceLocation = #_sourceLocation
  ) {
    var random = SplitMix64(seed: seed)
    for clients in [3, 8, 16] {
      let history = maker.correct(
        operations: operations, clients: clients, unknownPercent: unknownPercent, &random)
      #expect(
        linearizable(history, maker.model) == true, "\(operations) operations of \(clients) clients",
        sourceLocation: location)
    }
  }

  @Test(arguments: [0, 5, 20] as [UInt64])
  func acceptsLongHistoriesOfCorrectObjects(unknownPercent: UInt64) {
    accepts(
      registerMaker(values: 1_000_000), seed: 11, operations: 500, unknownPercent: unknownPercent)
    accepts(registerMaker(values: 5), seed: 12, operations: 300, unknownPercent: unknownPercent)
    accepts(counterMaker(), seed: 13, operations: 300, unknownPercent: min(unknownPercent, 5))
    accepts(appendMaker(), seed: 14, operations: 200, unknownPercent: min(unknownPercent, 5))
    accepts(keyGroupMaker(), seed: 15, operations: 200, unknownPercent: min(unknownPercent, 5))
    accepts(keyedMaker(), seed: 16, operations: 500, unknownPercent: unknownPercent)
  }

  @Test func refusesALongHistoryWithOneStaleReadAtItsEnd() {
    var random = SplitMix64(seed: 21)
    var history = registerMaker(values: 1_000_000).correct(
      operations: 400, clients: 12, unknownPercent: 10, &random)
    let end = (history.filter { !$0.isUnknown }.map(\.returned).max() ?? 0) + 1
    #expect(linearizable(history, Register()) == true)
    history += [
      .op(90, end...end + 1, .put(-1), .done), .op(90, end + 2...end + 3, .put(-2), .done),
      .op(91, end + 4...end + 5, .get, .value(-1)),
    ]
    let counterexample = verdict(history, Register()).counterexample
    #expect(counterexample?.blocked == history.last)
  }
}
