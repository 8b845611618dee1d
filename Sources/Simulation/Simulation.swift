import Replication

/// One run of a simulated cluster: everything in it follows from the seed.
///
/// Phase one lets faults loose and checks the invariants of the design, section 4, after every step; phase two
/// heals everything and demands that the cluster recovers.
public struct Simulation {
  private let cluster: Cluster
  private let planted: Mutant?

  /// Sets a run up.
  ///
  /// - Parameters:
  ///   - seed: From which all else is drawn.
  ///   - defect: A fault in the surroundings that the checkers must find; nil for a true test of the core.
  ///   - storage: What the disks are; the same seed gives another run on another storage.
  ///   - transcript: Gets a line for each thing that a person would want to read.
  public init(
    seed: UInt64, defect: SimulationDefect? = nil, storage: SimulatedStorage = .fake,
    transcript: ((String) -> Void)? = nil
  ) {
    cluster = Cluster(seed: seed, defect: defect, storage: storage, transcript: transcript)
    planted = nil
  }

  /// Sets a run up whose faults are such that a mutant would do harm.
  ///
  /// - Parameters:
  ///   - seed: From which all else is drawn.
  ///   - mutant: For which the circumstances are made likely.
  ///   - isPlanted: Whether the code is broken too; else the run must hold.
  ///   - transcript: Gets a line for each thing that a person would want to read.
  package init(seed: UInt64, provoking mutant: Mutant, isPlanted: Bool, transcript: ((String) -> Void)? = nil)
  {
    cluster = Cluster(seed: seed, defect: nil, transcript: transcript) { $0.provoke(mutant) }
    planted = isPlanted ? mutant : nil
  }

  /// Lets the cluster live to its end; to be called once.
  public func run() -> SimulationResult { Mutant.planting(planted) { cluster.run() } }
}
