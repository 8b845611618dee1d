/// How fast a counter rises, over the last seconds.
public struct RateMeter: Sendable {
  private static let sampleCount = 16
  private static let interval: Int64 = 100_000_000

  private var samples: [Double] = []
  private var position = 0
  private var lastTime: Int64?
  private var lastCount: UInt64 = 0

  /// A meter without a reading.
  public init() {}

  /// Takes a reading; to be called several times a second, with a monotonic clock in nanoseconds.
  public mutating func note(_ count: UInt64, at time: Int64) {
    guard let last = lastTime else {
      (lastTime, lastCount) = (time, count)
      return
    }
    guard time - last >= Self.interval else { return }
    let rate = Double(count &- lastCount) * 1e9 / Double(time - last)
    (lastTime, lastCount) = (time, count)
    guard samples.count == Self.sampleCount else { return samples.append(rate) }
    samples[position] = rate
    position = (position + 1) % Self.sampleCount
  }

  /// By how much the counter rises in a second, on average.
  public var perSecond: Int {
    samples.isEmpty ? 0 : Int((samples.reduce(0, +) / Double(samples.count)).rounded())
  }
}
