import ArgumentParser
import Replication
import Simulation

/// Runs the simulator. Exit codes: 0 all held, 1 wrong, 2 stuck, 3 crashed.
@main
struct KVSim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kvsim",
    abstract: "Lets whole Kvorum clusters live and suffer in one thread, each repeatable from its seed.",
    discussion: """
      Each seed draws a cluster of 1 to 3 masters, 1 to 7 slaves and a few clients, and then crashes, power cuts, \
      pauses, partitions, slow, stuck, failing, full, rotten and lost disks, drifting clocks, joins, removals and \
      handovers. After every step the promises of the design are checked; when the faults are over the cluster \
      must recover.

      Examples:
        kvsim --seed 42             one run; equal seeds give equal trace hashes
        kvsim --seed 42 --verbose   the same run with a transcript
        kvsim --seeds 1..2000       many runs; the last line sums them up
        kvsim --minutes 30          as many runs as half an hour allows, from a random seed on
        kvsim --seeds 1..50 --storage sqlite
                                    the same on the real log.db and replica.db of each node
        kvsim --seeds 1..50 --defect forget-promises
                                    shows that the checkers find a disk that lies
        kvsim --mutants             shows that they find every broken rule of the protocol

      Exit codes: 0 all runs held, 1 a promise was broken, 2 no recovery in time, 3 the simulator crashed,
      64 wrong usage. Of several runs the worst counts: 1 before 2 before 0.
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Run this seed, from 0 on; without one it is drawn. With --minutes: the first seed.", valueName: "n"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp("Run these seeds, the last included.", valueName: "first..last"),
    transform: SeedRange.init)
  var seeds: SeedRange?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Run one seed after another until this time is over.", valueName: "m"))
  var minutes: Double?

  @Flag(help: "Print a transcript of each run.")
  var verbose = false

  @Flag(help: "Print a line of JSON for each run, and one for all at the end.")
  var json = false

  @Flag(help: "Of several runs: end with the first that does not hold.")
  var failFast = false

  @Option(help: "Break the surroundings on purpose, to see that it is found.")
  var defect: SimulationDefect?

  @Option(
    help: ArgumentHelp(
      "Break a rule of the protocol on purpose, in circumstances where it does harm; --mutants names all of them.",
      valueName: "name"))
  var mutant: Mutant?

  @Flag(help: "With --mutant: the same circumstances, and the code as it is.")
  var unharmed = false

  @Flag(help: "Break each rule in turn, and tell after how many seeds that was found.")
  var mutants = false

  @Option(help: "What the disks are: a fast model, or the real files of a node, on a disk that fails.")
  var storage: SimulatedStorage = .fake

  func validate() throws {
    if mutants, seed != nil || seeds != nil || minutes != nil || mutant != nil {
      throw ValidationError(
        "--mutants runs seeds of its own; leave out --seed, --seeds, --minutes and --mutant")
    }
    if defect != nil, mutant != nil {
      throw ValidationError("--defect and --mutant exclude each other; give one of them")
    }
    if mutants || mutant != nil, storage != .fake {
      throw ValidationError("mutants run on the fast model of a disk; leave out --storage")
    }
    if unharmed, mutant == nil { throw ValidationError("--unharmed belongs to --mutant") }
    if mutants || mutant != nil && !unharmed, !Mutant.arePossible { throw ValidationError(Self.needsMutants) }
    if seed != nil, seeds != nil {
      throw ValidationError("--seed and --seeds exclude each other; give one of them")
    }
    if minutes != nil, seeds != nil {
      throw ValidationError("--minutes and --seeds exclude each other; give one of them")
    }
    if let minutes, !(minutes > 0 && minutes < 1_000_000) {
      throw ValidationError("--minutes \(minutes): give a number above 0, such as --minutes 5")
    }
    if json, verbose {
      throw ValidationError("--json and --verbose exclude each other; give one of them")
    }
  }

  func run() throws {
    CrashReport.install()
    if mutants { return try runMutants() }
    let first = seed ?? seeds?.range.lowerBound ?? UInt64.random(in: 1...(1 << 32))
    let runs = Runs(
      first: first, last: minutes != nil ? .max : seeds?.range.upperBound ?? first,
      limit: minutes.map { .seconds($0 * 60) }, isSingle: seeds == nil && minutes == nil, options: self)
    let code = runs.run()
    if code != 0 { throw ExitCode(code) }
  }
}
