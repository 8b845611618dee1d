import Simulation
import Testing

struct CounterexampleTests {
  private let history: [ClientOperation<Register>] = [
    .op(1, 1...2, .put(1), .done), .op(2, 3...12, .put(2), .done), .op(3, 4...5, .get, .value(2)),
    .op(4, 6...7, .get, .value(1)), .lost(5, 6, .put(8)), .op(3, 20...21, .get, .value(2)),
    .op(6, 22...23, .compareAndSet(from: 8, to: 9), .flag(false)),
  ]

  @Test func namesTheFirstAnswerThatHasNoExplanation() throws {
    let found = try #require(verdict(history, Register()).counterexample)
    #expect(found.blocked == history[3])
    #expect(found.order == [history[0], history[1], history[2]])
    #expect(found.state == 2)
    #expect(found.around == [history[4]])
    #expect(found.total == 7)
  }

  @Test func beginningThatIsCalledLinearizableIsAndNoLongerOneIs() throws {
    let found = try #require(verdict(history, Register()).counterexample)
    /// The history as it was known at a moment.
    func known(at moment: Int64) -> [ClientOperation<Register>] {
      history.filter { $0.invoked <= moment }.map { operation in
        operation.returned <= moment
          ? operation : .lost(operation.client, operation.invoked, operation.input)
      }
    }
    #expect(linearizable(known(at: found.blocked.returned - 1), Register()) == true)
    #expect(linearizable(known(at: found.blocked.returned), Register()) == false)
  }

  @Test func explanationShowsOperationsWithTheirIntervals() throws {
    let text = try #require(verdict(history, Register()).counterexample).description
    #expect(text.contains("no order explains the answer at 7"))
    #expect(text.contains("[6, 7] client 4: get -> 1"))
    #expect(text.contains("[6, ?] client 5: put(Optional(8)) -> unknown"))
    #expect(text.contains("holds: 2"))
  }

  @Test func explanationNamesTheKeys() throws {
    let keys: [ClientOperation<Keys>] = [
      .op(1, 1...2, .write([.init("a", 1)]), .done), .op(1, 3...4, .read(["b", "c"]), .values([nil, 5])),
      .op(1, 5...6, .read(["c", "d"]), .values([nil, nil])),
    ]
    let found = try #require(verdict(keys, Keys()).counterexample)
    #expect(found.part == "keys b, c, d")
    #expect(found.total == 2)
  }

  @Test func explanationIsTheSameEachTime() {
    let texts = Set((0..<20).map { _ in verdict(history, Register()).counterexample?.description })
    #expect(texts.count == 1)
  }
}
