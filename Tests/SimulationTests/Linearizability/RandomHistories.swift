import Replication
import Simulation

/// What random histories of a model are made of: few values, so that answers often fit by chance.
struct HistoryMaker<Model: SequentialModel> {
  var model: Model
  var input: (inout SplitMix64) -> Model.Input
  /// Any answer of the right kind, right or wrong.
  var output: (Model.Input, inout SplitMix64) -> Model.Output
  /// The right answer.
  var answer: (Model.State, Model.Input) -> Model.Output

  /// What a client waits for.
  private struct Pending {
    var input: Model.Input
    var invoked: Int64
    var output: Model.Output?
  }

  /// Operations at random times with random answers.
  func small(_ random: inout SplitMix64) -> [ClientOperation<Model>] {
    (0..<Int(2 + random.next() % 5)).map { client in
      let invoked = Int64(random.next() % 12)
      let returned = invoked + Int64(random.next() % 7)
      let input = input(&random)
      if random.next() % 4 == 0 { return ClientOperation(client: client, input, invoked: invoked) }
      return ClientOperation(
        client: client, input, invoked: invoked, returned: returned, output: output(input, &random))
    }
  }

  /// A history as clients of a correct object see it: each operation takes effect at some moment. Of those of
  /// unknown outcome some take effect late and some never.
  func correct(
    operations: Int, clients: Int, unknownPercent: UInt64, _ random: inout SplitMix64
  ) -> [ClientOperation<Model>] {
    var history: [ClientOperation<Model>] = []
    var state = model.initial
    var pending = [Pending?](repeating: nil, count: clients)
    var late: [Model.Input] = []
    var begun = 0
    var moment: Int64 = 0
    while begun < operations || pending.contains(where: { $0 != nil }) {
      moment += 1
      if !late.isEmpty, random.next() % 8 == 0 {
        let input = late.remove(at: Int(random.next() % UInt64(late.count)))
        state = model.step(state, input, nil) ?? state
      }
      let client = Int(random.next() % UInt64(clients))
      guard let open = pending[client] else {
        guard begun < operations else { continue }
        begun += 1
        let input = input(&random)
        if random.next() % 100 < unknownPercent {
          history.append(ClientOperation(client: client, input, invoked: moment))
          if random.next() % 3 != 0 { late.append(input) }
        } else {
          pending[client] = Pending(input: input, invoked: moment)
        }
        continue
      }
      if let output = open.output {
        history.append(
          ClientOperation(client: client, open.input, invoked: open.invoked, returned: moment, output: output)
        )
        pending[client] = nil
      } else {
        let output = answer(state, open.input)
        pending[client]?.output = output
        state = model.step(state, open.input, output) ?? state
      }
    }
    return history
  }
}

/// The slow twin: tries each operation that may come first, and the rest after it. It knows nothing but the
/// definition: no partition, no memory, no operation left out, none taken before its turn.
func someOrderFits<Model: SequentialModel>(
  _ rest: [ClientOperation<Model>], _ model: Model, _ state: Model.State
) -> Bool {
  if rest.allSatisfy(\.isUnknown) { return true }
  let firstReturn = rest.filter { !$0.isUnknown }.map(\.returned).min() ?? .max
  for (place, operation) in rest.enumerated() where operation.invoked <= firstReturn {
    guard let after = model.step(state, operation.input, operation.output) else { continue }
    var others = rest
    others.remove(at: place)
    if someOrderFits(others, model, after) { return true }
  }
  return false
}
