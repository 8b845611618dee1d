import Replication
import Simulation
import Testing

/// What each model does, one operation at a time; nil stands for an answer that does not fit.
struct ModelTests {
  @Test func registerFollowsItsConditions() {
    let model = Register()
    #expect(model.step(1, .putIfAbsent(2), .flag(false)) == .some(1))
    #expect(model.step(nil, .putIfAbsent(2), .flag(true)) == .some(2))
    #expect(model.step(1, .putIfAbsent(2), .value(1)) == .some(1))
    #expect(model.step(1, .putIfAbsent(2), .value(nil)) == .none)
    #expect(model.step(1, .compareAndSet(from: 1, to: 3), .flag(true)) == .some(3))
    #expect(model.step(1, .compareAndSet(from: 2, to: 3), .flag(false)) == .some(1))
    #expect(model.step(1, .compareAndSet(from: 2, to: 3), .flag(true)) == .none)
    #expect(model.step(1, .compareAndSet(from: 2, to: 3), nil) == .some(1))
    #expect(model.step(nil, .compareAndSet(from: nil, to: 3), .flag(true)) == .some(3))
    #expect(model.step(1, .delete, .flag(true)) == .some(nil))
    #expect(model.step(nil, .delete, .flag(true)) == .none)
    #expect(model.step(1, .getAndSet(4), .value(1)) == .some(4))
    #expect(model.step(1, .getAndSet(4), .value(4)) == .none)
    #expect(model.step(1, .put(nil), .done) == .some(nil))
  }

  @Test func counterAddsAndTellsTheSum() {
    let model = CounterModel()
    #expect(model.step(nil, .increment(by: 3), .value(3)) == .some(3))
    #expect(model.step(3, .increment(by: -5), .value(-2)) == .some(-2))
    #expect(model.step(3, .increment(by: 1), .value(3)) == .none)
    #expect(model.step(nil, .get, .value(nil)) == .some(nil))
    #expect(model.step(nil, .get, .value(0)) == .none)
    #expect(model.step(.max, .increment(by: 1), nil) == .some(.max))
    #expect(model.step(.max, .increment(by: 1), .done) == .none)
  }

  @Test func appendTellsTheNewLength() {
    let model = Text()
    #expect(model.step(["a"], .append(["b", "c"]), .length(3)) == ["a", "b", "c"])
    #expect(model.step(["a"], .append(["b"]), .length(1)) == nil)
    #expect(model.step(["a"], .get, .content(["a"])) == ["a"])
    #expect(model.step(["a"], .get, .content([])) == nil)
  }

  @Test func keyGroupTreatsItsKeysAtOnce() {
    let model = Keys()
    #expect(model.step([:], .write([.init("a", 1), .init("a", 2)]), .done) == ["a": 2])
    #expect(model.step(["a": 1], .delete(["a", "a", "b"]), .count(1)) == [:])
    #expect(model.step(["a": 1], .delete(["a", "a", "b"]), .count(2)) == nil)
    #expect(model.step(["a": 1], .writeIfAllAbsent([.init("b", 1), .init("a", 2)]), .count(0)) == ["a": 1])
    #expect(model.step([:], .writeIfAllAbsent([.init("b", 1)]), .count(1)) == ["b": 1])
    #expect(model.step(["a": 1], .read(["b", "a"]), .values([nil, 1])) == ["a": 1])
    #expect(model.step(["a": 1], .read(["b", "a"]), .values([1, nil])) == nil)
  }

  @Test func keyedStatesThatAreEqualHaveOneForm() {
    typealias Registers = KeyedModel<String, Register>
    let model = Registers(Register())
    let written = model.step([:], Registers.Input("a", .put(1)), nil)
    #expect(written == ["a": 1])
    #expect(written.flatMap { model.step($0, Registers.Input("a", .delete), nil) } == [:])
  }

  @Test func modelsThatCallAnOperationAReadLeaveTheStateAlone() {
    func check<Model>(_ maker: HistoryMaker<Model>, _ states: [Model.State]) {
      var random = SplitMix64(seed: 9)
      for _ in 0..<2_000 {
        let input = maker.input(&random)
        let output = maker.output(input, &random)
        guard maker.model.isRead(input, output) else { continue }
        for state in states {
          if let after = maker.model.step(state, input, output) { #expect(after == state, "\(input)") }
        }
      }
    }
    check(registerMaker(values: 3), [nil, 0, 1, 2])
    check(counterMaker(), [nil, 0, 1])
    check(appendMaker(), [[], ["a"], ["a", "b"]])
    check(queueMaker(), [[], ["a"], ["b", "a"]])
    check(keyGroupMaker(), [[:], ["x": 1], ["x": 0, "y": 1]])
    check(keyedMaker(), [[:], ["x": 1], ["y": 0, "x": 2]])
  }
}
