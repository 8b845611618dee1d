import Replication

/// The proof that one mutant would be found: how many seeds it took, and who found it.
package struct MutantTrial: Sendable {
  /// The broken rule.
  package var mutant: Mutant
  /// So many seeds may be needed.
  package var bound: Int
  /// The seed at which the broken code broke a promise; nil if it did not within the bound.
  package var foundAt: UInt64?
  /// What the checker that found it said.
  package var sentence: String?
  /// What is wrong with the code as it is under the same seeds; nil if it held. A checker that fires without the
  /// mutant proves nothing.
  package var unharmed: String?

  /// Whether the mutant was found, and only it.
  package var isProven: Bool { foundAt != nil && unharmed == nil }

  /// Runs seeds from 1 on until the broken code is found, and then the same seeds with the code as it is.
  ///
  /// - Parameter willRun: Hears of each run before it begins, for those who want to name it after a crash.
  package init(
    _ mutant: Mutant, seeds bound: Int, willRun: (_ seed: UInt64, _ isPlanted: Bool) -> Void = { _, _ in }
  ) {
    self.mutant = mutant
    self.bound = bound
    for seed in 1...UInt64(bound) {
      willRun(seed, true)
      let result = Simulation(seed: seed, provoking: mutant, isPlanted: true).run()
      guard case .wrong(let sentence) = result.verdict else { continue }
      foundAt = seed
      self.sentence = sentence
      break
    }
    for seed in 1...(foundAt ?? UInt64(bound)) where unharmed == nil {
      willRun(seed, false)
      switch Simulation(seed: seed, provoking: mutant, isPlanted: false).run().verdict {
      case .held: continue
      case .wrong(let sentence), .stuck(let sentence): unharmed = "seed \(seed): \(sentence)"
      }
    }
  }
}
