import Simulation
import Testing

struct UnknownOutcomeTests {
  private func holds(_ history: [ClientOperation<Register>]) -> Bool? { linearizable(history, Register()) }

  @Test func lostWriteMayTakeEffectAtAnyLaterTimeOrNever() {
    let start: [ClientOperation<Register>] = [.op(1, 1...2, .put(1), .done), .lost(2, 3, .put(2))]
    #expect(holds(start + [.op(3, 4...5, .get, .value(1))]) == true)
    #expect(holds(start + [.op(3, 4...5, .get, .value(1)), .op(3, 600...700, .get, .value(2))]) == true)
  }

  @Test func lostWriteTakesEffectOnlyOnce() {
    let start: [ClientOperation<Register>] = [.op(1, 1...2, .put(1), .done), .lost(2, 3, .put(2))]
    #expect(
      holds(
        start + [
          .op(3, 4...5, .get, .value(2)), .op(1, 6...7, .put(3), .done), .op(3, 8...9, .get, .value(2)),
        ]) == false)
    #expect(holds(start + [.op(3, 4...5, .get, .value(2)), .op(3, 6...7, .get, .value(1))]) == false)
  }

  @Test func lostWriteTakesNoEffectBeforeItWasAsked() {
    #expect(holds([.op(3, 1...2, .get, .value(2)), .lost(2, 3, .put(2))]) == false)
    #expect(holds([.op(3, 1...3, .get, .value(2)), .lost(2, 3, .put(2))]) == true)
  }

  @Test func equalLostWritesCountEach() {
    let lost: [ClientOperation<Register>] = [.lost(2, 1, .put(2)), .lost(3, 10, .put(2))]
    let reads: [ClientOperation<Register>] = [
      .op(4, 3...4, .get, .value(2)), .op(1, 5...6, .put(3), .done), .op(4, 11...12, .get, .value(2)),
    ]
    #expect(holds(lost + reads) == true)
    #expect(holds([lost[0]] + reads) == false)
    // Both before the other write was done, but the second was asked too late for the read.
    #expect(
      holds(
        lost + [
          .op(1, 2...3, .put(3), .done), .op(4, 4...5, .get, .value(2)),
          .op(1, 6...7, .put(3), .done), .op(4, 8...9, .get, .value(2)),
        ]) == false)
  }

  @Test func lostDeleteMayExplainAnEmptyRegister() {
    let start: [ClientOperation<Register>] = [.op(1, 1...2, .put(1), .done), .lost(2, 3, .delete)]
    #expect(holds(start + [.op(3, 4...5, .get, .value(1)), .op(3, 6...7, .get, .value(nil))]) == true)
    #expect(holds(start + [.op(3, 4...5, .get, .value(nil)), .op(3, 6...7, .get, .value(1))]) == false)
  }

  @Test func lostWriteThatNobodyReadMayStillExplainAFailedCondition() {
    // Nobody saw 9, but something that was not 1 made the swap fail, and something made the lock taken.
    let start: [ClientOperation<Register>] = [.op(1, 1...2, .put(1), .done)]
    let failed = ClientOperation<Register>.op(3, 4...5, .compareAndSet(from: 1, to: 2), .flag(false))
    #expect(holds(start + [.lost(2, 3, .put(9)), failed]) == true)
    #expect(holds(start + [failed]) == false)
    #expect(holds([.lost(2, 3, .put(9)), .op(3, 4...5, .putIfAbsent(2), .flag(false))]) == true)
    #expect(holds([.lost(2, 3, .put(9)), .op(3, 4...5, .delete, .flag(true))]) == true)
    #expect(holds([.lost(2, 3, .putIfAbsent(9)), .op(3, 4...5, .delete, .flag(true))]) == true)
  }

  @Test func lostWriteThatNobodyReadMayFeedALostSwapThatSomebodyRead() {
    #expect(
      holds([
        .lost(1, 1, .put(1)), .lost(2, 2, .compareAndSet(from: 1, to: 2)), .op(3, 3...4, .get, .value(2)),
      ]) == true)
    #expect(
      holds([.lost(2, 2, .compareAndSet(from: 1, to: 2)), .op(3, 3...4, .get, .value(2))]) == false)
  }

  @Test func lostIncrementExplainsOneStepOnly() {
    func holds(_ seen: Int64, _ lost: Int) -> Bool? {
      let history: [ClientOperation<CounterModel>] =
        (0..<lost).map { .lost($0, 1, .increment(by: 1)) } + [.op(9, 2...3, .get, .value(seen))]
      return linearizable(history, CounterModel())
    }
    #expect(holds(1, 1) == true)
    #expect(holds(2, 1) == false)
    #expect(holds(2, 2) == true)
    #expect(holds(40, 40) == true)
    #expect(holds(41, 40) == false)
  }

  @Test func lostAppendUsedTwiceIsFound() {
    let start: [ClientOperation<Text>] = [.lost(1, 1, .append(["a"]))]
    #expect(linearizable(start + [.op(2, 2...3, .get, .content(["a"]))], Text()) == true)
    #expect(linearizable(start + [.op(2, 2...3, .get, .content(["a", "a"]))], Text()) == false)
  }

  @Test func lostMultiKeyWriteHappensWholeOrNotAtAll() {
    let start: [ClientOperation<Keys>] = [.lost(1, 1, .write([.init("x", 1), .init("y", 2)]))]
    #expect(linearizable(start + [.op(2, 2...3, .read(["x", "y"]), .values([1, 2]))], Keys()) == true)
    #expect(linearizable(start + [.op(2, 2...3, .read(["x", "y"]), .values([1, nil]))], Keys()) == false)
    #expect(
      linearizable(
        start + [.op(2, 2...3, .read(["y"]), .values([2])), .op(2, 4...5, .read(["x"]), .values([nil]))],
        Keys())
        == false)
  }
}
