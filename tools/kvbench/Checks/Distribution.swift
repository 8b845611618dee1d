/// Times in nanoseconds, and how they are distributed.
struct Distribution: Sendable {
  private(set) var values: [Int64] = []

  var count: Int { values.count }

  mutating func add(_ nanoseconds: Int64) { values.append(nanoseconds) }

  /// The smallest value that so large a part of all values does not exceed (nearest rank); nil if there are none.
  func quantile(_ part: Double) -> Int64? {
    guard !values.isEmpty else { return nil }
    let rank = (part * Double(values.count)).rounded(.up)
    return values.sorted()[min(values.count, max(1, Int(rank))) - 1]
  }

  var maximum: Int64? { values.max() }

  var summary: Summary? {
    guard let median = quantile(0.5), let p99 = quantile(0.99), let maximum else { return nil }
    func milliseconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds / 10_000) / 100 }
    return Summary(
      count: count, p50Milliseconds: milliseconds(median), p99Milliseconds: milliseconds(p99),
      maxMilliseconds: milliseconds(maximum))
  }

  /// The distribution in numbers, for people and machines.
  struct Summary: Codable, Hashable, Sendable {
    var count: Int
    var p50Milliseconds: Double
    var p99Milliseconds: Double
    var maxMilliseconds: Double

    private enum CodingKeys: String, CodingKey {
      case count
      case p50Milliseconds = "p50_milliseconds"
      case p99Milliseconds = "p99_milliseconds"
      case maxMilliseconds = "max_milliseconds"
    }
  }
}
