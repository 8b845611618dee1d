import ArgumentParser
import Replication
import Simulation

/// Runs the simulator. Exit codes: 0 held, 1 wrong, 2 stuck, 3 crashed.
@main
struct KVSim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kvsim",
    abstract: "Lets whole Kvorum clusters live and suffer in one thread, each repeatable from its seed.",
    discussion: """
      Each seed draws a cluster of 1 to 3 masters, 1 to 7 slaves and a few clients, and then crashes, pauses, \
      partitions, slow, full and lost disks, drifting clocks, joins, removals and handovers. After every step the \
      promises of the design are checked; when the faults are over the cluster must recover.

      Examples:
        kvsim --seed 42             one run; equal seeds give equal trace hashes
        kvsim --seed 42 --verbose   the same run with a transcript
        kvsim --seeds 1..2000       many runs, to the first that does not hold
        kvsim --seeds 1..50 --defect answer-before-commit
                                    shows that the checkers find a broken driver

      Exit codes: 0 held, 1 a promise was broken, 2 no recovery in time, 3 the simulator crashed.
      """)

  @Option(help: "Run this seed.")
  var seed: UInt64?

  @Option(help: "Run these seeds, as FIRST..LAST.")
  var seeds: SeedRange?

  @Flag(help: "Print a transcript of each run.")
  var verbose = false

  @Flag(help: "With --seeds: go on after a run that does not hold.")
  var keepGoing = false

  @Option(help: "Break the surroundings on purpose, to see that it is found.")
  var defect: SimulationDefect?

  @Option(help: "Break a rule of the protocol on purpose, in circumstances where it does harm.")
  var mutant: Mutant?

  @Flag(help: "With --mutant: the same circumstances, but the code as it is.")
  var unharmed = false

  @Flag(help: "Break each rule in turn and tell after how many seeds it was found.")
  var mutants = false

  @Flag(help: "With --mutants: print JSON.")
  var json = false

  func validate() throws {
    if mutants || mutant != nil && !unharmed, !Mutant.arePossible { throw ValidationError(withoutMutants) }
    if mutants, seed != nil || seeds != nil || mutant != nil {
      throw ValidationError("--mutants runs its own seeds; leave out --seed, --seeds and --mutant")
    }
    if json, !mutants { throw ValidationError("--json belongs to --mutants") }
    if defect != nil, mutant != nil {
      throw ValidationError("--defect and --mutant exclude each other; give one of them")
    }
    if seed != nil, seeds != nil {
      throw ValidationError("--seed and --seeds exclude each other; give one of them")
    }
  }

  func run() throws {
    CrashReport.install()
    if mutants { return try runMutants() }
    if let seeds { try runMany(seeds.range) } else { try runOne(seed ?? UInt64.random(in: 1...(1 << 32))) }
  }

  private func runOne(_ seed: UInt64) throws {
    say("seed: \(seed)")
    let result = simulate(seed)
    say("simulated: \(seconds(result.simulatedNanoseconds)) s")
    say(describe(result.counts))
    say("trace hash: \(hexadecimal(result.traceHash))")
    say("result: \(describe(result.verdict))")
    try exit(for: result.verdict)
  }

  private func runMany(_ range: ClosedRange<UInt64>) throws {
    say("seeds: \(range.lowerBound)..\(range.upperBound)")
    var counts = SimulationCounts()
    var simulated: Int64 = 0
    var failures: [SimulationResult] = []
    var runs = 0
    let clock = ContinuousClock()
    let start = clock.now
    for seed in range {
      let result = simulate(seed)
      runs += 1
      counts += result.counts
      simulated += result.simulatedNanoseconds
      guard result.verdict != .held else { continue }
      failures.append(result)
      say("seed \(seed): \(describe(result.verdict))")
      say("repeat it with: kvsim --seed \(seed)\(defect.map { " --defect \($0.rawValue)" } ?? "") --verbose")
      if !keepGoing { break }
    }
    let wall = (clock.now - start) / .seconds(1)
    say(describe(counts))
    say(
      "\(runs) runs, \(failures.count) not held; simulated \(seconds(simulated)) s in "
        + "\(seconds(Int64(wall * 1e9))) s, \(Int(Double(simulated) / 1e9 / max(wall, 0.001))) times as fast as the clock"
    )
    // A broken promise weighs more than a missing recovery.
    let worst = failures.first { if case .wrong = $0.verdict { true } else { false } } ?? failures.first
    if let worst { try exit(for: worst.verdict) }
  }

  private func simulate(_ seed: UInt64) -> SimulationResult {
    CrashReport.name(seed: seed)
    let transcript: ((String) -> Void)? = verbose ? { say($0) } : nil
    if let mutant {
      return Simulation(seed: seed, provoking: mutant, isPlanted: !unharmed, transcript: transcript).run()
    }
    return Simulation(seed: seed, defect: defect, transcript: transcript).run()
  }

  private func exit(for verdict: SimulationResult.Verdict) throws {
    switch verdict {
    case .held: return
    case .wrong: throw ExitCode(1)
    case .stuck: throw ExitCode(2)
    }
  }
}
