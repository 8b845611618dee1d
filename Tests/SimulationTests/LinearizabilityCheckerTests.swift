import Replication
import Simulation
import Testing

private typealias Operation = RegisterOperation<Int>

private func put(_ value: Int?, _ invoked: Int64, _ returned: Int64) -> Operation {
  Operation(action: .put(value), invoked: invoked, returned: returned, outcome: .done(seen: nil))
}

private func get(_ seen: Int?, _ invoked: Int64, _ returned: Int64) -> Operation {
  Operation(action: .get, invoked: invoked, returned: returned, outcome: .done(seen: seen))
}

private func lost(_ action: Operation.Action, _ invoked: Int64) -> Operation {
  Operation(action: action, invoked: invoked, outcome: .unknown)
}

struct LinearizabilityCheckerTests {
  private func holds(_ history: [Operation]) -> Bool { LinearizabilityChecker.isLinearizable(history) }

  @Test func emptyHistoryIsLinearizable() { #expect(holds([])) }

  @Test func readSeesTheWriteBeforeIt() {
    #expect(holds([put(1, 1, 2), get(1, 3, 4)]))
    #expect(!holds([put(1, 1, 2), get(nil, 3, 4)]))
  }

  @Test func overlappingReadMaySeeEitherSide() {
    #expect(holds([put(1, 1, 4), get(nil, 2, 3)]))
    #expect(holds([put(1, 1, 4), get(1, 2, 3)]))
  }

  @Test func valueNeverGoesBack() {
    #expect(!holds([put(1, 1, 2), put(2, 3, 8), get(2, 4, 5), get(1, 6, 7)]))
    #expect(holds([put(1, 1, 2), put(2, 3, 8), get(1, 4, 5), get(2, 6, 7)]))
  }

  @Test func readNeverSeesWhatNobodyWrote() { #expect(!holds([put(1, 1, 2), get(3, 3, 4)])) }

  @Test func readNeverSeesTheFuture() { #expect(!holds([get(1, 1, 2), put(1, 3, 4)])) }

  @Test func writeOfUnknownOutcomeMayTakeEffectAtAnyLaterTimeOrNever() {
    #expect(holds([put(1, 1, 2), lost(.put(2), 3), get(1, 4, 5)]))
    #expect(holds([put(1, 1, 2), lost(.put(2), 3), get(1, 4, 5), get(2, 6, 7)]))
    #expect(!holds([put(1, 1, 2), lost(.put(2), 3), get(2, 4, 5), get(1, 6, 7)]))
    #expect(!holds([get(2, 1, 2), lost(.put(2), 3)]))
  }

  @Test func deleteOfUnknownOutcomeMayExplainAnEmptyRegister() {
    #expect(holds([put(1, 1, 2), lost(.put(nil), 3), get(1, 4, 5), get(nil, 6, 7)]))
    #expect(!holds([put(1, 1, 2), lost(.put(nil), 3), get(nil, 4, 5), get(1, 6, 7)]))
  }

  @Test func putIfAbsentStoresOnlyIntoAnEmptyRegister() {
    let first = Operation(action: .putIfAbsent(1), invoked: 1, returned: 2, outcome: .done(seen: nil))
    let second = Operation(action: .putIfAbsent(2), invoked: 3, returned: 4, outcome: .done(seen: 1))
    #expect(holds([first, second, get(1, 5, 6)]))
    #expect(!holds([first, second, get(2, 5, 6)]))
    let both = Operation(action: .putIfAbsent(2), invoked: 3, returned: 4, outcome: .done(seen: nil))
    #expect(!holds([first, both]))
  }

  @Test func initialValueCounts() {
    #expect(LinearizabilityChecker.isLinearizable([get(7, 1, 2)], initial: 7))
    #expect(!LinearizabilityChecker.isLinearizable([get(nil, 1, 2)], initial: 7))
  }

  @Test func agreesWithTryingEveryOrder() {
    var random = SplitMix64(seed: 5)
    var verdicts = (good: 0, bad: 0)
    for _ in 0..<4_000 {
      let history = randomHistory(&random)
      let expected = someOrderFits(history, value: nil)
      #expect(holds(history) == expected, "\(history)")
      if expected { verdicts.good += 1 } else { verdicts.bad += 1 }
    }
    #expect(verdicts.good > 500 && verdicts.bad > 500)
  }

  private func randomHistory(_ random: inout SplitMix64) -> [Operation] {
    (0..<Int(2 + random.next() % 5)).map { number in
      let invoked = Int64(random.next() % 12)
      let returned = invoked + 1 + Int64(random.next() % 6)
      // Few values, some written twice, so that reads often fit by chance.
      let value = Int(random.next() % 3)
      let seen: Int? = random.next() % 4 == 0 ? nil : Int(random.next() % 3)
      let action: Operation.Action =
        switch random.next() % 6 {
        case 0, 1: .put(value)
        case 2: .put(nil)
        case 3: .putIfAbsent(value)
        default: .get
        }
      let outcome: Operation.Outcome = random.next() % 4 == 0 ? .unknown : .done(seen: seen)
      return Operation(action: action, invoked: invoked, returned: returned, outcome: outcome)
    }
  }

  /// The slow twin: tries each operation that may come first, and the rest after it.
  private func someOrderFits(_ rest: [Operation], value: Int?) -> Bool {
    if rest.allSatisfy({ $0.outcome == .unknown }) { return true }
    let firstReturn = rest.filter { $0.outcome != .unknown }.map(\.returned).min() ?? .max
    for (place, operation) in rest.enumerated() where operation.invoked <= firstReturn {
      if case .done(let seen) = operation.outcome, seen != value {
        if case .put = operation.action {} else { continue }
      }
      let after: Int? =
        switch operation.action {
        case .put(let new): new
        case .get: value
        case .putIfAbsent(let new): value ?? new
        }
      var others = rest
      others.remove(at: place)
      if someOrderFits(others, value: after) { return true }
    }
    return false
  }
}
