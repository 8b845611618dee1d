/// How a simulated run ended.
public struct SimulationResult: Sendable {
  /// The three ends of a run.
  public enum Verdict: Hashable, Sendable {
    /// Every promise was kept, and the cluster recovered once the faults were over.
    case held
    /// A promise was broken; the sentence says which, where and when.
    case wrong(String)
    /// The faults were over and the cluster did not recover in time; the sentence says what was missing.
    case stuck(String)
  }

  /// The seed from which the run can be repeated.
  public var seed: UInt64
  /// How it ended.
  public var verdict: Verdict
  /// A hash over everything that happened; equal for equal seeds.
  public var traceHash: UInt64
  /// The length of the run in simulated nanoseconds.
  public var simulatedNanoseconds: Int64
  /// What happened how often.
  public var counts: SimulationCounts
}

/// What happened how often in a run.
public struct SimulationCounts: Hashable, Sendable {
  /// Events of all kinds.
  public var events = 0
  /// Writes that were acknowledged.
  public var writes = 0
  /// Reads that were answered.
  public var reads = 0
  /// Writes that ended in doubt.
  public var inDoubt = 0
  /// The faults that took place.
  public var faults = Tally<SimulatedFault>()
  /// The turns that the protocol took.
  public var paths = Tally<ProtocolPath>()

  /// Nothing has happened yet.
  public init() {}

  /// Adds the counts of another run.
  public static func += (a: inout SimulationCounts, b: SimulationCounts) {
    a.events += b.events
    a.writes += b.writes
    a.reads += b.reads
    a.inDoubt += b.inDoubt
    a.faults += b.faults
    a.paths += b.paths
  }
}
