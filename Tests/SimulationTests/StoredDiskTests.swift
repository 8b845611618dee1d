import Simulation
import Testing

@Suite struct StoredDiskTests {
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `a cluster on the real storage keeps every promise, and repeats itself`(_ seed: UInt64) {
    let result = Simulation(seed: seed, storage: .sqlite).run()
    #expect(result.verdict == .held)
    #expect(result.traceHash == Simulation(seed: seed, storage: .sqlite).run().traceHash)
  }

  @Test func `what a power cut leaves of the real files is the storage's to say`() {
    // Runs whose crashes met no fsync under way go the same way on both.
    let differ = (1...12 as ClosedRange<UInt64>).contains { seed in
      Simulation(seed: seed, storage: .sqlite).run().traceHash != Simulation(seed: seed).run().traceHash
    }
    #expect(differ)
  }
}
