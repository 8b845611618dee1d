import Replication

/// The proof that one mutant would be found: how many seeds it took, and who found it.
package struct MutantTrial: Sendable {
  /// The broken rule.
  package var mutant: Mutant
  /// The seed at which the broken code broke a promise; nil if it did not within the bound.
  package var foundAt: UInt64?
  /// The sentence of the checker that found it.
  package var sentence: String?
  /// What is wrong with the code as it is in the same circumstances; nil if it held. A checker that fires without
  /// the mutant proves nothing.
  package var unharmed: String?

  /// Whether the mutant was found, and only it.
  package var isProven: Bool { foundAt != nil && unharmed == nil }

  /// Runs the mutant's circumstances seed by seed, until the broken code is found, and then with the code as it is.
  package static func run(_ mutant: Mutant) -> MutantTrial {
    var trial = MutantTrial(mutant: mutant)
    for seed in 1...UInt64(mutant.seeds) {
      let result = Simulation(seed: seed, provoking: mutant, isPlanted: true).run()
      guard case .wrong(let sentence) = result.verdict else { continue }
      trial.foundAt = seed
      trial.sentence = sentence
      break
    }
    for seed in 1...(trial.foundAt ?? UInt64(mutant.seeds)) {
      let result = Simulation(seed: seed, provoking: mutant, isPlanted: false).run()
      switch result.verdict {
      case .held: continue
      case .wrong(let sentence), .stuck(let sentence):
        trial.unharmed = "seed \(seed): \(sentence)"
        return trial
      }
    }
    return trial
  }
}
