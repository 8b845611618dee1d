import Replication
import Testing

@testable import Simulation

/// The simulator's clients see it when the serving of clients breaks a rule. The two mutants of the choice among a
/// majority's answers are not among these: slaves are asked at or above a proven commit index, so that any answer is
/// fresh enough, and only a unit test can tell them apart.
@Suite(.enabled(if: Mutant.arePossible)) struct ServingMutantTests {
  @Test(arguments: [
    Mutant.readWithoutLease, .answerBeforeCommit, .readBeforePendingWrite, .readsAfterSigning,
  ])
  func aMutantOfServingIsSeenByTheClients(mutant: Mutant) {
    let found = (1...8 as ClosedRange<UInt64>).contains { seed in
      let result = Simulation(seed: seed, provoking: mutant, isPlanted: true).run()
      return if case .wrong = result.verdict { true } else { false }
    }
    #expect(found)
  }
}
