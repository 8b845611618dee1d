/// Collects what the clients of one thread of control ask and see, on a clock that ticks at each call and return.
///
/// Clients in threads or processes of their own put `ClientOperation`s together themselves, with times of one
/// monotonic clock read before the question is sent and after the answer has come.
public struct HistoryRecorder<Model: SequentialModel>: Sendable {
  private var all: [ClientOperation<Model>] = []
  private var void: Set<Int> = []
  private var moment: Int64 = 0

  /// An empty history.
  public init() {}

  /// The operations, without those that never happened.
  public var operations: [ClientOperation<Model>] {
    all.indices.filter { !void.contains($0) }.map { all[$0] }
  }

  /// A client asks; until it is answered the outcome is unknown.
  public mutating func begin(_ input: Model.Input, client: Int = 0) -> Int {
    moment += 1
    all.append(ClientOperation(client: client, input, invoked: moment))
    return all.count - 1
  }

  /// The client is answered.
  public mutating func end(_ operation: Int, _ output: Model.Output) {
    moment += 1
    let open = all[operation]
    all[operation] = ClientOperation(
      client: open.client, open.input, invoked: open.invoked, returned: moment, output: output)
  }

  /// The operation certainly never happened and never will.
  public mutating func void(_ operation: Int) { void.insert(operation) }

  /// What was asked, for people.
  public func input(of operation: Int) -> Model.Input { all[operation].input }

  /// Whether an operation was answered.
  public func isAnswered(_ operation: Int) -> Bool { !all[operation].isUnknown }
}
