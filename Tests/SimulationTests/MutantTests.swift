import Replication
import Testing

@testable import Simulation

/// Each broken rule is found. Here are those that show within a second of simulated time or so; `kvsim --mutants`
/// runs all of them, which a debug build would take too long for.
@Suite(.enabled(if: Mutant.arePossible)) struct MutantTests {
  private static let quick: [Mutant] = [
    .prepareBeforeFsync, .promiseBeforeFsync, .promiseNotStored, .servesBeforeOwnEntry, .appendAckBeforeFsync,
    .repeatedAppendAckBeforeFsync, .acknowledgeBeforeFsync, .writeQuorumTooSmall, .commitBeforeOwnFsync,
    .appliesUncommitted, .readJoinsSentRound, .oneStepMembership, .lastStepBeforeFirstCommitted,
    .learnerCounts,
    .electionQuorumTooSmall,
  ]

  @Test(arguments: quick)
  func brokenRuleIsFoundAndTheRuleItselfHolds(mutant: Mutant) {
    let trial = MutantTrial(mutant, seeds: 12)
    #expect(trial.foundAt != nil)
    #expect(trial.unharmed == nil)
  }

  @Test func mutantIsPlantedForOneRunOnly() {
    _ = Simulation(seed: 1, provoking: .writeQuorumTooSmall, isPlanted: true).run()
    #expect(!Mutant.isPlanted(.writeQuorumTooSmall))
    #expect(Quorum(slaves: 5).write == 3)
  }

  @Test func mutantThatNoRunMeetsIsNotProven() {
    // Nothing in the simulator asks for this one, so that no seed can find it.
    let trial = MutantTrial(.majorityByFrequency, seeds: 1)
    #expect(!trial.isProven)
    #expect(trial.foundAt == nil && trial.unharmed == nil)
  }
}
