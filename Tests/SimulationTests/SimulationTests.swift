import Simulation
import Testing

struct SimulationTests {
  @Test func clusterKeepsItsPromisesUnderFaultsAndRecovers() {
    for seed in 1...20 as ClosedRange<UInt64> {
      let result = Simulation(seed: seed).run()
      #expect(result.verdict == .held, "seed \(seed)")
      #expect(result.counts.writes > 0, "seed \(seed)")
    }
  }

  @Test func runsMeetEveryKindOfTrouble() {
    var counts = SimulationCounts()
    for seed in 21...40 as ClosedRange<UInt64> { counts += Simulation(seed: seed).run().counts }
    #expect(counts.reads > 0 && counts.inDoubt > 0 && counts.handovers > 0 && counts.crashes > 0)
    #expect(counts.pauses > 0 && counts.partitions > 0 && counts.diskLosses > 0 && counts.truncations > 0)
  }

  @Test func equalSeedsGiveEqualRuns() {
    let first = Simulation(seed: 77).run()
    let second = Simulation(seed: 77).run()
    #expect(first.traceHash == second.traceHash)
    #expect(first.counts == second.counts)
    #expect(first.traceHash != Simulation(seed: 78).run().traceHash)
  }

  @Test func transcriptDoesNotChangeTheRun() {
    var lines = 0
    let told = Simulation(seed: 79, transcript: { _ in lines += 1 }).run()
    #expect(lines > 10)
    #expect(told.traceHash == Simulation(seed: 79).run().traceHash)
  }

  /// A checker that cannot fail proves nothing: each defect breaks a promise within a dozen seeds.
  @Test(arguments: SimulationDefect.allCases)
  func defectIsFoundWithinADozenSeeds(defect: SimulationDefect) {
    let found = (1...12 as ClosedRange<UInt64>).contains { seed in
      if case .wrong = Simulation(seed: seed, defect: defect).run().verdict { true } else { false }
    }
    #expect(found)
  }
}
