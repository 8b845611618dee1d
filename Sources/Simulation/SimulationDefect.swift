/// A fault put into the simulated surroundings on purpose, to prove that the checkers would see it.
///
/// These are faults that no code can answer for; a broken rule of Kvorum's own is a `Mutant`.
public enum SimulationDefect: String, Sendable, CaseIterable {
  /// The disk forgets promises that it had called durable.
  case forgetPromises = "forget-promises"
  /// Clocks run at rates further apart than the margin of the lease.
  case driftBeyondMargin = "drift-beyond-margin"
}
