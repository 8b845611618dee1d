/// The search for an order of one object's operations.
///
/// Three things keep it small, and none can change a verdict:
/// - A read that fits takes its place at once: later it could only hinder (`SequentialModel.isRead`).
/// - Operations of unknown outcome that ask for the same are taken in the order in which they were asked: in any
///   order that works, each can change places with an earlier one.
/// - Of two ways to one configuration the one that used up fewer operations of unknown outcome can go wherever the
///   other can. So a configuration is not looked at again with the same ones used up or more.
struct LinearizabilitySearch<Model: SequentialModel> {
  enum Ending {
    case found
    case exhausted
    case givenUp(String)
  }

  /// Operations of unknown outcome with one input, in the order in which they were asked.
  private struct UnknownKind {
    var input: Model.Input
    var operations: [Int]
  }

  private enum Move {
    case answered(Int)
    case unknown(kind: Int)
  }

  private struct Configuration: Hashable {
    var done: OperationSet
    var state: Model.State
  }

  private struct Frame {
    var configuration: Configuration
    var used: UnknownsUsed
    var moves: [Move]
    var next = 0
    /// The length of the path when this frame was reached.
    var depth: Int
  }

  private let model: Model
  /// What the clients saw, for people.
  private let original: [ClientOperation<Model>]
  /// What is searched, place by place; of those that the model left out nothing is used.
  private let history: [ClientOperation<Model>]
  /// The places in the history of those that were answered, by invocation.
  private let answered: [Int]
  private let isRead: [Bool]
  private var kinds: [UnknownKind] = []
  /// For each configuration the least sets of unknown operations with which it was reached.
  private var memory: [Configuration: [UnknownsUsed]] = [:]
  /// Places in the history, in the order found so far.
  private var path: [Int] = []
  private var frontier = Frontier()

  /// The furthest that any order came.
  struct Frontier {
    var returned = Int64.min
    /// How many of the order were answered.
    var answered = -1
    var order: [Int] = []
    /// Places in the history.
    var blocked = 0
  }

  init(_ history: [ClientOperation<Model>], _ model: Model) {
    self.model = model
    let simplified = model.simplified(history)
    original = history
    self.history = zip(simplified, history).map { $0 ?? $1 }
    let history = self.history
    let byInvocation = history.indices.sorted { (history[$0].invoked, $0) < (history[$1].invoked, $1) }
    answered = byInvocation.filter { !history[$0].isUnknown }
    isRead = answered.map { place in
      history[place].output.map { model.isRead(history[place].input, $0) } ?? false
    }
    var kindOf: [Model.Input: Int] = [:]
    for place in byInvocation where history[place].isUnknown && simplified[place] != nil {
      let input = history[place].input
      if let kind = kindOf[input] {
        kinds[kind].operations.append(place)
      } else {
        kindOf[input] = kinds.count
        kinds.append(UnknownKind(input: input, operations: [place]))
      }
    }
  }

  mutating func run(limit: Int, deadline: ContinuousClock.Instant?) -> Ending {
    var frames: [Frame] = []
    var looked = 0
    let start = Configuration(done: OperationSet(), state: model.initial)
    if enter(start, used: UnknownsUsed(), into: &frames) { return .found }
    while let top = frames.indices.last {
      if frames[top].next == frames[top].moves.count {
        frames.removeLast()
        continue
      }
      let move = frames[top].moves[frames[top].next]
      frames[top].next += 1
      path.removeLast(path.count - frames[top].depth)
      guard let (configuration, used) = take(move, from: frames[top]) else { continue }
      looked += 1
      if looked > limit { return .givenUp("no verdict after \(limit) configurations") }
      if looked % 256 == 0, let deadline, ContinuousClock.now > deadline {
        return .givenUp("no verdict in the time given, after \(looked) configurations")
      }
      if enter(configuration, used: used, into: &frames) { return .found }
    }
    return .exhausted
  }

