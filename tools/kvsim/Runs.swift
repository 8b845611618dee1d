import Replication
import Simulation

/// One run after another, and what is said about them.
struct Runs {
  let first: UInt64
  let last: UInt64
  /// Ends the runs; nil lets all be run.
  let limit: Duration?
  let isSingle: Bool
  let options: KVSim

  /// The end of a transcript that a failed run shows.
  private static let shownEvents = 30
  /// Later failures are only named.
  private static let shownFailures = 3

  /// Runs them and returns the exit code.
  func run() -> Int32 {
    var summary = Summary(first: first)
    let clock = ContinuousClock()
    let start = clock.now
    let progress = ProgressLine(of: limit == nil ? last - first : nil, limit: limit)
    for seed in first...last {
      let elapsed = clock.now - start
      if let limit, elapsed >= limit, seed > first { break }
      progress?.show(summary, elapsed: elapsed)
      let result = simulate(seed, transcript: options.verbose ? { say($0) } : nil)
      summary.add(result)
      progress?.clear()
      report(result, failures: summary.wrong + summary.stuck)
      if result.verdict != .held, options.failFast { break }
    }
    summary.wallSeconds = (clock.now - start) / .seconds(1)
    if options.json {
      say(JSON.line(summary))
    } else if !isSingle {
      say(describe(summary.counts, ofOneRun: false))
      say(summary.line)
    }
    return summary.exitCode
  }

  /// The options with which a run was broken on purpose.
  private var fault: String {
    if let mutant = options.mutant {
      return " --mutant \(mutant.rawValue)\(options.unharmed ? " --unharmed" : "")"
    }
    let storage = options.storage == .fake ? "" : " --storage \(options.storage.rawValue)"
    return (options.defect.map { " --defect \($0.rawValue)" } ?? "") + storage
  }

  private func simulate(_ seed: UInt64, transcript: ((String) -> Void)?) -> SimulationResult {
    CrashReport.name(seed: seed, arguments: fault)
    if let mutant = options.mutant {
      return Simulation(
        seed: seed, provoking: mutant, isPlanted: !options.unharmed, transcript: transcript
      ).run()
    }
    return Simulation(seed: seed, defect: options.defect, storage: options.storage, transcript: transcript)
      .run()
  }

  private func report(_ result: SimulationResult, failures: Int) {
    if options.json { return say(JSON.line(result)) }
    if isSingle {
      say("seed: \(result.seed)")
      say("simulated: \(seconds(result.simulatedNanoseconds)) s")
      say(describe(result.counts, ofOneRun: true))
    }
    if result.verdict != .held { explain(result, isShown: failures <= Self.shownFailures) }
    if isSingle {
      say("trace hash: \(hexadecimal(result.traceHash))")
      say("result: \(describe(result.verdict))")
    }
  }

  private func explain(_ result: SimulationResult, isShown: Bool) {
    say("seed \(result.seed): \(describe(result.verdict))")
    if isShown, !options.verbose {
      var lines: [String] = []
      _ = simulate(result.seed) { line in
        lines.append(line)
        // Cut in large steps, so that a long run does not move the rest at each line.
        if lines.count > 64 * Self.shownEvents { lines.removeFirst(63 * Self.shownEvents) }
      }
      say("the last events before that:")
      // The last line is the verdict again.
      for line in lines.dropLast().suffix(Self.shownEvents) { say("  \(line)") }
    }
    say("repeat it with: kvsim --seed \(result.seed)\(fault) --verbose")
  }
}
