import Simulation

extension ClientOperation {
  /// An answered operation.
  static func op(
    _ client: Int, _ span: ClosedRange<Int64>, _ input: Model.Input, _ output: Model.Output
  ) -> Self {
    ClientOperation(
      client: client, input, invoked: span.lowerBound, returned: span.upperBound, output: output)
  }

  /// An operation of unknown outcome.
  static func lost(_ client: Int, _ invoked: Int64, _ input: Model.Input) -> Self {
    ClientOperation(client: client, input, invoked: invoked)
  }
}

func verdict<Model: SequentialModel>(
  _ history: [ClientOperation<Model>], _ model: Model
) -> LinearizabilityVerdict<Model> {
  LinearizabilityChecker.check(history, model)
}

/// Whether a history is linearizable. A verdict that was not reached is neither true nor false.
func linearizable<Model: SequentialModel>(_ history: [ClientOperation<Model>], _ model: Model) -> Bool? {
  switch verdict(history, model) {
  case .linearizable: true
  case .notLinearizable: false
  case .unknown: nil
  }
}

typealias Register = RegisterModel<Int>
typealias Queue = QueueModel<String>
typealias Keys = KeyGroupModel<String, Int>
typealias Text = AppendModel<String>
