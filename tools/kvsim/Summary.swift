import Simulation

/// The sum of many runs.
struct Summary {
  let first: UInt64
  private(set) var last: UInt64
  private(set) var runs = 0
  private(set) var wrong = 0
  private(set) var stuck = 0
  private(set) var simulated: Int64 = 0
  private(set) var counts = SimulationCounts()
  var wallSeconds = 0.0

  init(first: UInt64) {
    self.first = first
    last = first
  }

  mutating func add(_ result: SimulationResult) {
    last = result.seed
    runs += 1
    counts += result.counts
    simulated += result.simulatedNanoseconds
    switch result.verdict {
    case .held: break
    case .wrong: wrong += 1
    case .stuck: stuck += 1
    }
  }

  var held: Int { runs - wrong - stuck }

  /// Simulated seconds in one second.
  func rate(in wallSeconds: Double) -> Int { Int(Double(simulated) / 1e9 / max(wallSeconds, 0.001)) }

  /// A broken promise weighs more than a missing recovery.
  var exitCode: Int32 { wrong > 0 ? 1 : stuck > 0 ? 2 : 0 }

  var line: String {
    "seeds \(first)..\(last): \(runs) runs, \(held) held, \(wrong) wrong, \(stuck) stuck; "
      + "\(seconds(simulated)) simulated seconds in \(seconds(Int64(wallSeconds * 1e9))) s, "
      + "\(rate(in: wallSeconds)) each second"
  }
}
