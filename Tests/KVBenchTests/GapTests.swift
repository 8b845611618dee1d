import Testing

@testable import kvbench

@Suite struct GapTests {
  private func prober(_ successes: Int64...) -> Prober {
    let prober = Prober(workload: CounterWorkload())
    for moment in successes { prober.note(success: moment) }
    return prober
  }

  @Test func aGapLastsFromTheLastSuccessBeforeToTheFirstAfter() {
    let prober = prober(10, 20, 30, 630, 640, 650)
    #expect(prober.longestGap(from: 35, to: 645) == 600)
    #expect(prober.longestGap(from: 35, to: 100) == 600)
    #expect(prober.longestGap(from: 641, to: 645) == 10)
    #expect(prober.longestGap(from: 651, to: 700) == nil)
  }

  @Test func quantilesAreNearestRanks() {
    var distribution = Distribution()
    #expect(distribution.summary == nil)
    for value in (1...200).reversed() { distribution.add(Int64(value) * 1_000_000) }
    #expect(distribution.quantile(0.5) == 100_000_000)
    #expect(distribution.quantile(0.99) == 198_000_000)
    #expect(distribution.maximum == 200_000_000)
    #expect(distribution.summary?.p99Milliseconds == 198)
  }
}
