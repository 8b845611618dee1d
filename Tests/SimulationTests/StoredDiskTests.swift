import Simulation
import Testing

@Suite struct StoredDiskTests {
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `a cluster on the real storage keeps every promise, and repeats itself`(_ seed: UInt64) {
    let result = Simulation(seed: seed, storage: .sqlite).run()
    #expect(result.verdict == .held)
    #expect(result.traceHash == Simulation(seed: seed, storage: .sqlite).run().traceHash)
    #expect(result.traceHash != Simulation(seed: seed).run().traceHash)
  }
}
