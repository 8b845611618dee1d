import Replication
import Simulation

extension SplitMix64 {
  fileprivate mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  fileprivate mutating func value(_ bound: Int) -> Int? { below(4) == 0 ? nil : below(bound) }
}

/// A register whose values are few, or, for long histories, many.
func registerMaker(values: Int) -> HistoryMaker<Register> {
  HistoryMaker(
    model: Register(),
    input: { random in
      switch random.below(10) {
      case 0, 1: .put(random.below(values))
      case 2: .putIfAbsent(random.below(values))
      case 3: .compareAndSet(from: random.value(values), to: random.value(values))
      case 4: .delete
      case 5: .getAndSet(random.value(values))
      default: .get
      }
    },
    output: { input, random in
      switch input {
      case .put: .done
      case .get, .getAndSet: .value(random.value(values))
      case .putIfAbsent: random.below(2) == 0 ? .value(random.value(values)) : .flag(random.below(2) == 0)
      case .compareAndSet, .delete: .flag(random.below(2) == 0)
      }
    },
    answer: { state, input in
      switch input {
      case .put: .done
      case .get, .getAndSet: .value(state)
      case .putIfAbsent: .flag(state == nil)
      case .compareAndSet(let from, _): .flag(state == from)
      case .delete: .flag(state != nil)
      }
    })
}

func counterMaker() -> HistoryMaker<CounterModel> {
  HistoryMaker(
    model: CounterModel(),
    input: { random in random.below(3) == 0 ? .get : .increment(by: Int64(random.below(3)) - 1) },
    output: { input, random in
      input == .get && random.below(4) == 0 ? .value(nil) : .value(Int64(random.below(3)) - 1)
    },
    answer: { state, input in
      switch input {
      case .get: .value(state)
      case .increment(let amount): .value((state ?? 0) + amount)
      }
    })
}

func appendMaker() -> HistoryMaker<Text> {
  let letters = ["a", "b"]
  return HistoryMaker(
    model: Text(),
    input: { random in random.below(3) == 0 ? .get : .append([letters[random.below(2)]]) },
    output: { input, random in
      if input != .get { return random.below(3) == 0 ? .done : .length(1 + random.below(3)) }
      return .content((0..<random.below(3)).map { _ in letters[random.below(2)] })
    },
    answer: { state, input in input == .get ? .content(state) : .length(state.count + 1) })
}

func queueMaker() -> HistoryMaker<Queue> {
  let letters = ["a", "b", "c"]
  return HistoryMaker(
    model: Queue(),
    input: { random in random.below(2) == 0 ? .dequeue : .enqueue(letters[random.below(3)]) },
    output: { input, random in
      if input != .dequeue { return .done }
      return .value(random.below(4) == 0 ? nil : letters[random.below(3)])
    },
    answer: { state, input in input == .dequeue ? .value(state.first) : .done })
}

func keyGroupMaker() -> HistoryMaker<Keys> {
  let keys = ["x", "y", "z"]
  func some(_ random: inout SplitMix64) -> [String] {
    (0..<(1 + random.below(2))).map { _ in keys[random.below(3)] }
  }
  func pairs(_ random: inout SplitMix64) -> [Keys.Pair] {
    some(&random).map { Keys.Pair($0, random.below(2)) }
  }
  return HistoryMaker(
    model: Keys(),
    input: { random in
      switch random.below(8) {
      case 0, 1, 2: .write(pairs(&random))
      case 3: .delete(some(&random))
      case 4: .writeIfAllAbsent(pairs(&random))
      default: .read(some(&random))
      }
    },
    output: { input, random in
      switch input {
      case .write: .done
      case .delete(let keys): .count(random.below(keys.count + 1))
      case .writeIfAllAbsent: .count(random.below(2))
      case .read(let keys): .values(keys.map { _ in random.below(2) == 0 ? nil : random.below(2) })
      }
    },
    answer: { state, input in
      switch input {
      case .write: .done
      case .delete(let keys): .count(Set(keys).count { state[$0] != nil })
      case .writeIfAllAbsent(let pairs): .count(pairs.allSatisfy { state[$0.key] == nil } ? 1 : 0)
      case .read(let keys): .values(keys.map { state[$0] })
      }
    })
}

func keyedMaker() -> HistoryMaker<KeyedModel<String, Register>> {
  let base = registerMaker(values: 3)
  return HistoryMaker(
    model: KeyedModel(Register()),
    input: { random in KeyedModel.Input(random.below(2) == 0 ? "x" : "y", base.input(&random)) },
    output: { input, random in base.output(input.input, &random) },
    answer: { state, input in base.answer(state[input.key] ?? nil, input.input) })
}
