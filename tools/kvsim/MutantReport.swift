import ArgumentParser
import Replication
import Simulation

extension Mutant: ExpressibleByArgument {}

/// Mutants are asked for where there are none.
struct NoMutants: Error, CustomStringConvertible {
  var description: String {
    """
    this simulator has no mutants in it; build one that has:
      swift build -c release -Xswiftc -DMUTANTS --scratch-path .build/mutants --product kvsim
      .build/mutants/release/kvsim --mutants
    """
  }
}

extension KVSim {
  /// Breaks each rule in turn, prints what was found, and fails if one was not.
  func runMutants() throws {
    var missed = 0
    for mutant in Mutant.allCases {
      let trial = MutantTrial.run(mutant)
      if !trial.isProven { missed += 1 }
      let found = trial.foundAt.map { "\($0)" } ?? "-"
      say(
        "\(mutant.rawValue)\t\(found)/\(mutant.seeds)\t\(trial.sentence?.prefix(150) ?? "") \(trial.unharmed?.prefix(150) ?? "")"
      )
    }
    if missed > 0 { throw ExitCode(1) }
  }
}
