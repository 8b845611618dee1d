/// Decides whether a history could have come from operations done one at a time, each at some moment between its
/// question and its answer (Herlihy, Wing 1990).
///
/// The search is Wing and Gong's (1993) with Lowe's memory of the configurations seen (2017), on each part of the
/// history by itself (Horn, Kroening 2015), as in Porcupine. An operation of unknown outcome may take effect at any
/// moment after its question, or never. At one moment questions come before answers: such operations overlap.
public enum LinearizabilityChecker {
  /// Checks a history. The verdict depends on nothing but the arguments, except through a budget of time.
  public static func check<Model: SequentialModel>(
    _ history: [ClientOperation<Model>], _ model: Model,
    budget: LinearizabilityBudget = LinearizabilityBudget()
  ) -> LinearizabilityVerdict<Model> {
    let deadline = budget.time.map { ContinuousClock.now + $0 }
    var doubt: String?
    for part in model.partition(history) {
      let operations = part.operations.map { history[$0] }
      var search = LinearizabilitySearch(operations, model)
      switch search.run(limit: budget.configurations, deadline: deadline) {
      case .found: break
      case .exhausted: return .notLinearizable(search.counterexample(part: part.name))
      case .givenUp(let reason):
        // Another part may still be certainly wrong.
        if doubt == nil { doubt = part.name.map { "\($0): \(reason)" } ?? reason }
      }
    }
    return doubt.map { .unknown($0) } ?? .linearizable
  }
}