  /// What a move leads to, or nil if it is impossible or pointless; leaves the move on the path.
  private mutating func take(_ move: Move, from frame: Frame) -> (Configuration, UnknownsUsed)? {
    var configuration = frame.configuration
    var used = frame.used
    switch move {
    case .answered(let number):
      let operation = history[answered[number]]
      guard let state = model.step(configuration.state, operation.input, operation.output) else { return nil }
      configuration.state = state
      configuration.done.insert(number)
      path.append(answered[number])
    case .unknown(let kind):
      guard let state = model.step(configuration.state, kinds[kind].input, nil),
        state != configuration.state
      else { return nil }
      configuration.state = state
      path.append(kinds[kind].operations[used[kind]])
      used.add(kind)
    }
    return (configuration, used)
  }

  /// Goes on from a configuration unless that has been done; true if all answers are explained.
  private mutating func enter(
    _ reached: Configuration, used: UnknownsUsed, into frames: inout [Frame]
  ) -> Bool {
    var configuration = reached
    var (open, soonest) = open(configuration.done)
    while let read = open.first(where: { fits(isRead: $0, configuration.state) }) {
      configuration.done.insert(read)
      path.append(answered[read])
      (open, soonest) = self.open(configuration.done)
    }
    guard let soonest else { return true }
    note(blocked: soonest, used: used)
    guard remember(configuration, used) else { return false }
    let returned = history[answered[soonest]].returned
    var moves = open.map { Move.answered($0) }
    for (kind, unknown) in kinds.enumerated() where used[kind] < unknown.operations.count {
      if history[unknown.operations[used[kind]]].invoked <= returned { moves.append(.unknown(kind: kind)) }
    }
    frames.append(Frame(configuration: configuration, used: used, moves: moves, depth: path.count))
    return false
  }

  private func fits(isRead number: Int, _ state: Model.State) -> Bool {
    guard isRead[number] else { return false }
    let operation = history[answered[number]]
    return model.step(state, operation.input, operation.output) != nil
  }

  /// The answered operations that may come next: those asked before any other one that is still to come was
  /// answered. And that one, the soonest answered.
  private func open(_ done: OperationSet) -> (operations: [Int], soonest: Int?) {
    var operations: [Int] = []
    var soonest: Int?
    var returned = Int64.max
    for number in done.firstMissing..<max(done.firstMissing, answered.count) {
      let operation = history[answered[number]]
      if operation.invoked > returned { break }
      if done.contains(number) { continue }
      operations.append(number)
      if soonest == nil || operation.returned < returned {
        soonest = number
        returned = operation.returned
      }
    }
    return (operations, soonest)
  }

  /// Whether a configuration is worth looking at, with these unknown operations used up.
  private mutating func remember(_ configuration: Configuration, _ used: UnknownsUsed) -> Bool {
    guard let known = memory[configuration] else {
      memory[configuration] = [used]
      return true
    }
    guard !known.contains(where: { $0.isWithin(used) }) else { return false }
    memory[configuration] = known.filter { !used.isWithin($0) } + [used]
    return true
  }

  private mutating func note(blocked number: Int, used: UnknownsUsed) {
    let returned = history[answered[number]].returned
    let count = path.count - used.total
    guard (returned, count) > (frontier.returned, frontier.answered) else { return }
    frontier = Frontier(returned: returned, answered: count, order: path, blocked: answered[number])
  }

  /// Why no order was found.
  func counterexample(part: String?) -> Counterexample<Model> {
    var state = model.initial
    for place in frontier.order {
      state = model.step(state, original[place].input, original[place].output) ?? state
    }
    let ordered = Set(frontier.order)
    let around = original.indices.filter { place in
      !ordered.contains(place) && place != frontier.blocked && original[place].invoked <= frontier.returned
    }
    return Counterexample(
      model: model, part: part, total: original.count, order: frontier.order.map { original[$0] },
      state: state,
      blocked: original[frontier.blocked],
      around: around.sorted { (original[$0].invoked, $0) < (original[$1].invoked, $1) }.map { original[$0] })
  }
}
