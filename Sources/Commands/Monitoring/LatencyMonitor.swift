/// Spikes of latency by what caused them, one a second at most.
public struct LatencyMonitor: Sendable {
  private struct Sample {
    var time: Int64
    var milliseconds: Int64
  }

  private struct Series {
    var samples: [Sample] = []
    var worst: Int64 = 0
  }

  private static let sampleLimit = 160

  /// What takes at least so many milliseconds is noted; nothing with 0.
  public var threshold: Int64 = 0
  private var series: [String: Series] = [:]

  /// A monitor that is switched off.
  public init() {}

  /// Notes what took so many nanoseconds, if that is long; `time` is in seconds of Unix time.
  public mutating func note(_ event: String, nanoseconds: Int64, time: Int64) {
    let milliseconds = nanoseconds / 1_000_000
    guard threshold > 0, milliseconds >= threshold else { return }
    var known = series[event] ?? Series()
    known.worst = max(known.worst, milliseconds)
    if let last = known.samples.last, last.time == time {
      known.samples[known.samples.count - 1].milliseconds = max(last.milliseconds, milliseconds)
    } else {
      known.samples.append(Sample(time: time, milliseconds: milliseconds))
      if known.samples.count > Self.sampleLimit { known.samples.removeFirst() }
    }
    series[event] = known
  }

  /// The answer to LATENCY and its subcommands, but HELP; `time` is now, in seconds of Unix time.
  public mutating func reply(_ arguments: [[UInt8]], time: Int64) -> Reply {
    let subcommand = arguments[1]
    if subcommand.isWord("latest") { return latest() }
    if subcommand.isWord("history") { return history(arguments[2].lossyText) }
    if subcommand.isWord("reset") { return reset(arguments.dropFirst(2).map(\.lossyText)) }
    if subcommand.isWord("graph") { return graph(arguments[2].lossyText, time: time) }
    return .verbatim(Array(report().utf8))
  }

  private func latest() -> Reply {
    .array(
      series.sorted { $0.key < $1.key }.compactMap { event, known in
        known.samples.last.map { last in
          .array([
            .text(event), .integer(last.time), .integer(last.milliseconds), .integer(known.worst),
          ])
        }
      })
  }

  private func history(_ event: String) -> Reply {
    .array(
      (series[event]?.samples ?? []).map { .array([.integer($0.time), .integer($0.milliseconds)]) })
  }

  private mutating func reset(_ events: [String]) -> Reply {
    let gone = events.isEmpty ? Array(series.keys) : Array(Set(events)).filter { series[$0] != nil }
    for event in gone { series[event] = nil }
    return .integer(Int64(gone.count))
  }

  private func report() -> String {
    guard threshold > 0 || !series.isEmpty else {
      return
        "Latency is not monitored. \"CONFIG SET latency-monitor-threshold <milliseconds>\" switches it on.\n"
    }
    guard !series.isEmpty else { return "Nothing took \(threshold) ms or longer.\n" }
    return series.sorted { $0.key < $1.key }.map { event, known in
      let sum = known.samples.reduce(0) { $0 + $1.milliseconds }
      return
        "\(event): \(known.samples.count) spikes, \(sum / Int64(max(1, known.samples.count))) ms on average, "
        + "\(known.worst) ms at worst. SLOWLOG GET shows the commands.\n"
    }.joined()
  }

  /// A column for each sample, its age below.
  private func graph(_ event: String, time: Int64) -> Reply {
    guard let known = series[event], !known.samples.isEmpty else {
      return .error("ERR No samples available for event '\(event)'")
    }
    let shown = known.samples.suffix(80)
    let high = shown.map(\.milliseconds).max() ?? 0
    let low = shown.map(\.milliseconds).min() ?? 0
    var text = "\(event) - high \(high) ms, low \(low) ms (all time high \(known.worst) ms)\n"
    text += String(repeating: "-", count: 80) + "\n"
    let levels = shown.map { high == low ? 1 : 1 + ($0.milliseconds - low) * 3 / (high - low) }
    for row: Int64 in stride(from: 4, through: 1, by: -1) {
      text += levels.map { $0 > row ? "|" : $0 == row ? (row == 1 ? "_" : "#") : " " }.joined() + "\n"
    }
    let ages = shown.map { Array("\(max(0, time - $0.time))s") }
    for row in 0..<(ages.map(\.count).max() ?? 0) {
      text += String(ages.map { row < $0.count ? $0[row] : " " }) + "\n"
    }
    return .verbatim(Array(text.utf8))
  }
}
