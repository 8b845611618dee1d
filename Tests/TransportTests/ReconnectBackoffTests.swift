import Replication
import Testing

@testable import Transport

@Suite struct ReconnectBackoffTests {
  @Test func waitsFillASpanThatDoublesUpToTheCap() {
    for failure in 0..<80 {
      let span = failure < 6 ? Int64(20_000_000) << failure : 1_000_000_000
      var longest: Nanoseconds = 0
      for seed in 0..<200 {
        var random = SplitMix64(seed: UInt64(seed))
        var backoff = ReconnectBackoff()
        for _ in 0..<failure { _ = backoff.next(using: &random) }
        let wait = backoff.next(using: &random)
        #expect((1...span).contains(wait))
        longest = max(longest, wait)
      }
      #expect(longest > span * 9 / 10)
    }
  }

  @Test func aLinkThatComesUpBringsBackTheShortestSpan() {
    var random = SplitMix64(seed: 1)
    var backoff = ReconnectBackoff()
    for _ in 0..<20 { _ = backoff.next(using: &random) }
    backoff.reset()
    #expect(backoff == ReconnectBackoff())
    #expect(backoff.next(using: &random) <= .milliseconds(20))
  }

  @Test func sillySpansAreMadeUsable() {
    var random = SplitMix64(seed: 2)
    var backoff = ReconnectBackoff(base: -5, cap: -9)
    for _ in 0..<100 { #expect(backoff.next(using: &random) == 1) }
    var longest = ReconnectBackoff(base: .max, cap: .max)
    for _ in 0..<100 { #expect(longest.next(using: &random) >= 1) }
  }
}
